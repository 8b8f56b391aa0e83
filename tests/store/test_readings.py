from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from store import pool, reading_queries, readings
from store.editions import Edition, edition
from store.errors import StoreError, Trouble
from store.pool import Connection
from store.readings import ReadingColumns
from telemetry import signals

NOW_US = 1_750_000_000_000_000
EPOCH = "0123456789abcdef"
ENUMERATION = signals.BY_NAME["modality"].number
BOOLEAN = signals.BY_NAME["fluid_bypass"].number
PRESSURE = signals.BY_NAME["venous_pressure"].number


def columns(
    n: int, *, unit_id: int = 1, first_seq: int = 0, time_us: int = NOW_US, step_us: int = 1_000_000
) -> ReadingColumns:
    seq = np.arange(first_seq, first_seq + n, dtype=np.int64)
    return ReadingColumns(
        unit_id=np.full(n, unit_id, np.int32),
        epoch=np.full(n, EPOCH, "S16"),
        seq=seq,
        time_us=time_us + np.arange(n, dtype=np.int64) * step_us,
        mono_ms=seq * 1000,
        phase=np.full(n, 3, np.uint8),
        flags=np.full(n, 1, np.uint8),
        invalid=np.zeros(n, np.uint64),
        received_us=NOW_US,
        values=np.full((n, signals.COUNT), np.nan, np.float32),
    )


def stored(conn: Connection, unit_id: int = 1) -> ReadingColumns:
    return reading_queries.since(conn, unit_id, -(2**62))


def test_every_column_comes_back(conn: Connection) -> None:
    rows = columns(3)
    rows.values[:] = np.arange(3 * signals.COUNT, dtype=np.float32).reshape(3, -1) - 20.5
    enumerations = [s.number for s in signals.CATALOGUE if s.kind is signals.Kind.ENUMERATION]
    booleans = [s.number for s in signals.CATALOGUE if s.kind is signals.Kind.BOOLEAN]
    rows.values[:, enumerations] = [[0, 1], [-5, 32767], [6, -32767]]
    rows.values[:, booleans] = [[0, 1], [1, 0], [1, 1]]
    rows.invalid[:] = [0, 1, 2**62 + 5]
    rows.phase[:] = [0, 6, 255]
    rows.flags[:] = [0, 15, 255]
    readings.copy_readings(conn, rows)
    back = stored(conn)
    for name in ("unit_id", "epoch", "seq", "time_us", "mono_ms", "phase", "flags", "invalid", "values"):
        np.testing.assert_array_equal(getattr(back, name), getattr(rows, name), err_msg=name)
    assert set(back.received_us.tolist()) == {NOW_US}  # type: ignore[union-attr]


def test_not_measured_is_null_and_infinity_stays(conn: Connection) -> None:
    rows = columns(4)
    rows.values[:, PRESSURE] = [np.nan, np.inf, -np.inf, 3.4e38]
    readings.copy_readings(conn, rows)
    found = conn.execute(
        "SELECT venous_pressure, num_nulls(venous_pressure, systolic) FROM reading ORDER BY seq"
    ).fetchall()
    assert found == [(None, 2), (np.inf, 1), (-np.inf, 1), (pytest.approx(3.4e38), 1)]


def test_what_a_column_cannot_hold_is_marked_invalid(conn: Connection) -> None:
    rows = columns(5)
    rows.values[:, ENUMERATION] = [np.inf, 1e9, -1e9, 2.0, np.nan]
    rows.values[:, BOOLEAN] = [np.inf, -np.inf, 0.0, 7.0, np.nan]
    rows.invalid[:] = 1
    readings.copy_readings(conn, rows)
    back = stored(conn)
    enumeration, boolean = 1 << ENUMERATION, 1 << BOOLEAN
    assert back.invalid.tolist() == [1 | enumeration | boolean, 1 | enumeration | boolean, 1 | enumeration, 1, 1]
    np.testing.assert_array_equal(back.values[:, ENUMERATION], [np.nan, np.nan, np.nan, 2, np.nan])
    np.testing.assert_array_equal(back.values[:, BOOLEAN], [np.nan, np.nan, 0, 1, np.nan])


def test_impossible_times_are_kept(conn: Connection) -> None:
    rows = columns(4)
    rows.time_us[:] = [0, 2**63 - 1, -(2**63), NOW_US]
    readings.copy_readings(conn, rows)
    years = [r[0] for r in conn.execute("SELECT extract(year FROM time)::int FROM reading ORDER BY time")]
    assert years == [1, 1970, 2025, 9999]
    if edition(conn) is Edition.NATIVE:
        assert conn.execute("SELECT count(*) FROM reading_default").fetchone() == (3,)


def test_the_same_row_twice_is_refused(conn: Connection) -> None:
    readings.copy_readings(conn, columns(2))
    with pytest.raises(StoreError, match="store readings") as caught, pool.transaction(conn):
        readings.copy_readings(conn, columns(3))
    assert caught.value.trouble is Trouble.CONFLICT
    assert len(stored(conn)) == 2


def test_equal_times_of_two_epochs_are_two_rows(conn: Connection) -> None:
    first, second = columns(1), columns(1)
    second.epoch[:] = b"fedcba9876543210"
    readings.copy_readings(conn, first)
    readings.copy_readings(conn, second)
    assert len(stored(conn)) == 2


def test_no_rows_is_no_work(conn: Connection) -> None:
    readings.copy_readings(conn, columns(0))
    assert len(stored(conn)) == 0


def test_a_short_epoch_is_refused() -> None:
    rows = columns(1)
    rows.epoch[:] = b"short"
    with pytest.raises(ValueError, match="16 hex digits"):
        readings.encode_rows(rows)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    values=npst.arrays(np.float32, st.tuples(st.integers(1, 7), st.just(signals.COUNT))),
    times=st.lists(st.integers(-(2**63), 2**63 - 1), min_size=7, max_size=7),
    masks=st.lists(st.integers(0, 2**63 - 1), min_size=7, max_size=7),
)
def test_any_values_are_stored(conn: Connection, values: np.ndarray, times: list[int], masks: list[int]) -> None:
    n = len(values)
    rows = columns(n)
    rows.values[:] = values
    rows.time_us[:] = times[:n]
    rows.invalid[:] = masks[:n]
    try:
        readings.copy_readings(conn, rows)
        back = stored(conn)
    finally:
        conn.execute("TRUNCATE reading")
    order = np.argsort(back.seq)
    numeric = [s.number for s in signals.CATALOGUE if s.kind is signals.Kind.NUMERIC]
    np.testing.assert_array_equal(back.seq[order], rows.seq)
    np.testing.assert_array_equal(back.values[order][:, numeric], values[:, numeric])
    assert np.all(back.invalid[order] & rows.invalid == rows.invalid)
