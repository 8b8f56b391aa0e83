from __future__ import annotations

import numpy as np

from store import machine_events, phase_runs, pool, readings
from store.machine_events import EventRow
from store.phase_runs import Run, Sighting, Span
from store.pool import Connection
from store.readings import ReadingColumns
from store.registry import Unit
from telemetry.messages import Event, EventKind
from telemetry.signals import BY_NAME, COUNT

NOW_US = 1_750_000_000_000_000
MINUTE = 60_000_000
CLOCK = BY_NAME["treatment_elapsed"].number


def at(minute: float) -> int:
    return NOW_US + int(minute * MINUTE)


def put_rows(conn: Connection, unit: Unit, times: list[int], phase: int, flags: int = 1, ahead_us: int = 0) -> None:
    count = len(times)
    values = np.full((count, COUNT), np.nan, np.float32)
    values[:, CLOCK] = np.arange(count)
    columns = ReadingColumns(
        unit_id=np.full(count, unit.unit_id, np.int32), epoch=np.full(count, b"0123456789abcdef", "S16"),
        seq=np.arange(count) + times[0], time_us=np.array(times), mono_ms=np.zeros(count, np.int64),
        phase=np.full(count, phase, np.uint8), flags=np.full(count, flags, np.uint8),
        invalid=np.zeros(count, np.uint64), received_us=np.array(times) - ahead_us, values=values,
    )  # fmt: skip
    with pool.transaction(conn):
        readings.copy_readings(conn, columns)


def test_runs_around_a_span_and_the_one_before_it(conn: Connection, unit: Unit) -> None:
    runs = [Run(at(10 * n), at(10 * n + 9), n) for n in range(6)]
    phase_runs.save(conn, {unit.unit_id: runs}, {})

    assert phase_runs.load(conn, [Span(unit.unit_id, at(25), at(30))]) == {unit.unit_id: runs[2:4]}
    assert phase_runs.load(conn, [Span(unit.unit_id, at(20), at(20))]) == {unit.unit_id: runs[1:3]}
    assert phase_runs.load(conn, [Span(unit.unit_id, -(2**62), 2**62)]) == {unit.unit_id: runs}
    assert phase_runs.load(conn, [Span(unit.unit_id + 1, at(0), at(9))]) == {unit.unit_id + 1: []}


def test_a_run_is_replaced_and_taken_away_by_its_beginning_and_mark(conn: Connection, unit: Unit) -> None:
    first, second = Run(at(0), at(1), 6, 1.0, 2.0), Run(at(0), at(0), 2)
    phase_runs.save(conn, {unit.unit_id: [first, second]}, {})
    longer = Run(at(0), at(5), 6, 0.5, 7.25)
    phase_runs.save(conn, {unit.unit_id: [longer]}, {unit.unit_id: [second]})

    assert phase_runs.load(conn, [Span(unit.unit_id, at(0), at(9))]) == {unit.unit_id: [longer]}
    phase_runs.save(conn, {}, {})


def test_the_newest_run_is_brought_up_to_the_stored_rows(conn: Connection, unit: Unit) -> None:
    phase_runs.save(conn, {unit.unit_id: [Run(at(0), at(1), 4), Run(at(2), at(3), 6, 1.0, 1.0)]}, {})
    put_rows(conn, unit, [at(3), at(4), at(5)], phase=3)
    put_rows(conn, unit, [at(6)], phase=3, flags=3)  # inferred: another mark
    put_rows(conn, unit, [at(7)], phase=3, ahead_us=2_000_001)  # ahead of the server: says nothing

    assert phase_runs.newest(conn, [unit.unit_id, 99]) == {unit.unit_id: Run(at(2), at(5), 6, 1.0, 2.0)}


def test_sightings_are_rows_and_the_events_that_speak_of_phases(conn: Connection, unit: Unit) -> None:
    put_rows(conn, unit, [at(1), at(2)], phase=3, flags=3)
    put_rows(conn, unit, [at(2) + 1], phase=1, ahead_us=2_000_001)
    kinds = [(EventKind.PHASE, True), (EventKind.LINK, True), (EventKind.LINK, False), (EventKind.ALARM, True)]
    noted = [
        Event(n, at(1) + n, 0, 1, kind, "word", 0, active, text="TX") for n, (kind, active) in enumerate(kinds, start=1)
    ]
    machine_events.add_events(conn, [EventRow(unit.unit_id, "0123456789abcdef", at(1), event) for event in noted])

    assert sorted(phase_runs.sightings(conn, Span(unit.unit_id, at(1), at(2) + 1))) == [
        Sighting(at(1), 3, 3, 0.0, "", "", ""),
        Sighting(at(1) + 1, 0, 1, None, "phase", "word", "TX"),
        Sighting(at(1) + 2, 0, 1, None, "link", "word", "TX"),
        Sighting(at(2), 3, 3, 1.0, "", "", ""),
    ]
