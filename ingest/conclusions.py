"""What reviews found, as steps of alerts. Pure: where the alerts stand and the numbers for new ones are handed in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

from alerts.between.review import Finding
from alerts.records import Transition
from evaluation import alerting
from evaluation.alerting import Found, Key, Standing
from store.alert_log import AlertEventRow, AlertState
from telemetry.alarms import ConditionState, FindingState

AGAIN = "followed by the same about a later one"
LEFT = "the unit no longer serves this patient"


def conclude(
    findings: Iterable[Finding],
    unit: tuple[int, str],
    before: Mapping[Key, Standing],
    latches: Callable[[str], bool],
    ids: Iterator[int],
    now_us: int,
) -> list[AlertEventRow]:
    """The events that findings of one patient add. `unit`: id and name; `before`: the patient's alerts there.

    What is not evaluated leaves an alert as it is: it ends by evidence. One that people have seen is over, and a new
    one opens, where its rule says that they are to see each.
    """
    rows: list[AlertEventRow] = []
    now = dict(before)
    for finding in findings:
        if finding.state is FindingState.NOT_EVALUATED:
            continue
        found = [_found(finding, unit, now_us)]
        standing = now.get((unit[0], finding.rule))
        seen = standing is not None and standing.condition.state is ConditionState.ACTIVE_ACKNOWLEDGED
        if seen and finding.again and finding.state is FindingState.ACTIVE:
            found.insert(0, _over(found[0]))
        added, now = alerting.steps(found, now, latches, ids)
        rows += added
    return rows


def leave(alerts: Iterable[AlertState], now_us: int) -> list[AlertEventRow]:
    """The ends of alerts on a unit that serves the patient no more: there they would be about another one."""
    return [
        AlertEventRow(
            alert_id=alert.alert_id,
            unit_id=alert.unit_id,
            rule=alert.rule,
            rule_version="",
            priority=alert.priority,
            state=ConditionState.NORMAL,
            time_us=now_us,
            reason=LEFT,
            inputs={},
            limits={},
        )
        for alert in alerts
    ]


def _found(finding: Finding, unit: tuple[int, str], now_us: int) -> Found:
    # The newest is found now, as soon as it could be; one about an older treatment came late and is marked so.
    transition = Transition(
        row=0,  # no place in the engine's table
        unit=unit[1],
        time_us=now_us if finding.newest else finding.time_us,
        rule=finding.rule,
        rule_version=finding.rule_version,
        priority=finding.priority,
        state=finding.state,
        reason=finding.reason,
        inputs=dict(finding.inputs),
        limits=dict(finding.limits),
    )
    return Found(unit[0], transition, now_us)


def _over(found: Found) -> Found:
    normal = FindingState.NORMAL
    over = replace(found.transition, state=normal, priority=None, reason=AGAIN, inputs={}, limits={})
    return found._replace(transition=over)
