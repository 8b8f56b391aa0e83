"""History by bucket: exact extremes, nothing between two buckets, arrays as they came from the database."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from store import history, machine_events, pool, readings
from store.errors import StoreError, Trouble
from store.machine_events import EventRow
from store.pool import Connection, Pool
from store.readings import ReadingColumns
from telemetry import signals
from telemetry.messages import Event, EventKind, Flag

NOW_US = 1_750_000_000_000_000
SECOND = 1_000_000
UNCERTAIN = int(Flag.TIME_UNCERTAIN)
FLOW = signals.BY_NAME["blood_flow"].number
NAMES = ["blood_flow", "blood_pump_running", "machine_mode"]


@dataclass(frozen=True)
class Row:
    """One reading at a time after NOW_US."""

    at_us: int
    flow: float = 300.0
    flags: int = 1
    invalid: int = 0
    pump: float = 1.0


def store(conn: Connection, unit_id: int, rows: Sequence[Row]) -> None:
    values = np.full((len(rows), signals.COUNT), np.nan, np.float32)
    values[:, FLOW] = [row.flow for row in rows]
    values[:, signals.BY_NAME["blood_pump_running"].number] = [row.pump for row in rows]
    values[:, signals.BY_NAME["machine_mode"].number] = 3
    n = len(rows)
    readings.copy_readings(
        conn,
        ReadingColumns(
            np.full(n, unit_id, np.int32), np.full(n, "0123456789abcdef", "S16"), np.arange(n),
            np.array([NOW_US + row.at_us for row in rows], np.int64), np.arange(n), np.full(n, 3, np.uint8),
            np.array([row.flags for row in rows], np.uint8), np.array([row.invalid for row in rows], np.uint64),
            NOW_US, values,
        ),
    )  # fmt: skip


async def test_extremes_gaps_and_means(conn: Connection, apool: Pool) -> None:
    nan = float("nan")
    store(conn, 1, [
        Row(0, 200), Row(SECOND, 300, pump=0), Row(10 * SECOND, nan), Row(39 * SECOND, 250), Row(40 * SECOND, 999),
    ])  # fmt: skip
    async with apool.connection() as aconn:
        found = await history.buckets(aconn, 1, NAMES, NOW_US, NOW_US + 40 * SECOND, 4)
    assert found.width_us == 10 * SECOND
    assert (found.start_us - NOW_US).tolist() == [0, 10 * SECOND, 30 * SECOND]
    assert (found.first_us - NOW_US).tolist() == [0, 10 * SECOND, 39 * SECOND]
    assert (found.last_us - NOW_US).tolist() == [SECOND, 10 * SECOND, 39 * SECOND]
    assert found.readings.tolist() == [2, 1, 1]
    assert (found.first_seq.tolist(), found.last_seq.tolist()) == ([0, 2, 3], [1, 2, 3])
    flow = found.series["blood_flow"]
    np.testing.assert_array_equal(flow.minimum, [200, nan, 250])
    np.testing.assert_array_equal(flow.maximum, [300, nan, 250])
    np.testing.assert_array_equal(flow.mean, [250, nan, 250])
    assert found.series["blood_pump_running"].mean.tolist() == [0.5, 1, 1]
    assert found.series["machine_mode"].maximum.tolist() == [3, 3, 3]
    assert len(found) == 3


async def test_a_value_is_a_view_of_what_the_database_sent(conn: Connection, apool: Pool) -> None:
    store(conn, 1, [Row(0), Row(SECOND)])
    async with apool.connection() as aconn:
        found = await history.buckets(aconn, 1, ["blood_flow"], NOW_US, NOW_US + 2 * SECOND, 2)
    values = found.series["blood_flow"].minimum
    assert values.dtype == np.dtype(">f4")
    assert not values.flags.owndata
    assert values.strides == (4,)


async def test_late_corrected_and_unbelieved_rows_are_counted(conn: Connection, apool: Pool) -> None:
    late, corrected = int(Flag.LATE) | 1, int(Flag.TIME_CORRECTED)
    store(conn, 1, [
        Row(0, flags=late), Row(1, flags=late | corrected, invalid=1 << 3), Row(2, invalid=1 << 20),
        Row(10 * SECOND, flags=corrected), Row(11 * SECOND, flags=UNCERTAIN, flow=9999),
    ])  # fmt: skip
    async with apool.connection() as aconn:
        found = await history.buckets(aconn, 1, ["blood_flow"], NOW_US, NOW_US + 20 * SECOND, 2)
    assert (found.late.tolist(), found.corrected.tolist()) == ([2, 0], [1, 1])
    assert found.invalid.tolist() == [1 << 3 | 1 << 20, 0]
    # A reading whose time is not known is nowhere.
    assert (found.readings.tolist(), found.series["blood_flow"].maximum.tolist()) == ([3, 1], [300, 300])


async def test_nothing_and_what_cannot_be_asked(apool: Pool) -> None:
    async with apool.connection() as aconn:
        found = await history.buckets(aconn, 1, ["systolic"], 0, NOW_US, 600)
        assert (len(found), found.readings.tolist(), found.series["systolic"].mean.tolist()) == (0, [], [])
        assert len(await history.buckets(aconn, 1, [], NOW_US, NOW_US + 1, 4000)) == 0
        with pytest.raises(KeyError):
            await history.buckets(aconn, 1, ["systolic; DROP TABLE reading"], 0, NOW_US, 600)
        for start, end, count in ((NOW_US, NOW_US, 600), (NOW_US, NOW_US - 1, 600), (0, NOW_US, 0)):
            with pytest.raises(ValueError, match="start < end"):
                await history.buckets(aconn, 1, ["systolic"], start, end, count)


async def test_too_much_to_read_is_told_and_the_connection_stays(
    conn: Connection, apool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(conn, 1, [Row(second * SECOND) for second in range(20_000)])
    monkeypatch.setattr(history, "PATIENCE_MS", 1)
    async with apool.connection() as aconn:
        with pytest.raises(StoreError) as caught:
            await history.buckets(aconn, 1, list(signals.BY_NAME), NOW_US, NOW_US + 20_000 * SECOND, 4000)
        assert caught.value.trouble is Trouble.BUSY
        assert await (await aconn.execute("SHOW statement_timeout")).fetchall() == [("1min",)]


rows = st.lists(
    st.tuples(
        st.integers(0, 10**7),
        st.one_of(st.none(), st.floats(width=32, allow_nan=False, allow_infinity=False)),
    ),
    max_size=40,
)
unit_ids = itertools.count(100)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=rows, span=st.integers(1, 10**7), count=st.integers(1, 4000), first=st.integers(0, 10**7))
def test_buckets_hold_the_exact_extremes_of_every_row_in_the_span(
    database_url: str, rows: list[tuple[int, float | None]], span: int, count: int, first: int
) -> None:
    unit_id = next(unit_ids)
    with pool.connect(database_url) as conn:
        store(conn, unit_id, [Row(at, float("nan") if value is None else value) for at, value in rows])

    async def ask() -> history.Buckets:
        aconn = await pool.aconnect(database_url)
        async with aconn:
            return await history.buckets(aconn, unit_id, ["blood_flow"], NOW_US + first, NOW_US + first + span, count)

    found = asyncio.run(ask())
    inside = [(at - first, value) for at, value in rows if first <= at < first + span]
    assert found.width_us * count >= span
    assert found.readings.sum() == len(inside)
    expected: dict[int, list[np.float32]] = {}
    for at, value in inside:
        own = expected.setdefault(at // found.width_us, [])
        if value is not None:
            own.append(np.float32(value))
    places = ((found.start_us - NOW_US - first) // found.width_us).tolist()
    assert places == sorted(expected)
    assert all(0 <= place < count for place in places)
    flow = found.series["blood_flow"]
    nan = np.float32(np.nan)
    np.testing.assert_array_equal(flow.minimum, [min(expected[p], default=nan) for p in places])
    np.testing.assert_array_equal(flow.maximum, [max(expected[p], default=nan) for p in places])


async def test_events_that_explain_a_gap_and_no_others(conn: Connection, apool: Pool) -> None:
    def row(seq: int, at_s: int, kind: EventKind, name: str, *, active: bool = True) -> EventRow:
        event = Event(seq, NOW_US + at_s * SECOND, 0, 1, kind, name, 0, active)
        return EventRow(1, "0123456789abcdef", NOW_US, event)

    machine_events.add_events(conn, [
        row(1, -900, EventKind.AGENT, "agent started"),
        row(2, -800, EventKind.LINK, "silent"),
        row(3, -700, EventKind.ALARM, "MDC_EVT"),
        row(4, 5, EventKind.PHASE, "phase"),
        row(5, 6, EventKind.LINK, "silent", active=False),
        row(6, 50, EventKind.AGENT, "readings thinned"),
        row(7, 60, EventKind.LINK, "silent"),
    ])  # fmt: skip
    async with apool.connection() as aconn:
        found = await history.gap_events(aconn, 1, NOW_US, NOW_US + 60 * SECOND)
        assert [one.event.seq for one in found] == [2, 5, 6]
        assert await history.gap_events(aconn, 2, NOW_US, NOW_US + 60 * SECOND) == []
