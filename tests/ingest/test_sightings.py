from __future__ import annotations

from dataclasses import replace

import msgspec
import numpy as np

from ingest.intake import FUTURE_US, Intake
from ingest.phase_runs import LOST
from ingest.sightings import Seen, seen
from telemetry.messages import Batch, Event, EventKind, Flag
from telemetry.signals import BY_NAME
from telemetry.treatment import Phase
from tests.ingest.building import SECOND, START_US, UP_SINCE_US, batch, reading
from tests.ingest.world import World, up

TX = int(Phase.TX) * 2
CLOCK = BY_NAME["treatment_elapsed"].number


def noted(seq: int, kind: EventKind, text: str = "", name: str = "phase", *, active: bool = True) -> Event:
    at = START_US + seq * SECOND
    return Event(seq, at, (at - UP_SINCE_US) // 1000, 1, kind, name, 0, active, text=text)


def seen_in(*batches: Batch, received_us: int | None = None) -> dict[int, Seen]:
    intake: Intake = World().take(*[up(one, f"hhd/1/7/{one.unit}/up", received_us=received_us) for one in batches])
    arrived = np.array([part.message.received_us for part in intake.parts], np.int64)[intake.rows.part]
    return seen(intake, arrived)


def test_rows_of_many_batches_per_unit_in_order_of_time() -> None:
    found = seen_in(
        batch([reading(3, values={CLOCK: 5.0})]), batch([reading(7), reading(8)], unit="u2"),
        batch([reading(1), reading(2)]), batch([reading(1)]),
    )  # fmt: skip
    assert set(found) == {1, 2}
    points, (run,) = found[1].points, found[1].runs
    assert [(at - START_US) // SECOND for at in points.time_us.tolist()] == [1, 2, 3]
    assert (run.first_us, run.last_us, run.mark) == (START_US + SECOND, START_US + 3 * SECOND, TX)
    assert (run.clock_low, run.clock_high) == (5.0, 5.0)
    assert [one.last_us for one in found[2].runs] == [START_US + 8 * SECOND]


def test_events_speak_too_and_what_is_derived_is_marked() -> None:
    derived = reading(4, flags=int(Flag.CLOCK_SYNCHRONISED | Flag.PHASE_DERIVED))
    events = [
        noted(1, EventKind.PHASE, "IDL"), noted(2, EventKind.LINK, name="silent"), noted(3, EventKind.ALARM, "TX"),
        noted(5, EventKind.LINK, name="silent", active=False),
    ]  # fmt: skip
    found = seen_in(batch([derived], events))
    assert found[1].points.mark.tolist() == [Phase.IDL * 2, LOST, TX + 1]
    assert [run.mark for run in found[1].runs] == [Phase.IDL * 2, LOST, TX + 1]


def test_times_that_cannot_be_or_lie_ahead_say_nothing() -> None:
    received_us = START_US + 10 * SECOND
    ahead = reading(3, time_us=received_us + FUTURE_US + 1)
    one = batch(
        [reading(1, time_us=SECOND), reading(2), ahead], [noted(4, EventKind.PHASE, "IDL")], sent_us=received_us
    )
    found = seen_in(one, received_us=received_us)
    assert [(at - START_US) // SECOND for at in found[1].points.time_us.tolist()] == [2, 4]


def test_nothing_says_nothing() -> None:
    assert seen_in() == {}
    assert seen_in(batch([], [noted(1, EventKind.ALARM)])) == {}


def test_times_that_are_a_guess_say_nothing() -> None:
    intake: Intake = World().take(up(batch([reading(1)], [noted(2, EventKind.PHASE, "IDL")]), "hhd/1/7/u1/up"))
    arrived = np.array([intake.parts[0].message.received_us], np.int64)
    assert seen(intake, arrived)
    mark = int(Flag.TIME_UNCERTAIN)
    intake.rows = replace(intake.rows, flags=intake.rows.flags | np.uint8(mark))
    intake.events = [(at, msgspec.structs.replace(event, flags=event.flags | mark)) for at, event in intake.events]
    assert not [one for one in seen(intake, arrived).values() if one.runs]
