"""The second half of a round: all rungs that are not quiet take one step; and what silence does to rungs."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from alerts import delay, findings, reasons
from alerts.detectors.base import Bools, Codes
from alerts.inputs import Round
from alerts.plan import Plan
from alerts.rounds import row_numbers
from alerts.table import NEVER, Table

Ints = npt.NDArray[np.intp]

TELL: Final = 1  # something about an active finding changed
ANEW: Final = 2  # it is found once more: nobody's having seen it before counts for this


def step(plan: Plan, table: Table, now: Round, breach: Bools, clear: Bools, why: Codes, changed: Bools) -> Codes | None:
    """Step all rungs that are not quiet; marks the units they belong to in `changed`.

    Answers the findings to tell though their state is the same, [unit, rule]: 0 or `TELL` or `ANEW`; None = none.
    """
    restless = np.flatnonzero(breach | (table["rung.state"][now.at] != delay.QUIET))
    if len(restless) == 0:
        return None
    unit, rung = np.divmod(restless, len(plan.rule_of_rung))
    row = row_numbers(now.at)[unit]
    code = why[unit, plan.rule_of_rung[rung]]
    before = table["rung.state"][row, rung]
    after, since = delay.advance(
        before,
        table["rung.since"][row, rung],
        breach=breach[unit, rung],
        clear=clear[unit, rung],
        evaluated=code == reasons.EVALUATED,
        ended=((code >= reasons.NOT_IN_PHASE) & (code < reasons.NO_DATA))
        | (now.another[unit] & (before != delay.QUIET)),
        held_back=findings.held_back(plan, table, row, rung),
        time=now.time[unit],
        on=plan.on_us[rung],
        off=plan.off_us[rung],
    )
    table["rung.state"][row, rung] = after
    table["rung.since"][row, rung] = since
    changed[unit] = True
    flipped = (before == delay.ACTIVE) != (after == delay.ACTIVE)
    forced = np.zeros((len(now.time), len(plan.rules)), np.uint8)
    if flipped.any():
        _sensors_moved(plan, table, now, unit[flipped], rung[flipped], forced)
    for units, rules in now.again:
        forced[units, rules] = ANEW
    return forced if forced.any() else None


def go_stale(table: Table, rows: Ints) -> None:
    """What was pending is no longer, what is active loses its input, every rule in treatment is not evaluated."""
    why = table["rule.why"][rows]
    fresh = rows[(why < reasons.STALE).any(axis=1)]
    state = table["rung.state"][fresh]
    table["rung.state"][fresh] = np.where(state == delay.PENDING, delay.QUIET, state)
    table["rung.since"][fresh] = NEVER
    table["rule.why"][rows] = np.maximum(why, reasons.STALE)


def _sensors_moved(plan: Plan, table: Table, now: Round, unit: Ints, rung: Ints, forced: Codes) -> None:
    # One finding stands for all sensors of a rule: it is told again when another sensor joins or leaves.
    sensor = plan.sensor
    if sensor is None:
        return
    own = plan.groups["sensor"].columns
    mine = (rung >= own.start) & (rung < own.stop)
    if not mine.any():
        return
    sensor.doubt(table, row_numbers(now.at)[np.unique(unit[mine])])
    forced[unit[mine], plan.rule_of_rung[rung[mine]]] = TELL
