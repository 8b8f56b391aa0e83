"""What a value is held against once it has left its median: the median of before, kept until something ends it.

It is kept with the first reading that has fallen, and with the first that has risen by as much: a line lain upon is no
new normal, and its pressure that comes back is no fall.

A kept baseline ends when the alert is over, the value is not up, and the window holds enough readings again; with the
treatment; when a rise has stayed so long that it is what is normal now; or when a new one is learnt: so long after a
blood-flow change or a pump restart, with the flow steady, what is seen then is the new normal. Until then a reading at
another flow cannot be compared, unless it is as high as before at no more flow.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from alerts.delay import ACTIVE, PENDING
from alerts.detectors.base import Bools, Group
from alerts.inputs import Round
from alerts.rounds import row_numbers
from alerts.table import NEVER, Field, Table

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Kept:
    """The baselines of one round: [n, rules].

    Attributes:
        value: NaN where none is kept. known: where one is.
        alike: the steady signal is where it was when the baseline was kept. above: it is higher than that.
        learning: flow or pump changed since, so that readings count for a new baseline.
        up: the value is above it by more than would clear.
    """

    value: Floats
    known: Bools
    alike: Bools
    above: Bools
    learning: Bools
    up: Bools

    def away(self, clear: Bools) -> Bools:
        """Whether the value is not what it normally is. `clear`: it is not down, [n, rules]."""
        return self.known & ~self.learning & (~clear | self.up)


class Span(Protocol):
    """Over which time a rule looks back.

    Attributes:
        window_s: what the baseline is the median of, s. relearn_s: so long after a change a new one is learnt, s.
        rise_s: so long a rise is none of what is normal, s.
        tolerance: share by which the steady signal may differ.
    """

    @property
    def window_s(self) -> int: ...
    @property
    def relearn_s(self) -> float: ...
    @property
    def rise_s(self) -> float: ...
    @property
    def tolerance(self) -> float: ...


class Baselines:
    """The kept baselines of all rules of a detector; its fields are called after `name`."""

    def __init__(self, name: str, group: Group, specs: Sequence[Span]) -> None:
        self._name = name
        self._group = group
        self._tolerance = np.array([spec.tolerance for spec in specs], np.float32)
        self._window_us = np.array([spec.window_s * 1_000_000 for spec in specs], np.int64)
        self._relearn_us = np.array([round(spec.relearn_s * 1e6) for spec in specs], np.int64)
        self._rise_us = np.array([round(spec.rise_s * 1e6) for spec in specs], np.int64)
        self._max_gap_us = np.array([round(rule.spec.max_gap_s * 1e6) for rule in group.rules], np.int64)
        rules = group.rule_labels
        # Value and flow then; since when it is kept; when the alert last stood, or the value was up; since when it is
        # up; since when the flow is another.
        self.fields: tuple[Field, ...] = (
            Field(f"{self._name}.baseline", "f4", np.nan, rules),
            Field(f"{self._name}.flow", "f4", np.nan, rules),
            Field(f"{self._name}.kept", "i8", NEVER, rules),
            Field(f"{self._name}.last", "i8", NEVER, rules),
            Field(f"{self._name}.up", "i8", NEVER, rules),
            Field(f"{self._name}.unlike", "i8", NEVER, rules),
        )

    def stayed(self, now: Round, table: Table, present: Floats, near: Floats) -> Bools:
        """Where a rise by `near`, of the value now `present`, has stayed so long that it is normal: given up."""
        value = table[f"{self._name}.baseline"][now.at]
        known = ~np.isnan(value)
        if not known.any():
            return known
        since = self._up(now, table, present, value, near)
        stayed = known & (since > NEVER) & (now.time[:, None] - since >= self._rise_us) & ~self._restless(now, table)
        if stayed.any():
            table[f"{self._name}.baseline"][now.at] = np.where(stayed, np.float32(np.nan), value)
        return stayed

    def take(self, now: Round, table: Table, flow: Floats, evaluated: Bools, filled: Bools) -> Kept | None:
        """The baselines that still count, None where there is none at all; those that do not are given up.

        `flow`: the steady signal now; `evaluated`, `filled`: whether anything can be said, and from the window alone.
        """
        value = table[f"{self._name}.baseline"][now.at]
        known = ~np.isnan(value)
        if not known.any():
            return None
        time = now.time[:, None]
        off = flow - table[f"{self._name}.flow"][now.at]
        room = table[f"{self._name}.flow"][now.at] * self._tolerance
        alike, above = np.abs(off) <= room, off > room
        up = table[f"{self._name}.up"][now.at] > NEVER
        since = self._changed(now, table, flow, alike)
        learning = since > NEVER
        restless = self._restless(now, table)
        last = np.where(restless | up, time, table[f"{self._name}.last"][now.at])
        table[f"{self._name}.last"][now.at] = last
        learnt = learning & evaluated & filled & (time - since >= self._relearn_us)
        over = ~restless & ((filled & ~up) | learning | (time - last > self._window_us))
        known &= ~(learnt | over)
        value = np.where(known, value, np.float32(np.nan))
        table[f"{self._name}.baseline"][now.at] = value
        return Kept(value, known, alike, above, learning, up & known)

    def _up(
        self, now: Round, table: Table, present: Floats, value: Floats, near: Floats
    ) -> npt.NDArray[np.int64]:  # fmt: skip
        # Since when the value is up, else NEVER; one that is not measured leaves that as it is.
        before = table[f"{self._name}.up"][now.at]
        with np.errstate(invalid="ignore"):
            rise = present - value
        since = np.where(rise >= near, np.where(before == NEVER, now.time[:, None], before), NEVER)
        since = np.where(np.isnan(rise) & ~np.isnan(value), before, since)
        table[f"{self._name}.up"][now.at] = since
        return since

    def _restless(self, now: Round, table: Table) -> Bools:
        # Rules that stand, or were pending up to now: a gap ends pending, whether or not silence has done so before.
        state = table["rung.state"][now.at][:, self._group.columns]
        pending = (state == PENDING) & (now.gap[:, None] <= self._max_gap_us[self._group.rule_of_rung])
        return np.asarray(np.logical_or.reduceat((state == ACTIVE) | pending, self._group.starts, axis=1))

    def _changed(self, now: Round, table: Table, flow: Floats, alike: Bools) -> npt.NDArray[np.int64]:
        # Since when the flow is another, or when it last changed or the pump restarted after the fall; else NEVER.
        before = table[f"{self._name}.unlike"][now.at]
        unlike = np.where(alike, NEVER, np.where(before == NEVER, now.time[:, None], before))
        unlike = np.where(np.isnan(flow), before, unlike)
        table[f"{self._name}.unlike"][now.at] = unlike
        changed = table["unit.flow_changed"][now.at][:, None]
        return np.maximum(unlike, np.where(changed > table[f"{self._name}.kept"][now.at], changed, NEVER))

    def keep(self, now: Round, table: Table, begins: Bools, value: Floats, flow: Floats) -> None:
        """Keep a baseline where a value leaves what is normal: `begins` [n, rules], `value` one of each of those."""
        at, rule = np.nonzero(begins)
        row = row_numbers(now.at)[at]
        table[f"{self._name}.baseline"][row, rule] = value
        table[f"{self._name}.flow"][row, rule] = flow[at, rule]
        table[f"{self._name}.kept"][row, rule] = table[f"{self._name}.last"][row, rule] = now.time[at]
        table[f"{self._name}.unlike"][row, rule] = table[f"{self._name}.up"][row, rule] = NEVER
