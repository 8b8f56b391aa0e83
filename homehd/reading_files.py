"""Readings as a CSV or a Parquet file. Units of measurement stand in the header, or in the fields' metadata."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, BinaryIO, Final

import numpy as np

from store import reading_export
from store.pool import Connection
from store.reading_export import Span
from telemetry import signals
from telemetry.errors import HomehdError
from telemetry.signals import Kind, Signal
from telemetry.treatment import Phase

if TYPE_CHECKING:
    import pyarrow as pa

FORMATS: Final = ("csv", "parquet")


def write(conn: Connection, span: Span, chosen: Sequence[Signal], form: str, sink: BinaryIO) -> int:
    """Write all rows; how many. HomehdError when what the format needs is not installed."""
    return write_parquet(conn, span, chosen, sink) if form == "parquet" else write_csv(conn, span, chosen, sink)


def write_csv(conn: Connection, span: Span, chosen: Sequence[Signal], sink: BinaryIO) -> int:
    """UTF-8, comma, LF; the header has every signal's UCUM unit in parentheses, an absent value is empty."""
    sink.write(csv_header(chosen).encode())
    rows = 0
    for line in reading_export.csv_lines(conn, span, chosen):
        sink.write(line)
        rows += line.count(b"\n")  # no field of ours has one
    return rows


def csv_header(chosen: Sequence[Signal]) -> str:
    """The first line: `time,epoch,…,venous_pressure (mm[Hg])`."""
    text = io.StringIO()
    titles = [s.name if s.kind is not Kind.NUMERIC else f"{s.name} ({s.ucum})" for s in chosen]
    csv.writer(text, lineterminator="\n").writerow([*reading_export.FIXED, *titles])
    return text.getvalue()


def write_parquet(conn: Connection, span: Span, chosen: Sequence[Signal], sink: BinaryIO) -> int:
    """One row group a batch; an absent value is null."""
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError as error:
        hint = "pip install 'homehd[export]', or --format csv"
        raise HomehdError("write Parquet", str(error.name), hint=hint) from error
    schema = _schema(pa, span, chosen)
    rows = 0
    with parquet.ParquetWriter(sink, schema, compression="zstd") as writer:
        for batch in reading_export.batches(conn, span, chosen):
            writer.write_table(_table(pa, schema, batch, chosen))
            rows += len(batch)
    return rows


def _schema(pa: Any, span: Span, chosen: Sequence[Signal]) -> pa.Schema:
    types = {Kind.NUMERIC: pa.float32(), Kind.ENUMERATION: pa.int16(), Kind.BOOLEAN: pa.bool_()}
    fields = [
        pa.field("time", pa.timestamp("us", tz="UTC"), nullable=False),
        pa.field("epoch", pa.string(), nullable=False),
        pa.field("seq", pa.int64(), nullable=False),
        pa.field("phase", pa.dictionary(pa.int8(), pa.string())),
        *(pa.field(name, pa.bool_(), nullable=False) for name in reading_export.MARKS),
        pa.field("invalid", pa.list_(pa.string()), nullable=False),
        *(pa.field(s.name, types[s.kind], metadata=_described(s)) for s in chosen),
    ]
    about = {"unit": span.unit, "start": _iso(span.start_us), "end": _iso(span.end_us), "writer": "homehd"}
    return pa.schema(fields, metadata={f"homehd.{key}": value for key, value in about.items()})


def _described(signal: Signal) -> dict[str, str]:
    described = {"label": signal.label, "ucum": signal.ucum}
    if signal.mdc_reference:
        described["mdc"] = signal.mdc_reference
    return described


def _table(pa: Any, schema: pa.Schema, batch: np.ndarray[Any, Any], chosen: Sequence[Signal]) -> pa.Table:
    flags = batch["flags"].astype(np.int16)
    columns = [
        pa.array(batch["time_us"].astype(np.int64), schema.field("time").type),
        pa.array(batch["epoch"].astype("U16")),
        pa.array(batch["seq"].astype(np.int64)),
        pa.DictionaryArray.from_arrays(_phase_places(batch["phase"]), pa.array([phase.name for phase in Phase])),
        *(pa.array((flags >> bit & 1).astype(np.bool_)) for bit in range(len(reading_export.MARKS))),
        pa.array([_names(int(mask)) for mask in batch["invalid"]], pa.list_(pa.string())),
    ]
    for signal in chosen:
        values = batch[signal.name].astype(np.float32)
        absent = np.isnan(values)
        if signal.kind is not Kind.NUMERIC:
            values = np.where(absent, 0, values).astype(np.bool_ if signal.kind is Kind.BOOLEAN else np.int16)
        columns.append(pa.array(values, mask=absent))
    return pa.Table.from_arrays(columns, schema=schema)


def _phase_places(phases: Any) -> np.ndarray[Any, Any]:
    places = np.zeros(max(Phase) + 1, np.int8)
    places[[phase.value for phase in Phase]] = np.arange(len(Phase))
    known = np.where((phases >= 0) & (phases <= max(Phase)), phases, Phase.UNKNOWN)
    found: np.ndarray[Any, Any] = places[known.astype(np.intp)]
    return found


def _names(mask: int) -> list[str]:
    return [s.name for s in signals.CATALOGUE if mask >> s.number & 1] if mask else []


def _iso(time_us: int) -> str:
    return datetime.fromtimestamp(time_us / 1e6, UTC).isoformat()
