"""What people do to a rota, on a real database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, time

import pytest

from alerts.rota.calendar_trouble import Trouble
from alerts.rota.local_time import DAY_US
from alerts.rota.shifts import shift_at
from evaluation import rota_changes
from store import accounts, pool, registry
from store import rota as store
from store.pool import Connection
from store.rota import Written
from telemetry.errors import HomehdError
from telemetry.rota import Audience, Override, Rota, Rotation, Source
from tests.alerts.rota.calendars import calendar, event
from tests.alerts.rota.rotas import us

NOW = us("2026-03-03T00:00")
WRITTEN = Written("os:ann", "as agreed", NOW)
TO = NOW + 60 * DAY_US


@dataclass(frozen=True)
class World:
    """A clinic with two nurses, one disabled, and a weekly rota of the two."""

    conn: Connection
    rota_id: int
    ann: int
    bob: int
    cy: int

    def rota(self) -> Rota:
        """As it stands."""
        return next(one for one in store.load(self.conn, NOW).rotas if one.rota_id == self.rota_id)

    def who(self, at: str) -> int | None:
        """Who is on call at a moment."""
        return shift_at(self.rota(), us(at)).user_id

    def deeds(self) -> list[tuple[str, str, dict[str, object]]]:
        """What is on record."""
        rows = self.conn.execute("SELECT action, subject, detail FROM audit_event ORDER BY event_id")
        return [(row[0], row[1], row[2]) for row in rows]


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    """With a rotation from before now on."""
    with pool.connect(database_url) as conn:
        north = registry.add_clinic(conn, "North")
        ann, bob, cy = (
            accounts.add_user(
                conn,
                email=f"{name}@clinic.example",
                name=name,
                role="nurse",
                clinic_id=north,
                password_hash="x",
                now_us=1,
            )
            for name in ("ann", "bob", "cy")
        )
        accounts.disable_user(conn, cy, NOW)
        rota_id = rota_changes.add(conn, north, Audience.CLINICAL, 1, "Europe/Berlin", WRITTEN)
        weekly = Rotation(0, (ann, bob), 7, time(8), date(2026, 3, 2), NOW)
        rota_changes.rotate(conn, rota_id, weekly, WRITTEN)
        yield World(conn, rota_id, ann, bob, cy)


def override(start: str, end: str, user_id: int | None) -> Override:
    return Override(0, us(start), us(end), user_id, Source.OVERRIDE)


def test_each_change_holds_and_is_on_record(world: World) -> None:
    number = rota_changes.override(
        world.conn, world.rota_id, override("2026-03-04T00:00", "2026-03-05T00:00", world.bob), WRITTEN
    )
    assert [world.who(f"2026-03-0{day}T12:00") for day in (3, 4, 5)] == [world.ann, world.bob, world.ann]
    assert rota_changes.withdraw(world.conn, world.rota_id, number, WRITTEN) == [number]
    one, other = rota_changes.exchange(
        world.conn, world.rota_id, us("2026-03-06T00:00"), us("2026-03-12T00:00"), WRITTEN
    )
    assert [world.who(f"2026-03-{day}T12:00") for day in ("04", "11", "18")] == [world.bob, world.ann, world.ann]
    assert rota_changes.withdraw(world.conn, world.rota_id, other.number, WRITTEN) == [one.number, other.number]
    assert world.who("2026-03-11T12:00") == world.bob
    assert [deed[0] for deed in world.deeds()] == [
        "add rota", "set rotation", "override", "withdraw override", "swap", "withdraw override",
    ]  # fmt: skip
    assert {deed[1] for deed in world.deeds()} == {f"rota:{world.rota_id}"}
    rota_changes.end(world.conn, world.rota_id, WRITTEN)
    assert not store.load(world.conn, NOW).rotas


def test_nobody_is_named_who_cannot_answer_and_nothing_is_changed_in_the_past(world: World) -> None:
    weekly = Rotation(0, (world.ann, world.cy), 7, time(8), date(2026, 3, 2), NOW)
    refused = [
        lambda: rota_changes.rotate(world.conn, world.rota_id, weekly, WRITTEN),
        lambda: rota_changes.rotate(
            world.conn, world.rota_id, replace(weekly, people=(world.ann,), since_us=NOW - DAY_US), WRITTEN
        ),
        *(
            (lambda one=one: rota_changes.override(world.conn, world.rota_id, one, WRITTEN))
            for one in (
                override("2026-03-04T00:00", "2026-03-05T00:00", world.cy),
                override("2026-03-01T00:00", "2026-03-05T00:00", world.bob),
                override("2026-03-04T00:00", "2026-03-04T00:00", world.bob),
                override("2026-03-04T00:00", "2027-03-06T00:00", world.bob),
            )
        ),
        lambda: rota_changes.exchange(world.conn, world.rota_id, NOW, NOW + 14 * DAY_US, WRITTEN),
        lambda: rota_changes.withdraw(world.conn, world.rota_id, 999, WRITTEN),
    ]
    before = world.rota()
    for deed in refused:
        with pytest.raises(HomehdError):
            deed()
    assert world.rota() == before and len(world.deeds()) == 2


def test_a_rota_in_a_zone_that_is_not_known_can_be_ended_and_says_why_nothing_else(world: World) -> None:
    odd = rota_changes.add(world.conn, None, Audience.TECHNICAL, 1, "Mars/Base", WRITTEN)
    with pytest.raises(HomehdError, match="tzdata"):
        rota_changes.accept(world.conn, odd, world.ann, NOW, WRITTEN)
    rota_changes.end(world.conn, odd, WRITTEN)


def test_the_next_shift_that_waits_is_accepted_and_a_later_word_counts(world: World) -> None:
    first = rota_changes.accept(world.conn, world.rota_id, world.ann, None, WRITTEN)
    second = rota_changes.accept(world.conn, world.rota_id, world.ann, None, WRITTEN)
    assert (first.start_us, first.end_us) == (NOW, us("2026-03-09T07:00"))
    assert second.start_us == us("2026-03-16T07:00")
    declined = rota_changes.accept(world.conn, world.rota_id, world.ann, None, WRITTEN, accepted=False)
    assert declined == first
    assert (
        rota_changes.accept(world.conn, world.rota_id, world.bob, us("2026-03-10T00:00"), WRITTEN).user_id == world.bob
    )
    for user_id, at in ((world.cy, None), (world.ann, us("2026-03-10T00:00")), (world.ann, us("2026-03-02T00:00"))):
        with pytest.raises(HomehdError, match="has none there"):
            rota_changes.accept(world.conn, world.rota_id, user_id, at, WRITTEN)


def test_a_calendar_is_taken_in_once_changed_and_forgotten_as_it_says(world: World) -> None:
    def take(*events: str, now_us: int = NOW) -> rota_changes.Taken:
        return rota_changes.take_calendar(
            world.conn, world.rota_id, calendar(*events), TO, replace(WRITTEN, now_us=now_us)
        )

    weekly = event("RRULE:FREQ=WEEKLY;COUNT=3", "ATTENDEE:mailto:bob@clinic.example")
    first = take(weekly)
    assert first.change is not None and len(first.change.new) == 3
    assert world.who("2026-03-17T12:00") == world.bob
    numbers = [one.number for one in world.rota().overrides]
    again = take(weekly)
    assert again.change is not None and (again.change.new, again.change.withdrawn, again.change.unchanged) == (
        (),
        (),
        3,
    )
    assert [one.number for one in world.rota().overrides] == numbers
    moved = event(
        "RECURRENCE-ID:20260316T070000Z", "ATTENDEE:mailto:ann@clinic.example",
        start="20260316T070000Z", end="20260323T070000Z",
    )  # fmt: skip
    changed = take(weekly, moved)
    assert changed.change is not None
    assert (len(changed.change.new), changed.change.withdrawn, changed.change.unchanged) == (1, (numbers[2],), 2)
    assert world.who("2026-03-17T12:00") == world.ann
    # A week later the calendar has forgotten everything: what is over stays as it was.
    later = us("2026-03-10T00:00")
    emptied = take(now_us=later)
    assert emptied.change is not None and len(emptied.change.withdrawn) == 2
    assert [one.number for one in world.rota().overrides] == numbers[:1]
    assert [deed[2] for deed in world.deeds() if deed[0] == "import calendar"] == [
        {"new": 3, "withdrawn": 0}, {"new": 1, "withdrawn": 1}, {"new": 0, "withdrawn": 2},
    ]  # fmt: skip


def test_with_a_problem_nothing_is_changed_unless_partly(world: World) -> None:
    data = calendar(event("ATTENDEE:mailto:bob@clinic.example"), event("SUMMARY:who?", uid="two"))
    taken = rota_changes.take_calendar(world.conn, world.rota_id, data, TO, WRITTEN)
    assert taken.change is None and [one.trouble for one in taken.imported.problems] == [Trouble.NO_PERSON]
    assert world.rota().overrides == ()
    partly = rota_changes.take_calendar(world.conn, world.rota_id, data, TO, WRITTEN, partly=True)
    assert partly.change is not None and len(partly.change.new) == 1 and len(partly.imported.problems) == 1
    with pytest.raises(HomehdError, match="import calendar"):
        rota_changes.take_calendar(world.conn, world.rota_id, b"<html>", TO, WRITTEN)


def test_who_decides_by_what_is_no_longer_so_is_told_who_has_it_now(world: World) -> None:
    seen = shift_at(world.rota(), us("2026-03-10T00:00"))
    other = shift_at(world.rota(), us("2026-03-17T00:00"))
    ann = Override(0, seen.start_us, seen.end_us, world.ann, Source.OVERRIDE)
    rota_changes.override(world.conn, world.rota_id, ann, WRITTEN, seen=seen)
    before = world.deeds()
    late = [
        lambda: rota_changes.override(world.conn, world.rota_id, replace(ann, user_id=None), WRITTEN, seen=seen),
        lambda: rota_changes.accept(world.conn, world.rota_id, world.bob, seen.start_us, WRITTEN, seen=seen),
        lambda: rota_changes.exchange(
            world.conn, world.rota_id, seen.start_us, other.start_us, WRITTEN, seen=(seen, other)
        ),
    ]
    for deed in late:
        with pytest.raises(rota_changes.Overtaken, match="ann has it from"):
            deed()
    assert world.deeds() == before
    now = shift_at(world.rota(), seen.start_us)
    for _ in range(2):
        rota_changes.accept(world.conn, world.rota_id, world.ann, now.start_us, WRITTEN, seen=now)
    assert len(world.rota().acceptances) == 1 and len(world.deeds()) == len(before) + 1
