"""The first half of a round: samples checked and noted, and why each rule is not evaluated, as far as all share it."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from alerts import reasons
from alerts.detectors.base import Bools, Codes
from alerts.inputs import AT_REST, Round, Rows
from alerts.plan import PHASES, Plan
from alerts.rounds import row_numbers
from alerts.table import NEVER, Table
from telemetry.treatment import Phase

_TX: Final = int(Phase.TX)  # numpy is slow to compare with an enumeration
_UNKNOWN: Final = int(Phase.UNKNOWN)
# Many machines never say that a treatment is over, they only stop saying that it is on. With the blood pump stopped
# for so long as well, and no alarm of the machine's standing, it is taken to be over.
OVER_AFTER_US: Final = 600_000_000
# No treatment has a gap like this in it: what comes after belongs to the next.
ANOTHER_AFTER_US: Final = 12 * 3_600_000_000


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
    values, codes = plan.columns.check(raw, invalid)
    before = table["unit.time"][at]
    gap = np.where(before > NEVER, time - before, 0)
    another = gap >= ANOTHER_AFTER_US
    known_before = np.where(another, _UNKNOWN, table["unit.known_phase"][at]).astype(np.uint8)
    known = np.where(phase == _UNKNOWN, known_before, phase)
    still = (phase == _UNKNOWN) & (values[:, -1] == 0.0)
    if plan.flag:
        still &= ~table["flag.any"][at]
    resting = _resting(table, at, time, still, known_before)
    if resting.any():
        phase[resting] = AT_REST
        known[resting] = _UNKNOWN
    began = (phase == _TX) & (known_before != _TX)
    if began.any():
        table.reset(plan.per_treatment, row_numbers(at)[began])
    if "sensor" in plan.detectors:
        doubted = table["sensor.doubted"][at]
        if doubted.any():
            codes = np.where(codes == 0, doubted, codes)
    table["unit.known_phase"][at] = known
    table["unit.time"][at] = time
    table["input.value"][at] = values
    _watch_flow(plan, table, at, time, values)
    return Round(at, time, gap, phase, known, another, values, codes)


def _resting(
    table: Table,
    at: Rows,
    time: npt.NDArray[np.int64],
    still: Bools,
    known_before: npt.NDArray[np.uint8],
) -> Bools:
    # Machines that say no phase and no alarm and whose pump stands: since the last treatment, or for long enough.
    since = table["unit.still"][at]
    since = np.where(still, np.where(since == NEVER, time, since), NEVER)
    table["unit.still"][at] = since
    return np.asarray(still & ((known_before != _TX) | (time - since >= OVER_AFTER_US)))


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
    if now.codes.any():
        for rules, columns, codes in plan.inputs:
            why[:, rules] = np.maximum(why[:, rules], codes[now.codes[:, columns]])
    if int(now.gap.max()) > plan.shortest_gap_us:
        np.maximum(why, (now.gap[:, None] > plan.max_gap_us) * np.uint8(reasons.GAP), out=why)
    since_change = now.time - table["unit.flow_changed"][now.at]
    if int(since_change.min()) < plan.longest_blank_us:
        np.maximum(why, (since_change[:, None] < plan.blank_us) * np.uint8(reasons.BLANKED), out=why)
    return why
