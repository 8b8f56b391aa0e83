"""The first half of a round: samples checked and noted, and why each rule is not evaluated, as far as all share it."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from alerts import reasons
from alerts.detectors.base import Codes
from alerts.inputs import Round, Rows
from alerts.plan import PHASES, Plan
from alerts.rounds import row_numbers
from alerts.table import NEVER, Table
from telemetry.treatment import Phase

_TX: Final = int(Phase.TX)  # numpy is slow to compare with an enumeration
_UNKNOWN: Final = int(Phase.UNKNOWN)


def enter(
    plan: Plan,
    table: Table,
    at: Rows,
    time: npt.NDArray[np.int64],
    phase: npt.NDArray[np.uint8],
    raw: npt.NDArray[np.float32],
    invalid: npt.NDArray[np.uint64],
) -> Round:
    """Check the values, note time, phase, pump and flow; a treatment that begins forgets the last one."""
    phase = np.where(phase < PHASES, phase, _UNKNOWN).astype(np.uint8)
    known_before = table["unit.known_phase"][at]
    known = np.where(phase == _UNKNOWN, known_before, phase)
    began = (phase == _TX) & (known_before != _TX)
    if began.any():
        table.reset(plan.per_treatment, row_numbers(at)[began])
    values, codes = plan.columns.check(raw, invalid)
    if "sensor" in plan.detectors:
        doubted = table["sensor.doubted"][at]
        if doubted.any():
            codes = np.where(codes == 0, doubted, codes)
    before = table["unit.time"][at]
    gap = np.where(before > NEVER, time - before, 0)
    table["unit.known_phase"][at] = known
    table["unit.time"][at] = time
    table["input.value"][at] = values
    _watch_flow(plan, table, at, time, values)
    return Round(at, time, gap, phase, known, values, codes)


def _watch_flow(
    plan: Plan, table: Table, at: Rows, time: npt.NDArray[np.int64], values: npt.NDArray[np.float32]
) -> None:
    # The flow is compared with the one at the last change, so that a ramp in small steps counts as a change too.
    flow, pump = values[:, plan.flow], values[:, -1]
    settled, ran = table["unit.flow"][at], table["unit.pump"][at]
    changed = (np.abs(flow - settled) >= plan.flow_step) | (pump > ran)
    fresh = changed | np.isnan(settled)
    if fresh.any():
        table["unit.flow"][at] = np.where(fresh, flow, settled)
        table["unit.flow_changed"][at] = np.where(changed, time, table["unit.flow_changed"][at])
    table["unit.pump"][at] = np.where(np.isnan(pump), ran, pump)


def why_not(plan: Plan, table: Table, now: Round) -> Codes:
    """[n, rules]: phase, context, inhibition, inputs, gap, blanking; each rule's detector may have more to say."""
    why: Codes = plan.phase_why[now.phase]
    np.maximum(why, table["rule.context"][now.at], out=why)
    np.maximum(why, table["rule.blocked"][now.at], out=why)
    for rules, columns, codes in plan.inputs:
        why[:, rules] = np.maximum(why[:, rules], codes[now.codes[:, columns]])
    if int(now.gap.max()) > plan.shortest_gap_us:
        np.maximum(why, (now.gap[:, None] > plan.max_gap_us) * np.uint8(reasons.GAP), out=why)
    since_change = now.time - table["unit.flow_changed"][now.at]
    if int(since_change.min()) < plan.longest_blank_us:
        np.maximum(why, (since_change[:, None] < plan.blank_us) * np.uint8(reasons.BLANKED), out=why)
    return why
