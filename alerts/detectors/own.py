"""Numbers of levels, the rule's or the patient's own: the one way in which detectors take them up."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from alerts.detectors.base import Group
from alerts.inputs import Rows
from alerts.records import Context
from alerts.table import Array, Field, Table


def names(group: Group, key: str = "") -> list[str]:
    """Per column, under which name `Context.limits` has its limit, or another number of its level."""
    count = [len(rule.rungs) for rule in group.rules]
    return [rule.own_name(n, key) for rule, rungs in zip(group.rules, count, strict=True) for n in range(rungs)]


def number(context: Context, name: str) -> float | None:
    """A number of the patient's own, None where there is none or it is no number."""
    own = context.limits.get(name, np.nan)
    return float(own) if np.isfinite(own) else None


class Own:
    """One number of every level of a detector, in a field of that name.

    Attributes:
        usual: the rule's, per column.
    """

    def __init__(
        self, field: str, group: Group, usual: npt.ArrayLike, own_names: Sequence[str], dtype: str = "f8"
    ) -> None:
        self._field = field
        self.usual = np.asarray(usual, dtype)
        self._names = tuple(own_names)
        self.fields: tuple[Field, ...] = (Field(field, dtype, self.usual, group.rung_labels, given=True),)

    def of(self, table: Table, at: Rows) -> Array:
        """[n, rungs], as they hold now."""
        return table[self._field][at]

    def at(self, table: Table, row: int, column: int) -> float:
        """That of one level of one unit."""
        return float(table[self._field][row, column])

    def set_context(self, table: Table, row: int, context: Context) -> None:
        """The patient's own go first."""
        for column, name in enumerate(self._names):
            own = number(context, name)
            table[self._field][row, column] = self.usual[column] if own is None else own
