"""A second fall while an alert stands: below the level at which the value has settled since the first.

An alert that stands is held against what was normal before it, however long ago. The value may have found another level
meanwhile for good, and a needle that slips out then must be told although the alert has never been over.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from alerts.delay import ACTIVE, QUIET
from alerts.detectors.base import Bools, Group
from alerts.detectors.baseline import Floats
from alerts.detectors.window import Times, Window, Windows, Words
from alerts.inputs import Round
from alerts.rounds import row_numbers
from alerts.table import NEVER, Field, Table

Ints = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Told:
    """Second falls that are told with this reading, one element each: place in the round, rule, and what is held."""

    at: Ints
    rule: Ints
    held: Words


class Settled:
    """Since when the value is down, and since when it is down again; its fields are called after `name`."""

    def __init__(self, name: str, group: Group, windows: Windows) -> None:
        self._name = name
        self._group = group
        self._windows = windows
        # Of several levels the first: the most urgent.
        self._on_us = np.array([rule.rungs[0].on_us for rule in group.rules], np.int64)
        rules = group.rule_labels
        self.fields: tuple[Field, ...] = (
            Field(f"{name}.fell", "i8", NEVER, rules),
            Field(f"{name}.again", "i8", NEVER, rules),
            Field(f"{name}.settled", "f4", np.nan, rules),
        )

    def fell(self, now: Round, table: Table, down: Bools) -> None:
        """Note where a fall begins: `down` [n, rules] at this reading, and nothing pending or active before it."""
        quiet = table["rung.state"][now.at][:, self._group.columns] == QUIET
        at, rule = np.nonzero(down & np.logical_and.reduceat(quiet, self._group.starts, axis=1))
        row = row_numbers(now.at)[at]
        table[f"{self._name}.fell"][row, rule] = now.time[at]
        table[f"{self._name}.again"][row, rule] = NEVER
        table[f"{self._name}.settled"][row, rule] = np.nan

    def look(
        self, now: Round, table: Table, window: Window, at: Ints, ground: Bools, is_down: Callable[[Words], Bools]
    ) -> Told | None:
        """What has fallen again at units `at` (places in the round) and has stayed so for the on-delay.

        `ground`: whether anything can be said, [n, rules]. `is_down`: whether the present values of `at` lie a whole
        fall below the held ones of their windows.
        """
        row = row_numbers(now.at)[at]
        state = table["rung.state"][row][:, self._group.columns]
        active = np.logical_or.reduceat(state == ACTIVE, self._group.starts, axis=1)
        held = self._windows.since(now, table, window, at, table[f"{self._name}.fell"][row])
        down = active & ground[at] & is_down(held)
        before: Times = table[f"{self._name}.again"][row]
        since = np.where(down, np.where(before == NEVER, now.time[at][:, None], before), NEVER)
        table[f"{self._name}.again"][row] = since
        place, rule = np.nonzero(down & (now.time[at][:, None] - since >= self._on_us))
        if len(place) == 0:
            return None
        # What it settles at after this fall is another level.
        table[f"{self._name}.fell"][row[place], rule] = since[place, rule]
        table[f"{self._name}.again"][row[place], rule] = NEVER
        now.again.append((at[place], self._group.indexes[rule]))
        return Told(at[place], rule, held[place, rule])

    def level(self, now: Round, table: Table, told: Told, level: Floats) -> None:
        """Note below which level each second fall was."""
        table[f"{self._name}.settled"][row_numbers(now.at)[told.at], told.rule] = level
