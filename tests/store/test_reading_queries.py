from __future__ import annotations

from math import nan

import numpy as np

from store import history, reading_queries, readings
from store.partitions import DAY_US
from store.pool import Connection, Pool
from store.readings import ReadingColumns
from telemetry import signals
from telemetry.messages import Flag

NOW_US = 1_750_000_000_000_000
FLOW = signals.BY_NAME["blood_flow"].number
MODE = signals.BY_NAME["machine_mode"].number


def store(
    conn: Connection, unit_id: int, times_us: list[int], flow: list[float], flags: Flag = Flag.CLOCK_SYNCHRONISED
) -> None:
    n = len(times_us)
    values = np.full((n, signals.COUNT), np.nan, np.float32)
    values[:, FLOW] = flow
    values[:, MODE] = 3
    readings.copy_readings(
        conn,
        ReadingColumns(
            np.full(n, unit_id, np.int32), np.full(n, "0123456789abcdef", "S16"), np.arange(n), np.array(times_us),
            np.arange(n), np.full(n, 3, np.uint8), np.full(n, flags, np.uint8), np.zeros(n, np.uint64), NOW_US, values,
        ),
    )  # fmt: skip


async def test_latest_is_the_newest_a_right_clock_could_tell(conn: Connection, apool: Pool) -> None:
    store(conn, 1, [NOW_US - DAY_US, NOW_US, NOW_US + 300 * DAY_US, 0], [1, 2, 3, 4])
    store(conn, 2, [NOW_US - 20 * DAY_US], [5])
    store(conn, 3, [NOW_US - 3 * DAY_US], [6])
    async with apool.connection() as aconn:
        found = await reading_queries.latest(aconn, [1, 2, 3, 4], NOW_US)
    assert [(r.unit_id, r.time_us, r.values[FLOW]) for r in found] == [(1, NOW_US, 2.0), (3, NOW_US - 3 * DAY_US, 6.0)]
    assert found[0].values == {FLOW: 2.0, MODE: 3.0}
    assert (found[0].epoch, found[0].phase, found[0].received_us) == ("0123456789abcdef", 3, NOW_US)


async def test_what_was_taken_nobody_knows_when_is_kept_and_on_no_screen(conn: Connection, apool: Pool) -> None:
    store(conn, 1, [NOW_US - 10], [250])
    store(conn, 2, [NOW_US], [300], flags=Flag.TIME_UNCERTAIN | Flag.LATE)
    async with apool.connection() as aconn:
        assert [r.unit_id for r in await reading_queries.latest(aconn, [1, 2], NOW_US + 1)] == [1]
        found = await history.buckets(aconn, 2, ["blood_flow"], NOW_US - 5, NOW_US + 5, 1)
    assert found.readings.tolist() == []
    assert conn.execute("SELECT count(*) FROM reading WHERE unit_id = 2").fetchone() == (1,)


def test_since_gives_what_was_not_seen(conn: Connection) -> None:
    store(conn, 1, [NOW_US + 2, NOW_US, NOW_US + 1], [2, 0, 1])
    store(conn, 2, [NOW_US + 5], [9])
    found = reading_queries.since(conn, 1, NOW_US)
    assert found.time_us.tolist() == [NOW_US + 1, NOW_US + 2]
    assert found.values[:, FLOW].tolist() == [1, 2]
    assert found.values.dtype == np.float32
    assert len(reading_queries.since(conn, 1, NOW_US - 1, limit=2)) == 2


def test_between_gives_a_piece_of_one_unit_in_order(conn: Connection) -> None:
    store(conn, 1, [NOW_US + 2, NOW_US, NOW_US + 1, NOW_US + 3], [2, 0, 1, 3])
    store(conn, 2, [NOW_US + 1], [9])
    found = reading_queries.between(conn, 1, NOW_US, NOW_US + 3)
    assert found.values[:, FLOW].tolist() == [0, 1, 2]
    assert len(reading_queries.between(conn, 1, NOW_US + 4, NOW_US + 9)) == 0


async def test_extremes_are_of_steps_of_what_came_in_time(conn: Connection, apool: Pool) -> None:
    start = NOW_US - NOW_US % 10_000_000
    store(conn, 1, [start - 25_000_000, start - 9_000_000, start - 1, start], [100, 250, 180, 400])
    store(conn, 2, [start - 5_000_000], [300], flags=Flag.LATE)
    store(conn, 3, [start - 5_000_000], [nan])
    async with apool.connection() as aconn:
        found = await reading_queries.extremes(aconn, [1, 2, 3], "blood_flow", start - 30_000_000, start, 10)
    step = start // 10_000_000
    assert found == [(1, step - 3, 100.0, 100.0), (1, step - 1, 180.0, 250.0)]
