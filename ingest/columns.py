"""Many batches to one table of numpy columns. No Python per row or value: one `join` per column of the whole cycle.

The wire is little-endian, and so is every machine this runs on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Self

import numpy as np
import numpy.typing as npt

from telemetry import signals
from telemetry.messages import Batch, Flag
from telemetry.treatment import Phase

_AGENTS_FLAGS = np.uint8(Flag.CLOCK_SYNCHRONISED | Flag.PHASE_DERIVED | Flag.TIME_CORRECTED | Flag.TIME_UNCERTAIN)
_KNOWN_SIGNALS = np.uint64((1 << signals.COUNT) - 1)
_FINITE = float(np.finfo(np.float32).max)  # a signal without a range takes any finite value
_RANGES = [signal.plausible or (-_FINITE, _FINITE) for signal in signals.CATALOGUE]
_LOWEST = np.array([low for low, _ in _RANGES], np.float32)
_HIGHEST = np.array([high for _, high in _RANGES], np.float32)

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of many batches, in the order they came.

    Attributes:
        part: index of the batch each row came in.
        time_us, mono_ms: the agent's, as sent. flags, phase: uint8. invalid: uint64 mask of signals.
        values: float32 [rows, signals.COUNT] by catalogue number; NaN = not measured.
    """

    part: npt.NDArray[np.int32]
    seq: Ints
    time_us: Ints
    mono_ms: Ints
    flags: npt.NDArray[np.uint8]
    phase: npt.NDArray[np.uint8]
    invalid: npt.NDArray[np.uint64]
    values: npt.NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.seq)

    def select(self, keep: Bools) -> Self:
        """The rows for which `keep` is true."""
        if keep.all():
            return self
        return type(self)(*(getattr(self, field.name)[keep] for field in fields(self)))


def rows_of(batches: Sequence[Batch]) -> Rows:
    """All rows of checked batches."""
    counts = np.fromiter((batch.count for batch in batches), np.int64, len(batches))
    part = np.repeat(np.arange(len(batches), dtype=np.int32), counts)
    phase = np.frombuffer(b"".join([batch.phases for batch in batches]), np.uint8)
    invalid = _invalid(batches, len(part))
    values = _values(batches, counts)
    return Rows(
        part=part,
        seq=_sequence_numbers(batches, counts, part),
        time_us=np.frombuffer(b"".join([batch.times for batch in batches]), np.int64),
        mono_ms=np.frombuffer(b"".join([batch.monos for batch in batches]), np.int64),
        # The other marks are ours to set.
        flags=np.frombuffer(b"".join([batch.flags for batch in batches]), np.uint8) & _AGENTS_FLAGS,
        phase=np.where(phase > max(Phase), np.uint8(Phase.UNKNOWN), phase),
        invalid=(invalid & _KNOWN_SIGNALS) | _set_implausible_aside(values),
        values=values,
    )


def _invalid(batches: Sequence[Batch], count: int) -> npt.NDArray[np.uint64]:
    columns = [batch.invalid for batch in batches]
    if not any(columns):
        return np.zeros(count, np.uint64)
    return np.frombuffer(
        b"".join([column or bytes(8 * b.count) for column, b in zip(columns, batches, strict=True)]), np.uint64
    )


def _set_implausible_aside(values: npt.NDArray[np.float32]) -> npt.NDArray[np.uint64]:
    """Make values outside their plausible range "not measured"; the mask of the signals concerned, for every row.

    The box does the same with what its machine says. Here it keeps a box of another making, or one gone mad, from
    showing 3·10³⁸ mmHg as a measurement, and a chart from losing a minute to an infinity.
    """
    wrong = (values < _LOWEST) | (values > _HIGHEST)
    masks = np.zeros(len(values), np.uint64)
    if wrong.any():
        values[wrong] = np.nan
        for number in np.flatnonzero(wrong.any(axis=0)):
            masks[wrong[:, number]] |= np.uint64(1 << int(number))
    return masks


def starts_of(counts: Ints) -> Ints:
    """Index of the first row of every batch."""
    return np.cumsum(counts) - counts


def _sequence_numbers(batches: Sequence[Batch], counts: Ints, part: npt.NDArray[np.int32]) -> Ints:
    starts = starts_of(counts)
    firsts = np.fromiter((batch.first_seq for batch in batches), np.int64, len(batches))
    seq = np.arange(len(part), dtype=np.int64) + (firsts - starts)[part]
    for index in [index for index, batch in enumerate(batches) if batch.offsets]:
        batch, start = batches[index], starts[index]
        offsets = np.frombuffer(batch.offsets, np.uint32).astype(np.int64)
        seq[start : start + batch.count] = batch.first_seq + offsets
    return seq


def _values(batches: Sequence[Batch], counts: Ints) -> npt.NDArray[np.float32]:
    values = np.full((int(counts.sum()), signals.COUNT), np.nan, np.float32)
    starts = starts_of(counts)
    # Batches of the same shape (nearly all, in a fleet of one model) are placed together.
    shapes: defaultdict[tuple[int, ...], list[int]] = defaultdict(list)
    for index, batch in enumerate(batches):
        if batch.count and batch.columns:
            shapes[batch.count, *batch.columns].append(index)
    for (count, *numbers), members in shapes.items():
        block = np.frombuffer(b"".join([b"".join(batches[m].columns.values()) for m in members]), np.float32)
        block = block.reshape(len(members), len(numbers), count).transpose(0, 2, 1).reshape(-1, len(numbers))
        rows = (starts[members][:, None] + np.arange(count)).ravel()
        values[rows[:, None], np.array(numbers)] = block
    return values
