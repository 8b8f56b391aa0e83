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
from alerts.schema import Rung
from alerts.table import Table
from telemetry.alarms import FindingState


def transition(plan: Plan, table: Table, row: int, unit: str, index: int, now_us: int) -> Transition:
    """What to tell of a rule's finding as the table has it now."""
    rule, state = plan.rules[index], STATES[int(table["rule.state"][row, index])]
    assert state is not None
    reason, sight, rung = _explain(plan, table, row, index, now_us)
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
        limits=_limits(rung, sight),
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
        at_rest=reasons.is_at_rest(int(table["rule.said"][row, index])),
    )


def _explain(plan: Plan, table: Table, row: int, index: int, now_us: int) -> tuple[str, Sight, Rung | None]:
    rule, state = plan.rules[index], int(table["rule.state"][row, index])
    said = int(table["rule.said"][row, index])
    number = _rung(plan, table, row, index, state)
    rung = None if number is None else rule.rungs[number]
    name = rule.spec.detector
    position = index - int(plan.groups[name].indexes[0])
    if state == NOT_EVALUATED:
        return reasons.words(said, plan.rules, index), Sight(""), None
    sight = plan.detectors[name].see(table, row, position, number, now_us)
    if state == ACTIVE_FINDING and said != reasons.EVALUATED:
        kind = "held" if reasons.is_held(said) else "input lost"
        return f"{rule.title} stays active – {kind}: {reasons.words(said, plan.rules, index)}", sight, rung
    return _sentence(sight, state, rung), sight, rung


def _sentence(sight: Sight, state: int, rung: Rung | None) -> str:
    if rung is None or rung.on_us == 0 or not sight.holds:
        return sight.text
    more = "more than " if rung.on_us % 1_000_000 else ""
    delay = f"{more}{schema.number(rung.on_us // 1_000_000)} s"
    if state == PENDING_FINDING:
        return f"{sight.text}; an alert after {delay}"
    return sight.text if sight.timed else f"{sight.text}, for {delay}"


def _rung(plan: Plan, table: Table, row: int, index: int, state: int) -> int | None:
    # The rung a finding is about: the first of the highest rank in the finding's state.
    wanted = {ACTIVE_FINDING: ACTIVE, PENDING_FINDING: PENDING}.get(state)
    if wanted is None:
        return None
    start, count = int(plan.starts[index]), len(plan.rules[index].rungs)
    held = table["rung.state"][row, start : start + count] == wanted
    return int(np.argmax(np.where(held, plan.rank[start : start + count], 0)))


def _limits(rung: Rung | None, sight: Sight) -> dict[str, float]:
    if rung is None:
        return {}
    limits = {"on_delay_s": rung.on_us / 1e6, "off_delay_s": rung.off_us / 1e6, "deadband": rung.deadband}
    limit = sight.limit if sight.limit is not None else rung.limit
    limits |= {name: value for name, value in sight.more.items() if isfinite(value)}
    return {"limit": limit, **limits} if isfinite(limit) else limits
