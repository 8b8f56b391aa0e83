from __future__ import annotations

from datetime import date, time

from alerts.escalation import People
from notifier.on_call import KEPT_US, OnCall
from store import accounts, channels, notices, rota
from store.notices import NewNotice, NoticeRow
from store.rota import Written
from telemetry.alarms import Priority
from telemetry.rota import BACKUP, PRIMARY, Audience, Rotation
from tests.notifier.world import World

DAY_US = 86_400_000_000


def notice(world: World, audience: Audience = Audience.CLINICAL) -> NoticeRow:
    new = NewNotice(None, None, world.clinic, audience, "test", f"for {audience}", "high")
    row = notices.lock(world.conn, notices.open_notice(world.conn, new, world.now_us))
    assert row is not None
    return row


def on_rota(world: World, line: int, *names: str) -> None:
    written = Written("os:test", "a test", world.now_us)
    number = rota.add(world.conn, world.clinic, Audience.CLINICAL, line, "UTC", written)
    people = tuple(world.users[name] for name in names)
    rota.rotate(world.conn, number, Rotation(0, people, 7, time(8), date(2025, 6, 9), world.now_us - DAY_US), written)


def test_without_a_rota_everybody_who_may_answer_is_asked(world: World) -> None:
    people = OnCall()(world.conn, notice(world), world.now_us)
    assert (people.first, people.backup) == ((), ())
    assert people.everyone == tuple(sorted(world.users.values()))


def test_the_rota_says_who_is_first_and_who_is_backup(world: World) -> None:
    on_rota(world, PRIMARY, "anna", "chen")
    on_rota(world, BACKUP, "boris")
    users = world.users
    assert OnCall()(world.conn, notice(world), world.now_us) == People(
        (users["anna"],), (users["boris"],), tuple(sorted(users.values()))
    )
    # It is Sunday; turns change at eight on Mondays.
    row = notice(world, Audience.OPERATIONS)
    assert OnCall()(world.conn, row, world.now_us + DAY_US).pathway == tuple(sorted(users.values()))
    clinical = notices.lock_open_troubles(world.conn)[0]
    assert OnCall()(world.conn, clinical, world.now_us + DAY_US).first == (users["chen"],)


def test_what_has_to_be_mended_goes_to_operations_where_no_technician_answers(world: World) -> None:
    operator = accounts.add_user(
        world.conn, email="o@example.org", name="O", role="operations", clinic_id=None, password_hash="x",
        now_us=world.now_us,
    )  # fmt: skip
    people = OnCall()(world.conn, notice(world, Audience.TECHNICAL), world.now_us)
    assert people.pathway == (operator,)


def test_whom_to_call_is_said_by_name(world: World) -> None:
    who = OnCall()
    assert who.duty(world.conn, None, world.now_us) == "On call: nobody (there is no rota); who may answer: nobody"
    on_rota(world, PRIMARY, "anna", "chen")
    on_rota(world, BACKUP, "boris")
    assert OnCall().duty(world.conn, world.clinic, world.now_us) == "On call: primary Anna, backup Boris"


def test_the_rotas_are_read_again_after_a_second(world: World) -> None:
    who, row = OnCall(), notice(world)
    assert who(world.conn, row, world.now_us).first == ()
    on_rota(world, PRIMARY, "anna")
    assert who(world.conn, row, world.now_us + KEPT_US - 1).first == ()
    assert who(world.conn, row, world.now_us + KEPT_US).first == (world.users["anna"],)


def test_what_is_wrong_with_the_days_ahead_is_a_trouble(world: World) -> None:
    on_rota(world, PRIMARY, "anna")
    found = {one.subject: one for one in OnCall().troubles(world.conn, world.now_us)}
    untested = next(one for key, one in found.items() if "untested" in key)
    assert untested.priority is Priority.MEDIUM and untested.cause == "rota" and untested.clinic_id == world.clinic
    channels.note_tested(world.conn, world.ways["anna 1"], world.now_us)
    assert not any("untested" in one.subject for one in OnCall().troubles(world.conn, world.now_us))
