"""Struct of arrays: everything the engine remembers, one row per unit, packed and unpacked by row.

Each field has a label per element ("R13 1.0.0+ab12cd34 0", "venous_pressure"), so that a row saved under one set of
rules can be taken up under another: what has the same label continues, the rest starts fresh.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt

from telemetry.errors import HomehdError

NEVER: Final = -1  # a time that has not been; sample times are ≥ 0
_LAYOUT_MAX: Final = 1 << 20  # a layout of 200 rules has some 40 kB

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Field:
    """One array of the table: [unit, len(labels), *item].

    Attributes:
        fill: the first value, one for all elements or one each.
        labels: identity of each element; None = one value per unit.
        saved: whether it is part of a snapshot (what follows from other fields is not).
        given: it follows from what is known of the patient, and stays where a snapshot does not have it.
    """

    name: str
    dtype: str
    fill: float | Array
    labels: tuple[str, ...] | None = None
    item: tuple[int, ...] = ()
    saved: bool = True
    given: bool = False

    def shape(self, rows: int) -> tuple[int, ...]:
        """The array's shape for so many units."""
        return (rows, *(() if self.labels is None else (len(self.labels),)), *self.item)


class Table:
    """The fields and their rows."""

    def __init__(self, fields: Sequence[Field], rows: int) -> None:
        self._fields = tuple(fields)
        self._saved = tuple(f for f in fields if f.saved)
        self._rows = rows
        self._arrays: dict[str, Array] = {f.name: np.full(f.shape(rows), f.fill, f.dtype) for f in fields}
        # Written with every row; compressed once, so that a row stays small.
        layout = [(f.name, f.dtype, f.labels, f.item) for f in self._saved]
        self._layout = zlib.compress(msgspec.msgpack.encode(layout), 9)
        self._fingerprint = hashlib.sha256(self._layout).digest()[:8]

    def __getitem__(self, name: str) -> Array:
        return self._arrays[name]

    @property
    def rows(self) -> int:
        """Rows there is room for."""
        return self._rows

    @property
    def row_bytes(self) -> int:
        """Memory of one unit's row."""
        return sum(a.nbytes for a in self._arrays.values()) // max(self._rows, 1)

    def grow(self, rows: int) -> None:
        """Make room for so many rows; the old ones keep their values."""
        for field in self._fields:
            bigger = np.full(field.shape(rows), field.fill, field.dtype)
            bigger[: self._rows] = self._arrays[field.name]
            self._arrays[field.name] = bigger
        self._rows = rows

    def reset(self, names: Sequence[str], rows: npt.NDArray[np.intp]) -> None:
        """Put some fields of some rows back to their first value."""
        for field in self._fields:
            if field.name in names:
                self._arrays[field.name][rows] = field.fill

    def clear(self, row: int) -> None:
        """Put all saved fields of a row back to their first value, but those that are given."""
        for field in self._saved:
            if not field.given:
                self._arrays[field.name][row] = field.fill

    def pack(self, row: int) -> tuple[bytes, bytes, bytes]:
        """Fingerprint of the layout, the layout, and the row's saved fields one after the other."""
        body = b"".join([self._arrays[f.name][row].tobytes() for f in self._saved])
        return self._fingerprint, self._layout, body

    def unpack(self, row: int, fingerprint: bytes, layout: bytes, body: bytes) -> None:
        """Put a packed row in place; fields and elements with no counterpart start fresh. HomehdError if damaged."""
        parts = _split(self._saved if fingerprint == self._fingerprint else _read_layout(layout), body)
        self.clear(row)
        known = {f.name: f for f in self._saved}
        for theirs, values in parts:
            mine_or_none = known.get(theirs.name)
            if mine_or_none is not None:
                self._put(row, mine_or_none, theirs, values)

    def _put(self, row: int, mine: Field, theirs: Field, values: Array) -> None:
        target = self._arrays[mine.name]
        if mine.labels is None or theirs.labels is None:
            if (mine.labels, mine.item, mine.dtype) == (theirs.labels, theirs.item, theirs.dtype):
                target[row] = values
            return
        if mine.labels == theirs.labels and mine.item == theirs.item:
            target[row] = values
            return
        if (mine.item, mine.dtype) != (theirs.item, theirs.dtype):
            return
        place = {text: i for i, text in enumerate(mine.labels)}
        for i, text in enumerate(theirs.labels):
            if text in place:
                target[row, place[text]] = values[i]


def _read_layout(layout: bytes) -> tuple[Field, ...]:
    try:
        plain = zlib.decompressobj().decompress(layout, _LAYOUT_MAX)
        rows = msgspec.msgpack.decode(plain, type=list[tuple[str, str, tuple[str, ...] | None, tuple[int, ...]]])
    except (msgspec.MsgspecError, UnicodeDecodeError, zlib.error) as error:
        raise HomehdError("restore engine state", "layout", hint=str(error)[:120]) from error
    return tuple(Field(name, dtype, 0, labels, item) for name, dtype, labels, item in rows)


def _split(fields: Sequence[Field], body: bytes) -> list[tuple[Field, Array]]:
    parts: list[tuple[Field, Array]] = []
    start = 0
    try:
        for field in fields:
            shape = field.shape(1)[1:]
            count = int(np.prod(shape, dtype=np.int64))
            values = np.frombuffer(body, field.dtype, count, start).reshape(shape)
            start += values.nbytes
            parts.append((field, values))
    except (TypeError, ValueError) as error:
        raise HomehdError("restore engine state", f"{len(body)} bytes", hint=str(error)[:120]) from error
    if start != len(body):
        raise HomehdError("restore engine state", f"{len(body)} bytes", hint=f"expected {start}")
    return parts
