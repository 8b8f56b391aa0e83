"""The blood pressure of before the treatment, which limits depend on and falls are counted from.

It is a context value; where that is not known, the first reading of the treatment.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
import numpy.typing as npt

from alerts import schema
from alerts.detectors.base import Group
from alerts.detectors.own import Own
from alerts.inputs import Rows
from alerts.records import Context
from alerts.table import Field, Table

Doubles = npt.NDArray[np.float64]


class Split(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A limit that depends on a baseline: `under` if it is less than `at`, else `otherwise`."""

    baseline: str
    at: float
    under: float
    otherwise: float

    def check(self) -> None:
        """ValueError where the baseline is none."""
        check_baseline(self.baseline)


def check_baseline(key: str) -> None:
    """ValueError where no context is called so."""
    if key not in schema.CONTEXT_KEYS:
        raise ValueError(f"baseline: no context {key}")


class Before:
    """The baseline of every level of a detector; its field is called after `name`."""

    def __init__(self, name: str, group: Group, keys: Sequence[str | None]) -> None:
        self._name = name
        self._keys = tuple(keys)
        self._rule_of_rung = group.rule_of_rung
        self.fields: tuple[Field, ...] = (Field(f"{name}.baseline", "f8", np.nan, group.rung_labels, given=True),)

    def of(self, table: Table, at: Rows) -> Doubles:
        """[n, rungs], from the context or the first reading; NaN before any."""
        first = table[f"{self._name}.first"][at][:, self._rule_of_rung]
        given = table[f"{self._name}.baseline"][at]
        return np.where(np.isnan(given), first, given)

    def set_context(self, table: Table, row: int, context: Context) -> None:
        """Take up what is known of the patient."""
        for column, key in enumerate(self._keys):
            value = schema.context_value(context, key) if key else None
            table[f"{self._name}.baseline"][row, column] = np.nan if value is None else value

    def words(self, table: Table, row: int, column: int, unit: str, inputs: dict[str, float]) -> str:
        """Where a level's baseline is from; it goes with the inputs."""
        value = float(self.of(table, slice(row, row + 1))[0, column])
        inputs[self._keys[column] or ""] = value
        given = np.isfinite(table[f"{self._name}.baseline"][row, column])
        return f"{schema.quantity(value, unit)} {'before' if given else 'at the start of'} the treatment"


class Limits:
    """Limits below which a reading must not be: split by the baseline, or the patient's own."""

    def __init__(self, name: str, group: Group, splits: Sequence[Split], own_names: Sequence[str]) -> None:
        self._own = Own(f"{name}.own", group, np.full(len(group.rungs), np.nan), own_names)
        self._at = np.array([split.at for split in splits])
        self._under = np.array([split.under for split in splits])
        self._otherwise = np.array([split.otherwise for split in splits])
        self.before = Before(name, group, [split.baseline or None for split in splits])
        self.fields: tuple[Field, ...] = (*self.before.fields, *self._own.fields)

    def of(self, table: Table, at: Rows) -> Doubles:
        """[n, rungs]."""
        own, baseline = self._own.of(table, at), self.before.of(table, at)
        return np.where(np.isnan(own), np.where(baseline < self._at, self._under, self._otherwise), own)

    def set_context(self, table: Table, row: int, context: Context) -> None:
        """Baselines, and the patient's own limits."""
        self.before.set_context(table, row, context)
        self._own.set_context(table, row, context)


def plain(limit: float) -> Split:
    """A limit that depends on nothing."""
    return Split(baseline="", at=np.nan, under=limit, otherwise=limit)
