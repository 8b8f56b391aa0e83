"""What a value is held against once it has dropped: the median of before the fall, kept until something ends it.

A kept baseline ends when the alert is over and the window holds enough readings again, with the treatment, or when a
new one is learnt: so long after a blood-flow change or a pump restart, with the flow steady, what is seen then is the
new normal. Until then a reading at another flow cannot be compared, unless it is as high as before at no more flow.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

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
    """

    value: Floats
    known: Bools
    alike: Bools
    above: Bools
    learning: Bools


class Baselines:
    """The kept baselines of all drop rules."""

    def __init__(self, group: Group, tolerance: Floats, window_s: Sequence[int], relearn_s: Sequence[float]) -> None:
        """`tolerance`: share by which the steady signal may differ; `window_s`, `relearn_s`: per rule, in seconds."""
        self._group = group
        self._tolerance = tolerance
        self._window_us = np.array([seconds * 1_000_000 for seconds in window_s], np.int64)
        self._relearn_us = np.array([round(seconds * 1e6) for seconds in relearn_s], np.int64)
        self._max_gap_us = np.array([round(rule.spec.max_gap_s * 1e6) for rule in group.rules], np.int64)
        rules = group.rule_labels
        # Value and flow then; since when it is kept; when the alert last stood; since when the flow is another.
        self.fields: tuple[Field, ...] = (
            Field("drop.baseline", "f4", np.nan, rules),
            Field("drop.flow", "f4", np.nan, rules),
            Field("drop.kept", "i8", NEVER, rules),
            Field("drop.last", "i8", NEVER, rules),
            Field("drop.unlike", "i8", NEVER, rules),
        )

    def take(self, now: Round, table: Table, flow: Floats, evaluated: Bools, filled: Bools) -> Kept | None:
        """The baselines that still count, None where there is none at all; those that do not are given up.

        `flow`: the steady signal now; `evaluated`, `filled`: whether anything can be said, and from the window alone.
        """
        value = table["drop.baseline"][now.at]
        known = ~np.isnan(value)
        if not known.any():
            return None
        time = now.time[:, None]
        off = flow - table["drop.flow"][now.at]
        room = table["drop.flow"][now.at] * self._tolerance
        alike, above = np.abs(off) <= room, off > room
        since = self._changed(now, table, flow, alike)
        learning = since > NEVER
        restless = self._restless(now, table)
        last = np.where(restless, time, table["drop.last"][now.at])
        table["drop.last"][now.at] = last
        learnt = learning & evaluated & filled & (time - since >= self._relearn_us)
        over = ~restless & (filled | learning | (time - last > self._window_us))
        known &= ~(learnt | over)
        value = np.where(known, value, np.float32(np.nan))
        table["drop.baseline"][now.at] = value
        return Kept(value, known, alike, above, learning)

    def _restless(self, now: Round, table: Table) -> Bools:
        # Rules that stand, or were pending up to now: a gap ends pending, whether or not silence has done so before.
        state = table["rung.state"][now.at][:, self._group.columns]
        pending = (state == PENDING) & (now.gap[:, None] <= self._max_gap_us[self._group.rule_of_rung])
        return np.asarray(np.logical_or.reduceat((state == ACTIVE) | pending, self._group.starts, axis=1))

    def _changed(self, now: Round, table: Table, flow: Floats, alike: Bools) -> npt.NDArray[np.int64]:
        # Since when the flow is another, or when it last changed or the pump restarted after the fall; else NEVER.
        before = table["drop.unlike"][now.at]
        unlike = np.where(alike, NEVER, np.where(before == NEVER, now.time[:, None], before))
        unlike = np.where(np.isnan(flow), before, unlike)
        table["drop.unlike"][now.at] = unlike
        changed = table["unit.flow_changed"][now.at][:, None]
        return np.maximum(unlike, np.where(changed > table["drop.kept"][now.at], changed, NEVER))

    def keep(self, now: Round, table: Table, begins: Bools, values: Floats, held: Bools, flow: Floats) -> None:
        """Keep the lower median of the window where a fall `begins` [n, rules], with the flow it belongs to."""
        at, rule = np.nonzero(begins)
        ordered = np.sort(np.where(held[at, rule], values[at, rule], np.float32(np.inf)), axis=1)
        middle = (held[at, rule].sum(axis=1) - 1) // 2
        row = row_numbers(now.at)[at]
        table["drop.baseline"][row, rule] = ordered[np.arange(len(at)), middle]
        table["drop.flow"][row, rule] = flow[at, rule]
        table["drop.kept"][row, rule] = table["drop.last"][row, rule] = now.time[at]
        table["drop.unlike"][row, rule] = NEVER
