"""How far a value has to be from what it was, and how near it has to come again: the rule's or the patient's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from alerts.detectors.base import Group
from alerts.detectors.baseline import Floats
from alerts.detectors.own import Own, names
from alerts.inputs import Rows
from alerts.records import Context
from alerts.table import Field, Table

EPSILON: Final = np.float32(1e-3)  # 130.1 − 110.1 in float32 is a little less than 20


@dataclass(frozen=True, slots=True)
class Reach:
    """Of the units of a round.

    Attributes:
        out: at least so far is a breach, near: less than this is clear, [n, rungs].
        least, back: of several levels the one that is reached first, and the one that is left first, [n, rules].
    """

    out: Floats
    near: Floats
    least: Floats
    back: Floats


class Reaches:
    """Those of all rules of a detector, in a field called after it."""

    def __init__(self, name: str, group: Group) -> None:
        self._group = group
        self._limit = Own(f"{name}.limit", group, [rung.limit for _, rung in group.rungs], names(group), "f4")
        self._deadband = np.array([rung.deadband for _, rung in group.rungs], np.float32)
        self.fields: tuple[Field, ...] = self._limit.fields

    def of(self, table: Table, at: Rows) -> Reach:
        """As they hold now."""
        limit = self._limit.of(table, at)
        near = limit - self._deadband
        least, back = (np.minimum.reduceat(each, self._group.starts, axis=1) for each in (limit, near))
        return Reach(limit - EPSILON, near + EPSILON, least - EPSILON, back)

    def at(self, table: Table, row: int, column: int) -> float:
        """The limit of one level of one unit."""
        return self._limit.at(table, row, column)

    def set_context(self, table: Table, row: int, context: Context) -> None:
        """The patient's own limits."""
        self._limit.set_context(table, row, context)
