"""Two-minute medians of the last hour of every signal that a trend is looked for in.

A bucket holds the last reading of each ten seconds and becomes a point, their median, with the first reading of the
next bucket: the hour is 30 points at any rate of reading. Buckets of different units end at different seconds, so that
what is worked out once a bucket costs about the same every second.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from alerts.inputs import VALID, Round
from alerts.rounds import row_numbers
from alerts.statistics.median import medians
from alerts.table import Field, Table

BUCKET_S: Final = 120
PLACES: Final = 32  # points kept; a power of two
LONGEST_S: Final = (PLACES - 2) * BUCKET_S
_SLOT_S: Final = 10
_SLOTS: Final = BUCKET_S // _SLOT_S
_LONG_AGO: Final = -(1 << 30)

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Turned:
    """Units whose bucket has just become a point.

    Attributes:
        at: their positions in the round. points: [units, signals, PLACES − 1] in order of time, one every `BUCKET_S`;
            the last is the present reading, NaN where there is none.
    """

    at: Ints
    points: Floats


class Buckets:
    """The points of all signals of a detector; its fields are called after `name`."""

    def __init__(self, name: str, signals: tuple[str, ...], columns: Ints) -> None:
        self._name = name
        self._columns = columns
        # Labelled by signal alone: what was measured goes on under another version of a rule.
        self.fields: tuple[Field, ...] = (
            Field(f"{name}.bucket", "i4", _LONG_AGO),
            Field(f"{name}.slots", "f4", np.nan, signals, (_SLOTS,)),
            Field(f"{name}.points", "f4", np.nan, signals, (PLACES,)),
        )

    def take(self, now: Round, table: Table) -> Turned | None:
        """Take this reading in; the units whose bucket it is the first of, None where there are none."""
        second = now.time // 1_000_000 + table["unit.stagger"][now.at]
        bucket = (second // BUCKET_S).astype(np.int32)
        values = now.values[:, self._columns]
        doubted = now.codes[:, self._columns] != VALID
        if doubted.any():
            values[doubted] = np.nan
        rows = row_numbers(now.at)
        at = np.flatnonzero(bucket != table[f"{self._name}.bucket"][now.at])
        turned = self._turn(table, rows[at], bucket[at], values[at]) if len(at) else None
        table[f"{self._name}.slots"][rows, :, second % BUCKET_S // _SLOT_S] = values
        return None if turned is None else Turned(at, turned)

    def _turn(self, table: Table, rows: Ints, bucket: npt.NDArray[np.int32], present: Floats) -> Floats:
        points, last = table[f"{self._name}.points"], table[f"{self._name}.bucket"]
        slots = table[f"{self._name}.slots"]
        before = last[rows]
        points[rows, :, before & (PLACES - 1)] = medians(slots[rows].astype(np.float64))
        # The bucket each place would hold by now; of those since the last one nothing is known.
        place = np.arange(PLACES)
        holds = bucket[:, None] - ((bucket[:, None] - place) & (PLACES - 1))
        kept = np.where((holds > before[:, None])[:, None, :], np.float32(np.nan), points[rows])
        points[rows] = kept
        slots[rows] = np.nan
        last[rows] = bucket
        ages = np.arange(PLACES - 2, 0, -1)
        ordered = np.take_along_axis(kept, ((bucket[:, None] - ages) & (PLACES - 1))[:, None, :], axis=2)
        return np.concatenate((ordered, present[:, :, None]), axis=2)
