"""Findings in words: one plain sentence with its numbers, for people and for the record."""

from __future__ import annotations

from math import isfinite

import numpy as np

from alerts import reasons, schema
from alerts.delay import ACTIVE, PENDING
from alerts.detectors.base import Sight
from alerts.findings import ACTIVE_FINDING, NOT_EVALUATED, PENDING_FINDING, STATES
from alerts.plan import RANKED, Plan
from alerts.records import Finding, Transition
from alerts.schema import Lane
from alerts.table import Table
from telemetry.alarms import FindingState


def transition(plan: Plan, table: Table, row: int, unit: str, index: int, now_us: int) -> Transition:
    """What to tell of a rule's finding as the table has it now."""
    rule, state = plan.rules[index], STATES[int(table["rule.state"][row, index])]
    assert state is not None
    reason, sight, lane = _explain(plan, table, row, index, now_us)
    return Transition(
        row=row,
        unit=unit,
        time_us=now_us,
        rule=rule.id,
        rule_version=rule.version,
        priority=RANKED[int(table["rule.rank"][row, index])],
        state=state,
        reason=reason,
        inputs={name: value for name, value in sight.inputs.items() if isfinite(value)},
        limits=_limits(lane, sight),
    )


def finding(plan: Plan, table: Table, row: int, index: int, now_us: int) -> Finding:
    """Where a rule stands."""
    rule = plan.rules[index]
    return Finding(
        rule=rule.id,
        rule_version=rule.version,
        state=STATES[int(table["rule.state"][row, index])] or FindingState.NOT_EVALUATED,
        priority=RANKED[int(table["rule.rank"][row, index])],
        reason=_explain(plan, table, row, index, now_us)[0],
        since_us=int(table["rule.since"][row, index]),
    )


def _explain(plan: Plan, table: Table, row: int, index: int, now_us: int) -> tuple[str, Sight, Lane | None]:
    rule, state = plan.rules[index], int(table["rule.state"][row, index])
    said = int(table["rule.said"][row, index])
    number = _lane(plan, table, row, index, state)
    lane = None if number is None else rule.lanes[number]
    name = rule.spec.detector
    position = index - int(plan.groups[name].indexes[0])
    if state == NOT_EVALUATED:
        return f"Not evaluated: {reasons.words(said, plan.rules, index)}", Sight(""), None
    sight = plan.detectors[name].see(table, row, position, number, now_us)
    if state == ACTIVE_FINDING and said != reasons.EVALUATED:
        kind = "held" if said < reasons.MISSING or reasons.INHIBITED <= said < reasons.STALE else "input lost"
        return f"{rule.title} stays active – {kind}: {reasons.words(said, plan.rules, index)}", sight, lane
    return _sentence(sight, state, lane), sight, lane


def _sentence(sight: Sight, state: int, lane: Lane | None) -> str:
    if lane is None or lane.on_us == 0 or not sight.holds:
        return sight.text
    more = "more than " if lane.on_us % 1_000_000 else ""
    delay = f"{more}{schema.number(lane.on_us // 1_000_000)} s"
    if state == PENDING_FINDING:
        return f"{sight.text}; an alert after {delay}"
    return sight.text if sight.timed else f"{sight.text}, for {delay}"


def _lane(plan: Plan, table: Table, row: int, index: int, state: int) -> int | None:
    # The lane a finding is about: the first of the highest rank in the finding's state.
    wanted = {ACTIVE_FINDING: ACTIVE, PENDING_FINDING: PENDING}.get(state)
    if wanted is None:
        return None
    start, count = int(plan.starts[index]), len(plan.rules[index].lanes)
    held = table["lane.state"][row, start : start + count] == wanted
    return int(np.argmax(np.where(held, plan.rank[start : start + count], 0)))


def _limits(lane: Lane | None, sight: Sight) -> dict[str, float]:
    if lane is None:
        return {}
    limits = {"on_delay_s": lane.on_us / 1e6, "off_delay_s": lane.off_us / 1e6, "deadband": lane.deadband}
    limit = sight.limit if sight.limit is not None else lane.limit
    return {"limit": limit, **limits} if isfinite(limit) else limits
