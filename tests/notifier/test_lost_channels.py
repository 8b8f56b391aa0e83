"""What goes wrong with the people and channels in between: named, told to operations, and the next are asked."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from alerts.delivery import DeliveryState
from alerts.responsibility import Move
from alerts.routing import CLOSED
from notifier import lost_channels, troubles
from notifier.channels import Channels, Unreachable
from notifier.dispatch import Job, Outcome
from notifier.kept import KeptDeliveries
from notifier.metrics import Metrics
from notifier.on_call import OnCall
from notifier.page import Site
from notifier.troubles import Trouble
from store import account_moves, accounts, channels, heartbeat, notices, rota
from store.account_moves import AccountMove
from store.rota import Written
from telemetry.alarms import Priority
from telemetry.clock import SystemClock
from telemetry.rota import PRIMARY, Audience
from tests.notifier.pages import LOOPBACK
from tests.notifier.world import World

BAD_NUMBER = "twilio://AC" + "a" * 32 + ":" + "b" * 32 + "@15551234567/12"


@pytest.fixture
def kept(world: World, database_url: str) -> Iterator[KeptDeliveries]:
    world.now_us = notices.database_us(world.conn)
    heartbeat.beat(world.conn, "notifier", "me", world.now_us)
    made = KeptDeliveries(database_url, "me", Site(), Metrics())
    yield made
    made.close()


def claimed(kept: KeptDeliveries) -> Job:
    (job,) = kept.claim(9, frozenset(), high_only=False)
    return job


def look(world: World) -> list[Trouble]:
    found = lost_channels.troubles(world.conn, world.now_us)
    troubles.settle(world.conn, found, world.now_us)
    return found


def test_a_channel_that_is_gone_is_told_until_there_is_another(world: World, kept: KeptDeliveries) -> None:
    world.alert()
    world.settle()
    kept.report(claimed(kept), Outcome(DeliveryState.FAILED, "410 gone"))
    world.now_us = notices.database_us(world.conn)
    (one,) = look(world)
    assert (one.cause, one.audience, one.clinic_id, one.priority) == (
        "channel", "operations", world.clinic, Priority.LOW,
    )  # fmt: skip
    assert "Anna is reached no more by way 1 (410 gone); another is in use" in one.reason
    assert "127.0.0.1" not in one.reason  # the address is a secret
    # Her last but for screens: somebody has to see to it now.
    channels.disable(world.conn, world.ways["anna 2"], "removed by hand", world.now_us)
    (worse,) = look(world)
    assert worse.priority is Priority.MEDIUM and "nothing but screens is left" in worse.reason
    assert world.rows("SELECT state FROM notice WHERE cause = 'channel'") == [("asking",)]
    channels.add(
        world.conn, world.users["anna"], "apprise", "jsons://127.0.0.1/new", host="127.0.0.1", label="new", tier=1,
        language="en", now_us=world.now_us + 1,
    )  # fmt: skip
    assert look(world) == [] and world.rows("SELECT state FROM notice WHERE cause = 'channel'") == [("over",)]


def test_what_a_person_took_away_and_what_was_of_a_closed_account_is_no_trouble(
    world: World, kept: KeptDeliveries
) -> None:
    channels.disable(world.conn, world.ways["boris 1"], "removed by hand", world.now_us)
    world.alert()
    world.settle()
    kept.report(claimed(kept), Outcome(DeliveryState.FAILED, "410 gone"))
    accounts.disable_user(world.conn, world.users["anna"], world.now_us)
    assert look(world) == []


def test_a_phone_number_that_is_none_is_named_and_told_and_the_next_are_asked(
    world: World, kept: KeptDeliveries
) -> None:
    # It was one when it was entered: another is refused then.
    world.rows("UPDATE channel SET address = %s WHERE channel_id = %s RETURNING 1", BAD_NUMBER, world.ways["anna 1"])
    world.alert()
    world.settle()
    job = claimed(kept)
    with pytest.raises(Unreachable, match="a phone number in it is none") as refused:
        Channels(LOOPBACK, SystemClock()).send(job.address, job.page, 1.0)
    kept.report(job, Outcome(None, refused.value.why, 3600.0))
    begun = world.pages()[0][0]
    world.after(30)
    assert world.pages()[1:] == [(pytest.approx(begun + 30), "anna 2")]
    world.rows("UPDATE delivery SET next_try_at = NULL RETURNING 1")
    world.after(60)
    assert [row[0] for row in notices.unreached(world.conn, world.now_us)] == [1]
    world.after(31)
    assert [name for _, name in world.pages()[2:]] == ["boris 1", "boris 2"]
    said = world.rows("SELECT detail FROM delivery_event WHERE detail LIKE %s", "%phone number%")
    assert len(said) == 1


def test_whoever_has_accepted_and_has_no_account_any_more_has_not_accepted(world: World) -> None:
    world.alert()
    world.after(10)
    world.answer("anna", Move.ACCEPT)
    world.after(60)
    accounts.disable_user(world.conn, world.users["anna"], world.now_us)
    world.after(0)
    # Not after a quarter of an hour, but at once, and it says why.
    assert world.notice() == ("asking", "high", 2)
    assert world.rows("SELECT reason FROM notice_event WHERE move = 'expire'") == [(CLOSED,)]
    # Her ways are used no more: the backup is asked without waiting.
    assert [name for _, name in world.pages()[1:]] == ["boris 1", "boris 2"]


def moves(world: World, name: str, keeps: list[str]) -> None:
    """Another role, of which only what is to be kept matters here."""
    to = AccountMove(world.users[name], "on-call", world.clinic, tuple(keeps), leaves=False)
    account_moves.move(world.conn, to, world.now_us)


@pytest.mark.parametrize("keeps", [[], ["technical"], ["clinical"]])
def test_whoever_has_accepted_and_has_another_role_or_clinic_hands_it_over(world: World, keeps: list[str]) -> None:
    world.alert()
    world.after(10)
    world.answer("anna", Move.ACCEPT)
    world.after(60)
    moves(world, "anna", keeps)
    world.after(0)
    assert world.notice()[0] == ("accepted" if "clinical" in keeps else "asking")


def test_who_was_asked_and_has_another_role_is_passed_over_at_once(world: World) -> None:
    world.alert()
    world.after(10)
    moves(world, "anna", [])
    world.after(0)
    assert world.pages() == [(0.0, "anna 1"), (10.0, "boris 1"), (10.0, "boris 2")]


@pytest.mark.parametrize("priority", [Priority.HIGH, Priority.LOW])
def test_so_it_is_with_a_trouble_of_the_system(world: World, priority: Priority) -> None:
    one = Trouble("ingest", "x", None, "operations", priority, "start it")
    troubles.settle(world.conn, [one], world.now_us)
    world.settle()
    assert world.answer("anna", Move.ACCEPT).value == "done"
    accounts.disable_user(world.conn, world.users["anna"], world.now_us)
    assert troubles.settle(world.conn, [one], world.now_us) == 1
    assert world.notice()[0] == ("asking" if priority is Priority.HIGH else "nobody")
    assert troubles.settle(world.conn, [one], world.now_us) == 0


def test_who_was_asked_and_has_no_account_any_more_is_passed_over_at_once(world: World) -> None:
    world.alert()
    world.after(10)
    accounts.disable_user(world.conn, world.users["anna"], world.now_us)
    world.after(0)
    assert world.pages() == [(0.0, "anna 1"), (10.0, "boris 1"), (10.0, "boris 2")]
    assert world.rows("SELECT detail FROM delivery_event WHERE state = 'failed'") == [("the account was closed",)]
    assert world.rows("SELECT next_try_at FROM delivery WHERE user_id = %s", world.users["anna"]) == [(None,)]


def test_where_another_was_asked_too_time_decides(world: World) -> None:
    world.alert()
    world.after(130)
    accounts.disable_user(world.conn, world.users["anna"], world.now_us)
    world.after(0)
    assert [at for at, _ in world.pages()] == [0.0, 30.0, 120.0, 120.0]


def test_a_rota_with_a_hole_asks_everyone_at_once_and_tells_operations(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    rota.add(world.conn, world.clinic, Audience.CLINICAL, PRIMARY, "UTC", Written("os:t", "a test", world.now_us))
    who = OnCall()
    monkeypatch.setattr(World, "who", lambda _world, conn, row, now_us: who(conn, row, now_us))
    world.alert()
    world.after(0)
    assert {name for at, name in world.pages() if at == 0.0} == {
        f"{name} {tier}" for name in world.users for tier in (1, 2)
    }
    outcomes = world.rows("SELECT kind, outcome FROM notice_step WHERE done_at IS NOT NULL ORDER BY number")
    assert ("first", "nobody is on call for this step (first)") in outcomes
    found = who.troubles(world.conn, world.now_us)
    assert [(one.cause, one.audience, one.priority) for one in found] == [("rota", "operations", Priority.MEDIUM)]
    assert "nobody" in found[0].reason
