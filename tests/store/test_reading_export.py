"""Rows go out as they are stored, in batches of any size, of one moment, and a treatment is a span."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from store import pool, reading_export, registry
from store.errors import StoreError, Trouble
from store.pool import Connection
from store.reading_export import FIXED, Span
from telemetry import signals
from telemetry.messages import Flag
from tests.store.test_history import NOW_US, SECOND, Row, store

CHOSEN = [signals.BY_NAME[name] for name in ("blood_flow", "machine_mode", "blood_pump_running", "systolic")]
SPAN = Span(1, "u-1", NOW_US, NOW_US + 100 * SECOND)


def rows() -> list[Row]:
    nan = float("nan")
    return [
        Row(-1, 1.0), Row(0, 105.1, flags=5, invalid=1 << 3 | 1 << 24), Row(SECOND, nan, flags=26, pump=0),
        Row(99 * SECOND, 1e-7, pump=nan), Row(100 * SECOND, 7.0),
    ]  # fmt: skip


def test_csv_is_every_row_with_names_and_marks(conn: Connection) -> None:
    store(conn, 1, rows())
    store(conn, 2, rows())
    lines = b"".join(reading_export.csv_lines(conn, SPAN, CHOSEN)).decode()
    found = [dict(zip([*FIXED, *(s.name for s in CHOSEN)], row, strict=True)) for row in csv.reader(lines.splitlines())]
    assert [row["seq"] for row in found] == ["1", "2", "3"]
    assert found[0] == {
        "time": "2025-06-15T15:06:40.000000Z", "epoch": "0123456789abcdef", "seq": "1", "phase": "TX",
        "clock_synchronised": "1", "phase_derived": "0", "late": "1", "time_corrected": "0", "time_uncertain": "0",
        "invalid": "venous_pressure diastolic", "blood_flow": "105.1", "machine_mode": "3", "blood_pump_running": "1",
        "systolic": "",
    }  # fmt: skip
    assert (found[1]["blood_flow"], found[1]["blood_pump_running"], found[1]["invalid"]) == ("", "0", "")
    assert [found[1][mark] for mark in reading_export.MARKS] == ["0", "1", "0", "1", "1"]
    assert (found[2]["blood_flow"], found[2]["blood_pump_running"]) == ("1e-07", "")


@pytest.mark.parametrize("size", [1, 2, 3, 4, 65_536])
def test_batches_are_all_rows_in_order_however_many_fit(conn: Connection, size: int) -> None:
    store(conn, 1, rows())
    batches = list(reading_export.batches(conn, SPAN, CHOSEN, size))
    assert [len(batch) for batch in batches] == {1: [1, 1, 1], 2: [2, 1]}.get(size, [3])
    whole = np.concatenate(batches)
    assert (whole["time_us"] - NOW_US).tolist() == [0, SECOND, 99 * SECOND]
    assert whole["seq"].tolist() == [1, 2, 3]
    assert whole["epoch"].tolist() == [b"0123456789abcdef"] * 3
    assert (whole["phase"].tolist(), whole["flags"].tolist()) == ([3, 3, 3], [5, 26, 1])
    assert whole["invalid"].tolist() == [1 << 3 | 1 << 24, 0, 0]
    np.testing.assert_array_equal(whole["blood_flow"], np.array([105.1, np.nan, 1e-7], np.float32))
    np.testing.assert_array_equal(whole["blood_pump_running"], np.array([1, 0, np.nan], np.float32))
    assert np.isnan(whole["systolic"]).all()


def test_every_mark_has_its_column() -> None:
    assert [f"{flag.name}".lower() for flag in Flag] == list(reading_export.MARKS)
    assert [flag.value for flag in Flag] == [1 << bit for bit in range(len(reading_export.MARKS))]


def test_nothing_stored_is_nothing_written(conn: Connection) -> None:
    assert list(reading_export.csv_lines(conn, SPAN, CHOSEN)) == []
    assert list(reading_export.batches(conn, SPAN, CHOSEN)) == []


def test_an_export_given_up_half_way_leaves_a_connection_that_works(conn: Connection) -> None:
    store(conn, 1, [Row(n) for n in range(5000)])
    for export in (reading_export.csv_lines(conn, SPAN, CHOSEN), reading_export.batches(conn, SPAN, CHOSEN, 10)):
        next(export)
        export.close()  # type: ignore[attr-defined]
        assert conn.execute("SHOW statement_timeout").fetchall() == [("1min",)]


def test_a_treatment_is_a_span_and_one_that_goes_on_ends_now(database_url: str, unit: registry.Unit) -> None:
    with pool.connect(database_url) as conn:
        # In front of the real one, of which only these columns are asked for.
        conn.execute(
            "CREATE TEMP TABLE treatment"
            " (treatment_id bigint, unit_id int, started_at timestamptz, ended_at timestamptz)"
        )
        conn.execute("INSERT INTO treatment VALUES (7, %s, from_us(%s), from_us(%s)), (8, %s, from_us(%s), NULL)",
                     [unit.unit_id, NOW_US, NOW_US + 5, unit.unit_id, NOW_US + 10])  # fmt: skip
        ended = reading_export.treatment_span(conn, 7, NOW_US + 99)
        assert ended == Span(unit.unit_id, unit.name, NOW_US, NOW_US + 6)
        assert reading_export.treatment_span(conn, 8, NOW_US + 99).end_us == NOW_US + 99
        with pytest.raises(StoreError) as caught:
            reading_export.treatment_span(conn, 9, NOW_US)
        assert caught.value.trouble is Trouble.CONFLICT
        assert "treatment 9" in caught.value.line()
