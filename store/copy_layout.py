"""How rows lie in a binary COPY stream: one numpy structure per set of signals, so that no row costs a Python step.

A row is the number of its fields and, for each, a length and so many bytes; NULL is the length −1 and no bytes. What
no row of a batch has measured (a quarter of the catalogue, in a fleet of one model) is a NULL in the structure itself.
What only some rows lack has its place in it, and is cut out of the bytes afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from telemetry import signals
from telemetry.signals import Kind

KINDS: Final = (Kind.NUMERIC, Kind.ENUMERATION, Kind.BOOLEAN)
NUMBERS: Final = {k: np.array([s.number for s in signals.CATALOGUE if s.kind is k], dtype=np.intp) for k in KINDS}
# Catalogue numbers in the order of the stream, behind the columns that every row has.
ORDER: Final = [int(number) for kind in KINDS for number in NUMBERS[kind]]
# (column, format) in the order of the stream.
FIXED: Final = (
    ("unit_id", ">i4"), ("time", ">i8"), ("received_at", ">i8"), ("seq", ">i8"), ("mono_ms", ">i8"),
    ("invalid", ">i8"), ("phase", ">i2"), ("flags", ">i2"), ("epoch", "S16"),
)  # fmt: skip
_FORMAT: Final = {Kind.NUMERIC: ">f4", Kind.ENUMERATION: ">i2", Kind.BOOLEAN: "u1"}
# A fleet has some models of machines, and a batch some of them.
_REMEMBERED: Final = 256


@dataclass(frozen=True, eq=False)
class Block:
    """Signals of one kind that follow each other in the stream and are all in it."""

    name: str
    kind: Kind
    numbers: NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Layout:
    """One row.

    Attributes:
        row: its structure. blocks: the fields of it that hold signals. template: a row with its lengths.
        keep: the same structure in booleans, which of a row's bytes are sent.
    """

    row: np.dtype[Any]
    keep: np.dtype[Any]
    blocks: tuple[Block, ...]
    template: bytes


def layout(there: NDArray[np.bool_]) -> Layout:
    """For rows of which `there` (by catalogue number) says which signals any of them has."""
    return _layout(there.tobytes())


@lru_cache(_REMEMBERED)
def _layout(there: bytes) -> Layout:
    pieces = [list(group) for _, group in groupby(ORDER, key=lambda n: (signals.CATALOGUE[n].kind, bool(there[n])))]
    names = [f"signals {piece[0]}" for piece in pieces]
    blocks = tuple(
        Block(name, signals.CATALOGUE[piece[0]].kind, np.array(piece, np.intp))
        for name, piece in zip(names, pieces, strict=True)
        if there[piece[0]]
    )
    absent = {name: len(piece) for name, piece in zip(names, pieces, strict=True) if not there[piece[0]]}
    row = _structure(names, blocks, absent, keep=False)
    template = np.zeros((), dtype=row)
    template["fields"] = len(FIXED) + signals.COUNT
    for name, form in FIXED:
        template[name]["length"] = np.dtype(form).itemsize
    for block in blocks:
        template[block.name]["length"] = np.dtype(_FORMAT[block.kind]).itemsize
    for name in absent:
        template[name] = -1
    return Layout(row, _structure(names, blocks, absent, keep=True), blocks, template.tobytes())


def _structure(names: list[str], blocks: tuple[Block, ...], absent: dict[str, int], *, keep: bool) -> np.dtype[Any]:
    def cell(form: str) -> list[tuple[Any, ...]]:
        width = np.dtype(form).itemsize
        return [("length", "?", (4,)), ("data", "?", (width,))] if keep else [("length", ">i4"), ("data", form)]

    fields: list[tuple[Any, ...]] = [("fields", "?", (2,)) if keep else ("fields", ">i2")]
    fields += [(name, cell(form)) for name, form in FIXED]
    by_name = {block.name: block for block in blocks}
    for name in names:
        if name in absent:
            fields.append((name, "?", (absent[name], 4)) if keep else (name, ">i4", (absent[name],)))
        else:
            fields.append((name, cell(_FORMAT[by_name[name].kind]), (len(by_name[name].numbers),)))
    return np.dtype(fields)
