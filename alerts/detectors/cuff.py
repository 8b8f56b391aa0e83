"""What counts as a new reading of a value that is measured now and then and repeated on the wire in between.

A new reading is one that differs from the last (in any of `fresh_by`), that comes after the value was absent, or after
more than a minute from a machine that does not repeat its readings, or the same value `repeat_after_s` later (the wire
does not say when the cuff was inflated). Between readings the last one stands, up to `max_age_s`; if a machine that
repeats its last reading with every sample stops doing so, it is missing at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import Final

import msgspec
import numpy as np

from alerts import reasons, schema
from alerts.detectors.base import Bools, Codes, Group
from alerts.inputs import MISSING, Columns, Round
from alerts.rounds import row_numbers
from alerts.table import NEVER, Array, Field, Table
from telemetry.treatment import Phase

_TX: Final = int(Phase.TX)
_REPEATED_WITHIN_US: Final = 60_000_000  # samples further apart do not show that a machine repeats its reading
_FRESH: Final = 3
# By `alerts.inputs` code; a value that is merely absent is no news (see above).
_CODES: Final = np.array([reasons.EVALUATED, reasons.EVALUATED, reasons.INVALID, reasons.SENSOR], np.uint8)
# The same of the value that belongs to a reading: one without it lacks it until the next.
_OTHER: Final = np.array([reasons.EVALUATED, reasons.MISSING + 1, reasons.INVALID + 1, reasons.SENSOR + 1], np.uint8)


class Input(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The value, and what tells a new reading of it from a repeated one (at most three signals).

    Attributes:
        other: a second value of the same reading.
        definition: name of the clinical definition the limits are from; goes with every alert.
        repeat_after_s: longer than any interval of the cuff, or one reading repeated would count as two.
    """

    signal: str
    other: str | None = None
    definition: str
    fresh_by: list[str]
    repeat_after_s: float = 1800.0
    max_age_s: float = 3600.0

    def check(self) -> None:
        """ValueError where no reading can be like that."""
        if not 1 <= len(self.fresh_by) <= _FRESH:
            raise ValueError(f"input: fresh_by names 1…{_FRESH} signals")
        if self.other == self.signal:
            raise ValueError("other: not the same signal twice")

    @property
    def inputs(self) -> tuple[str, ...]:
        """What the reading is made of."""
        return (self.signal,) if self.other is None else (self.signal, self.other)


class Cuff:
    """The last and the first reading of every rule of a detector; its fields are called after `name`."""

    def __init__(self, name: str, group: Group, columns: Columns, specs: Sequence[Input]) -> None:
        self._name = name
        self._specs = tuple(specs)
        self._columns = np.array([columns.place(spec.signal) for spec in specs], np.intp)
        self._other = np.array([columns.place(spec.other or spec.signal) for spec in specs], np.intp)
        self._has_other = np.array([spec.other is not None for spec in specs])
        fresh = [(spec.fresh_by * _FRESH)[:_FRESH] for spec in specs]
        self._fresh = np.array([[columns.place(signal) for signal in names] for names in fresh], np.intp)
        self._repeat_us = np.array([round(spec.repeat_after_s * 1e6) for spec in specs], np.int64)
        self._max_age_us = np.array([round(spec.max_age_s * 1e6) for spec in specs], np.int64)
        rules = group.rule_labels
        self.fields: tuple[Field, ...] = (
            Field(f"{name}.last", "f4", -1.0, rules, (_FRESH,)),
            Field(f"{name}.present", "?", False, rules),
            Field(f"{name}.repeats", "?", False, rules),
            Field(f"{name}.counted", "i8", NEVER, rules),
            Field(f"{name}.changed", "i8", NEVER, rules),
            Field(f"{name}.first", "f8", np.nan, rules),
            Field(f"{name}.value", "f8", np.nan, rules),
            Field(f"{name}.other", "f8", np.nan, rules),
            Field(f"{name}.lacks", "u1", reasons.EVALUATED, rules),
        )
        self.per_treatment = tuple(field.name for field in self.fields)

    def take(self, now: Round, table: Table) -> Bools:
        """Note the present values; [n, rules], True where a new reading has come."""
        x = now.values[:, self._columns]
        present = ~np.isnan(x) & (now.phase == _TX)[:, None]
        cuff = now.values[:, self._fresh]
        cuff[np.isnan(cuff)] = -1.0
        before, repeats = self.get(table, "present", now), self.get(table, "repeats", now)
        close = (now.gap <= _REPEATED_WITHIN_US)[:, None]
        again = before & (close | repeats)
        changed = present & (~again | (cuff != self.get(table, "last", now)).any(axis=2))
        counted = self.get(table, "counted", now)
        fresh = np.asarray(changed | (present & (now.time[:, None] - counted >= self._repeat_us)))
        self._put(table, "repeats", now, np.where(present & close, before, repeats))
        self._put(table, "present", now, present)
        at, rule = np.nonzero(fresh)
        if len(at):
            # Few units at a time have a new one.
            row = row_numbers(now.at)[at]
            first, value = table[f"{self._name}.first"], x[at, rule]
            first[row, rule] = np.where(np.isnan(first[row, rule]), value, first[row, rule])
            table[f"{self._name}.value"][row, rule] = value
            table[f"{self._name}.last"][row, rule] = cuff[at, rule]
            table[f"{self._name}.counted"][row, rule] = now.time[at]
            other = now.values[at, self._other[rule]]
            lacks = _OTHER[now.codes[at, self._other[rule]]]
            table[f"{self._name}.other"][row, rule] = np.where(self._has_other[rule], other, np.nan)
            table[f"{self._name}.lacks"][row, rule] = np.where(self._has_other[rule], lacks, reasons.EVALUATED)
            differs = changed[at, rule]
            table[f"{self._name}.changed"][row[differs], rule[differs]] = now.time[at[differs]]
        return fresh

    def codes(self, now: Round, table: Table, known: Bools) -> Codes:
        """[n, rules]: why the last reading does not count; or what it lacks, where nothing is `known` without it."""
        code = now.codes[:, self._columns]
        codes = _CODES[code]
        codes[(code == MISSING) & self.get(table, "repeats", now)] = reasons.MISSING
        old = now.time[:, None] - self.get(table, "changed", now) > self._max_age_us
        codes[old] = np.maximum(codes[old], reasons.OLD_READING)
        none = np.isnan(self.get(table, "value", now))
        codes[none] = np.maximum(codes[none], reasons.NO_READING)
        if self._has_other.any():
            np.maximum(codes, self.get(table, "lacks", now), out=codes, where=~known & ~none)
        return np.asarray(codes)

    def seen(self, table: Table, row: int, position: int) -> dict[str, float]:
        """The last reading of a rule: signal -> value."""
        spec = self._specs[position]
        inputs = {spec.signal: float(table[f"{self._name}.value"][row, position])}
        if spec.other is not None:
            inputs[spec.other] = float(table[f"{self._name}.other"][row, position])
        return inputs

    @staticmethod
    def said(reading: dict[str, float]) -> str:
        """A reading in words."""
        return ", ".join(
            f"{schema.label(name) if n == 0 else schema.label(name).lower()} {schema.quantity(x, schema.unit(name))}"
            for n, (name, x) in enumerate(reading.items())
            if isfinite(x)
        )

    def get(self, table: Table, field: str, now: Round) -> Array:
        """One of its fields, of the units of this round."""
        return table[f"{self._name}.{field}"][now.at]

    def _put(self, table: Table, field: str, now: Round, values: Array) -> None:
        table[f"{self._name}.{field}"][now.at] = values
