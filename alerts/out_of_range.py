"""A formula or a statistic asked outside its range is an error that says what, how much and what is allowed."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

from telemetry.errors import HomehdError
from telemetry.units import PRINTED


class OutOfRange(HomehdError):
    """A formula was asked outside its range.

    Attributes:
        formula, what: which one, and which of its quantities.
        value: what was given.
        allowed: what would have been right, in words with the unit.
    """

    def __init__(self, formula: str, what: str, value: float, allowed: str) -> None:
        self.formula = formula
        self.what = what
        self.value = value
        self.allowed = allowed
        super().__init__(f"calculate {formula}", f"{what} is {value:g}", hint=f"allowed: {allowed}")


class NotEvaluable(OutOfRange):
    """Every quantity is possible, but the method says nothing under these conditions."""


@dataclass(frozen=True, slots=True)
class Range:
    """A closed range; `ucum` is its unit, empty where any unit does as long as it is the same throughout."""

    low: float
    high: float
    ucum: str

    @property
    def words(self) -> str:
        """`0.1 to 24 h`."""
        unit = PRINTED.get(self.ucum, self.ucum)
        return f"{self.low:g} to {self.high:g}" + (f" {unit}" if unit else "")

    def check(self, formula: str, what: str, value: float) -> None:
        """Raise `OutOfRange` when the value is not finite or not in the range."""
        # Not the comparison alone: NaN must not pass however it is rewritten.
        if not isfinite(value) or not self.low <= value <= self.high:
            raise OutOfRange(formula, what, value, self.words)
