"""What every detector is: from checked values to breach and clear, one column per level, for all its rules at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt

from alerts.inputs import Columns, Round
from alerts.records import Context
from alerts.schema import Rule
from alerts.table import Field, Table

Bools = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.uint8]


class Group:
    """The rules of one detector, and where their columns are.

    Attributes:
        rules: the rules, consecutive among all rules from `first_rule` on.
        indexes: index of each rule among all rules. own: the same as a slice, which is a view and costs nothing.
        rungs: (position of the rule within the group, rung) per column, consecutive among all from `first_rung` on.
        rule_of_rung: position within the group of each column's rule.
        rule_labels, rung_labels: identities for the table.
    """

    def __init__(self, rules: Sequence[Rule], first_rule: int, first_rung: int) -> None:
        self.rules = tuple(rules)
        self.indexes = np.arange(first_rule, first_rule + len(rules))
        self.own = slice(first_rule, first_rule + len(rules))
        self.rungs = [(i, rung) for i, rule in enumerate(rules) for rung in rule.rungs]
        self.first_rung = first_rung
        self.rule_of_rung = np.array([i for i, _ in self.rungs], np.intp)
        self.rule_labels = tuple(f"{rule.id} {rule.version}" for rule in rules)
        self.rung_labels = tuple(f"{r.id} {r.version} {n}" for r in rules for n in range(len(r.rungs)))
        self._starts = np.cumsum([0] + [len(rule.rungs) for rule in rules])

    @property
    def starts(self) -> npt.NDArray[np.intp]:
        """First column of each rule, within the group."""
        return np.asarray(self._starts[:-1], np.intp)

    @property
    def columns(self) -> slice:
        """The group's columns among all rungs."""
        return slice(self.first_rung, self.first_rung + len(self.rungs))

    def column(self, position: int, rung: int) -> int:
        """Column within the group of a rule's rung."""
        return int(self._starts[position]) + rung


@dataclass(frozen=True, slots=True)
class Sight:
    """What a rule says about one unit: a sentence and the numbers in it.

    Attributes:
        holds: whether the level it is about is in breach at this reading; an active one need not be.
        timed: whether the sentence says itself how long it has been so.
        more: further numbers of the level that it was held against, by their key in the file.
    """

    text: str
    inputs: dict[str, float] = field(default_factory=dict)
    limit: float | None = None
    holds: bool = True
    timed: bool = False
    more: dict[str, float] = field(default_factory=dict)


class Detector(Protocol):
    """One way of looking at values. Pure: it reads the round and its own fields of the table, and writes those."""

    fields: tuple[Field, ...]
    per_treatment: tuple[str, ...]

    def evaluate(self, now: Round, table: Table, breach: Bools, clear: Bools, why: Codes, /) -> None:
        """Fill [n, own rungs] of breach and clear; raise codes in [n, all rules] of `why`, in own columns only."""

    def set_context(self, table: Table, row: int, context: Context, /) -> None:
        """Take up what is known of the patient."""

    def see(self, table: Table, row: int, position: int, rung: int | None, now_us: int, /) -> Sight:
        """What the rule at `position` sees in a unit; `rung` (within the rule) is the level it is about, if any."""


def build_columns(rules: tuple[Rule, ...]) -> Columns:
    """The columns all these rules need."""
    return Columns(name for rule in rules for name in (*rule.inputs, *rule.watches))
