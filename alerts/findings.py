"""From rungs to findings: one state per unit and rule, who inhibits whom, and what is to be told anew."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from alerts import reasons
from alerts.delay import ACTIVE, PENDING, QUIET
from alerts.detectors.base import Bools, Codes
from alerts.inputs import Rows
from alerts.plan import Plan
from alerts.table import Table
from telemetry.alarms import FindingState

# Codes of a finding's state in the table. NORMAL is not 0 by chance: what is forgotten must not look healthy.
STATES: Final = (None, FindingState.NORMAL, FindingState.PENDING, FindingState.NOT_EVALUATED, FindingState.ACTIVE)
NORMAL: Final = 1
PENDING_FINDING: Final = 2
NOT_EVALUATED: Final = 3
ACTIVE_FINDING: Final = 4
_HIGH: Final = 3

Ints = npt.NDArray[np.intp]


def held_back(plan: Plan, table: Table, rows: Ints, rungs: Ints) -> Bools:
    """Which rungs may not rise: low and medium ones while another rule of their cause is active at high."""
    rules = plan.rule_of_rung[rungs]
    high = table["cause.high"][rows, plan.cause[rules]]
    return np.asarray((_rival(high, rules) > 0) & (plan.rank[rungs] < _HIGH))


def fold(plan: Plan, table: Table, rows: Ints, times: npt.NDArray[np.int64], forced: Codes | None) -> tuple[Ints, Ints]:
    """Bring the findings of `rows` up to date; (position in rows, rule) of each that changed.

    `forced` [rows, rules] marks findings to be told again though state and priority are the same.
    """
    rungs = table["rung.state"][rows]
    active = np.maximum.reduceat(np.where(rungs == ACTIVE, plan.rank, 0), plan.starts, axis=1)
    pending = np.maximum.reduceat(np.where(rungs == PENDING, plan.rank, 0), plan.starts, axis=1)
    rising = np.where(pending > active, pending, 0)
    why = _with_same_cause(plan, table, rows, table["rule.why"][rows], rising)
    is_active, evaluated = active > 0, why == reasons.EVALUATED
    waiting = np.where(pending > 0, PENDING_FINDING, NORMAL)
    state = np.where(is_active, ACTIVE_FINDING, np.where(evaluated, waiting, NOT_EVALUATED)).astype(np.uint8)
    rank = np.where(is_active, active, np.where(evaluated, pending, 0)).astype(np.uint8)
    # A gap is over with the reading that ends it: to an active finding it is no news.
    said = np.where(is_active & (why == reasons.GAP), table["rule.said"][rows], why)
    before = table["rule.state"][rows]
    moved = state != before
    changed = moved | (rank != table["rule.rank"][rows]) | (said != table["rule.said"][rows])
    if forced is not None:
        changed |= (forced > 0) & is_active
    at, rule = np.nonzero(changed)
    if len(at):
        unit = rows[at]
        table["rule.since"][unit, rule] = np.where(moved[at, rule], times[at], table["rule.since"][unit, rule])
        table["rule.state"][unit, rule] = state[at, rule]
        table["rule.rank"][unit, rule] = rank[at, rule]
        table["rule.said"][unit, rule] = said[at, rule]
        of_active = is_active[at, rule] | (before[at, rule] == ACTIVE_FINDING)
        if of_active.any():
            inhibit(plan, table, np.unique(unit[of_active]))
    return at, rule


def inhibit(plan: Plan, table: Table, rows: Ints) -> None:
    """Write down, for these units, which rules are inhibited by what is active and which causes are at high.

    It takes effect with the next reading.
    """
    active = table["rule.state"][rows] == ACTIVE_FINDING
    numbers = np.arange(len(plan.rules), dtype=np.uint8)
    high = active & (table["rule.rank"][rows] == _HIGH)
    of_cause = high[:, :, None] & plan.of_cause
    last = np.where(of_cause, (numbers + 1)[:, None], 0).max(axis=1)
    first = np.where(of_cause, (numbers + 1)[:, None], last[:, None]).min(axis=1)
    table["cause.high"][rows] = np.stack([last, first], axis=2)
    if len(plan.inhibitors):
        blocks = active[:, plan.inhibitors][:, :, None] & plan.inhibits
        codes = np.where(blocks, (reasons.INHIBITED + numbers[plan.inhibitors])[:, None], 0)
        table["rule.blocked"][rows] = np.where(plan.softly[:, None], 0, codes).max(axis=1)
        table["rule.veiled"][rows] = np.where(plan.softly[:, None], codes, 0).max(axis=1)


def veil(plan: Plan, table: Table, at: Rows, why: Codes) -> Codes:
    """`why` [n, rules] as it is shown: what is inhibited softly and has found nothing is not normal."""
    veiled = table["rule.veiled"][at]
    if not veiled.any():
        return why
    quiet = np.maximum.reduceat(table["rung.state"][at], plan.starts, axis=1) == QUIET
    return np.where(quiet & (why == reasons.EVALUATED), veiled, why).astype(np.uint8)


def _with_same_cause(plan: Plan, table: Table, rows: Ints, why: Codes, rising: Codes) -> Codes:
    # A rule that would rise but for a high finding of its cause is not normal and not pending: it is inhibited. One
    # that is active at least as high as what waits in it is held back by nobody.
    high = table["cause.high"][rows]
    if not high.any():
        return why
    by = _rival(high[:, plan.cause], np.arange(len(plan.rules)))
    waits = (rising > 0) & (rising < _HIGH) & (by > 0)
    return np.where(waits & (why == reasons.EVALUATED), reasons.INHIBITED + by - 1, why).astype(np.uint8)


def _rival(high: Codes, rules: Ints) -> Codes:
    # The rule at high, counted from 1, that each of `rules` has in its cause: the last one, or the first if that is
    # itself; 0 = none. `high` [..., 2] has both.
    last, first = high[..., 0], high[..., 1]
    other = np.where(last != rules + 1, last, first)
    return np.where(other != rules + 1, other, 0).astype(np.uint8)
