"""The stream is what PostgreSQL's manual says, whichever signals the rows of a batch have in common."""

from __future__ import annotations

import struct

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from store import readings
from store.copy_layout import ORDER, layout
from store.readings import ReadingColumns
from telemetry import signals
from telemetry.signals import Kind

NOW_US = 1_750_000_000_000_000
_2000_US = 946_684_800_000_000
HEAD, TAIL = b"PGCOPY\n\xff\r\n\0" + bytes(8), b"\xff\xff"


def field(form: str, value: float) -> bytes:
    return struct.pack(">i", struct.calcsize(form)) + struct.pack(form, value)


def by_hand(rows: ReadingColumns, at: int) -> bytes:
    """One row, field after field, as the manual describes it."""
    data = struct.pack(">h", 9 + signals.COUNT) + field(">i", int(rows.unit_id[at]))
    data += field(">q", int(rows.time_us[at]) - _2000_US) + field(">q", NOW_US - _2000_US)
    data += field(">q", int(rows.seq[at])) + field(">q", int(rows.mono_ms[at])) + field(">q", int(rows.invalid[at]))
    data += field(">h", int(rows.phase[at])) + field(">h", int(rows.flags[at]))
    data += struct.pack(">i", 16) + bytes(rows.epoch[at])
    for number in ORDER:
        value = float(rows.values[at, number])
        form = {Kind.NUMERIC: ">f", Kind.ENUMERATION: ">h", Kind.BOOLEAN: ">B"}[signals.CATALOGUE[number].kind]
        data += struct.pack(">i", -1) if value != value else field(form, value if form == ">f" else int(value))
    return data


@settings(deadline=None)
@given(st.lists(st.frozensets(st.integers(0, signals.COUNT - 1)), min_size=1, max_size=6), st.booleans())
def test_rows_with_any_signals_are_encoded_as_by_hand(measured: list[frozenset[int]], alike: bool) -> None:
    if alike:
        measured = [measured[0]] * len(measured)
    count = len(measured)
    values = np.full((count, signals.COUNT), np.nan, np.float32)
    for at, numbers in enumerate(measured):
        values[at, list(numbers)] = at % 2
    whole = np.arange(count, dtype=np.int64)
    rows = ReadingColumns(
        unit_id=whole.astype(np.int32) + 1, epoch=np.full(count, b"0123456789abcdef", "S16"), seq=whole * 3,
        time_us=NOW_US + whole, mono_ms=whole * 7, phase=np.full(count, 3, np.uint8), flags=np.full(count, 9, np.uint8),
        invalid=whole.astype(np.uint64), received_us=NOW_US, values=values,
    )  # fmt: skip

    assert readings.encode_rows(rows) == HEAD + b"".join(by_hand(rows, at) for at in range(count)) + TAIL


def test_signals_that_no_row_has_take_no_place_but_their_null() -> None:
    none, every = (layout(np.full(signals.COUNT, there)) for there in (False, True))
    assert none.blocks == ()
    assert sum(len(block.numbers) for block in every.blocks) == signals.COUNT
    assert none.row.itemsize < every.row.itemsize
