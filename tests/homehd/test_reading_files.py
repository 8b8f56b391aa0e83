"""CSV and Parquet say the same, with their units; what is absent is empty; memory does not grow with the span."""

from __future__ import annotations

import csv
import io
import tracemalloc
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

import pytest

from homehd import reading_files
from store import pool
from store.pool import Connection
from store.reading_export import FIXED, Span
from telemetry import signals
from telemetry.errors import HomehdError
from tests.conftest import require
from tests.store.test_history import NOW_US, SECOND, Row, store

CHOSEN = [signals.BY_NAME[name] for name in ("blood_flow", "machine_mode", "blood_pump_running", "systolic")]
SPAN = Span(1, "u-1", NOW_US, NOW_US + 100_000 * SECOND)


@pytest.fixture
def conn(database_url: str) -> Iterator[Connection]:
    with pool.connect(database_url) as connection:
        yield connection


@pytest.fixture
def parquet() -> Any:
    require(find_spec("pyarrow"), "pyarrow", "pip install 'homehd[export]'")
    from pyarrow import parquet

    return parquet


def some() -> list[Row]:
    nan = float("nan")
    return [Row(0, 105.1, flags=5, invalid=1 << 3), Row(SECOND, nan, pump=0), Row(2 * SECOND, 0.0, pump=nan)]


def written(conn: Connection, form: str) -> tuple[int, bytes]:
    sink = io.BytesIO()
    return reading_files.write(conn, SPAN, CHOSEN, form, sink), sink.getvalue()


def test_the_header_has_the_units(conn: Connection) -> None:
    store(conn, 1, some())
    rows, content = written(conn, "csv")
    lines = list(csv.reader(io.StringIO(content.decode())))
    assert rows == len(lines) - 1 == 3
    assert lines[0] == [*FIXED, "blood_flow (mL/min)", "machine_mode", "blood_pump_running", "systolic (mm[Hg])"]
    assert lines[1][-4:] == ["105.1", "3", "1", ""]


def test_parquet_says_what_csv_says(conn: Connection, parquet: Any) -> None:
    store(conn, 1, some())
    rows, content = written(conn, "parquet")
    table = parquet.read_table(io.BytesIO(content))
    assert rows == table.num_rows == 3
    found = table.to_pylist()
    assert found[0]["time"].isoformat() == "2025-06-15T15:06:40+00:00"
    assert (found[0]["phase"], found[0]["late"], found[0]["invalid"]) == ("TX", True, ["venous_pressure"])
    assert [row["blood_flow"] for row in found] == [pytest.approx(105.1), None, 0.0]
    assert [row["blood_pump_running"] for row in found] == [True, False, None]
    assert [row["machine_mode"] for row in found] == [3, 3, 3]
    assert [row["systolic"] for row in found] == [None] * 3
    assert table.field("blood_flow").metadata[b"ucum"] == b"mL/min"
    assert table.field("blood_flow").metadata[b"mdc"] == b"MDC_HDIALY_BLD_PUMP_BLOOD_FLOW_RATE"
    assert table.schema.metadata[b"homehd.unit"] == b"u-1"
    assert table.schema.metadata[b"homehd.start"] == b"2025-06-15T15:06:40+00:00"


def test_a_phase_nobody_knows_is_unknown_in_both(conn: Connection, parquet: Any) -> None:
    store(conn, 1, some())
    conn.execute("UPDATE reading SET phase = 77 WHERE seq = 1")
    lines = list(csv.reader(io.StringIO(written(conn, "csv")[1].decode())))
    assert [line[3] for line in lines[1:]] == ["TX", "UNKNOWN", "TX"]
    assert parquet.read_table(io.BytesIO(written(conn, "parquet")[1]))["phase"].to_pylist() == ["TX", "UNKNOWN", "TX"]


def test_nothing_stored_is_a_file_with_columns_and_no_row(conn: Connection, parquet: Any) -> None:
    assert written(conn, "csv") == (0, reading_files.csv_header(CHOSEN).encode())
    rows, content = written(conn, "parquet")
    assert (rows, parquet.read_table(io.BytesIO(content)).num_rows) == (0, 0)


def test_without_pyarrow_it_says_what_to_install(conn: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(HomehdError, match="pyarrow") as caught:
        written(conn, "parquet")
    assert "homehd[export]" in caught.value.line()


class _Nowhere(io.RawIOBase):
    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        return len(data)


def test_memory_does_not_grow_with_the_span(conn: Connection) -> None:
    store(conn, 1, [Row(n * SECOND) for n in range(40_000)])
    peaks = []
    for end_s in (4_000, 40_000):
        tracemalloc.start()
        span = Span(1, "u-1", NOW_US, NOW_US + end_s * SECOND)
        assert reading_files.write_csv(conn, span, CHOSEN, _Nowhere()) == end_s  # type: ignore[arg-type]
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 200_000, peaks
