from __future__ import annotations

import numpy as np

from store import copies, machine_events, pool, readings
from store.machine_events import EventRow
from store.pool import Connection
from store.readings import ReadingColumns
from store.registry import Unit
from telemetry.messages import Event, EventKind
from telemetry.signals import COUNT

NOW_US = 1_750_000_000_000_000
SECOND, HOUR = 1_000_000, 3_600_000_000
EPOCH = "0123456789abcdef"


def put(conn: Connection, unit: Unit, count: int = 3) -> None:
    """Rows 0, 1, 2 and the event 7, one a second."""
    at = NOW_US + np.arange(count) * SECOND
    columns = ReadingColumns(
        unit_id=np.full(count, unit.unit_id, np.int32), epoch=np.full(count, EPOCH.encode(), "S16"),
        seq=np.arange(count), time_us=at, mono_ms=np.arange(count), phase=np.full(count, 3, np.uint8),
        flags=np.ones(count, np.uint8), invalid=np.zeros(count, np.uint64), received_us=at,
        values=np.full((count, COUNT), 1.0, np.float32),
    )  # fmt: skip
    event = Event(7, NOW_US + 7 * SECOND, 7, 1, EventKind.ALARM, "MDC_X", 5, True, "blood_flow", "text")
    with pool.transaction(conn):
        readings.copy_readings(conn, columns)
        machine_events.add_events(conn, [EventRow(unit.unit_id, EPOCH, NOW_US, event)])


def seqs(conn: Connection, unit: Unit, *wanted: tuple[int, int], epoch: str = EPOCH) -> set[int]:
    found = copies.stored(conn, [((unit.unit_id, epoch, seq), NOW_US + off) for seq, off in wanted])
    assert all(key[2] == one.seq for key, one in found.items())
    return {key[2] for key in found}


def test_rows_and_events_by_their_number(conn: Connection, unit: Unit) -> None:
    put(conn, unit)
    assert seqs(conn, unit, (0, 0), (2, 2 * SECOND), (5, 5 * SECOND), (7, 7 * SECOND)) == {0, 2, 7}
    assert seqs(conn, unit, (0, 0), epoch="f" * 16) == set()
    assert copies.stored(conn, []) == {}
    (reading,) = copies.stored(conn, [((unit.unit_id, EPOCH, 1), NOW_US)]).values()
    assert (reading.mono_ms, reading.time_us) == (1, NOW_US + SECOND)


def test_a_time_corrected_otherwise_is_found_all_the_same(conn: Connection, unit: Unit) -> None:
    put(conn, unit)
    assert seqs(conn, unit, (0, 30 * SECOND), (1, 20 * HOUR), (7, -40 * HOUR)) == {0, 1, 7}
    assert seqs(conn, unit, (0, 24 * 60 * HOUR)) == set()


def test_a_box_gone_mad_does_not_make_us_search_without_end(conn: Connection, unit: Unit) -> None:
    put(conn, unit)
    scattered = [(100 + n, n * 3 * HOUR) for n in range(20)]
    assert seqs(conn, unit, *scattered, (1, 20 * HOUR)) == set()
    assert seqs(conn, unit, (0, -(2**61)), (1, SECOND), (2, 2**61)) >= {1}
