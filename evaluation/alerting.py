"""What the rules found, as steps of alerts. Pure: where the alerts stand and the numbers for new ones are handed in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from alerts import lifecycle
from alerts.lifecycle import Condition, Move
from alerts.records import Transition
from store.alert_log import AlertEventRow, AlertState
from telemetry.alarms import ConditionState, Priority

# A finding in data older than this when it is judged is shown, and pages nobody as if it were happening now.
LATE_US: Final = 60 * 1_000_000

Key = tuple[int, str]
"""Unit id and rule."""


class Found(NamedTuple):
    """What the rules found of a unit, and at what server time."""

    unit_id: int
    transition: Transition
    found_us: int

    @property
    def key(self) -> Key:
        """Whose alert it concerns."""
        return self.unit_id, self.transition.rule


@dataclass(frozen=True, slots=True)
class Standing:
    """An alert that is not over, and since what sample time."""

    alert_id: int
    condition: Condition
    since_us: int


def standing(state: AlertState, latch: bool) -> Standing | None:
    """Where a stored alert stands for the lifecycle; None when it is over. `latch`: whether its rule latches."""
    if state.state is ConditionState.NORMAL:
        return None
    latching = lifecycle.latches(latch, state.priority)
    return Standing(state.alert_id, Condition(state.state, state.priority, latching), state.since_us)


def steps(
    found: Iterable[Found], before: Mapping[Key, Standing], latches: Callable[[str], bool], ids: Iterator[int]
) -> tuple[list[AlertEventRow], dict[Key, Standing]]:
    """The events that `found` adds, and what stands afterwards.

    `latches` tells of a rule whether it latches; `ids` gives numbers for alerts that open.
    """
    after = dict(before)
    rows: list[AlertEventRow] = []
    for one in found:
        key, transition = one.key, one.transition
        now = after.pop(key, None)
        condition = now.condition if now else Condition()
        move = lifecycle.move_for(condition, transition.state, transition.priority, again=transition.again)
        if move is None:
            if now:
                after[key] = now
            continue
        alert_id = now.alert_id if now else next(ids)
        moved = lifecycle.apply(condition, move, transition.priority, latch=latches(transition.rule))
        if moved.is_open:
            after[key] = Standing(alert_id, moved, now.since_us if now else transition.time_us)
        priority = moved.priority or condition.priority or Priority.LOW
        # Told anew only where it stood: what raises it is no second time.
        again = transition.again and move is Move.ESCALATE
        rows.append(_row(one, alert_id, moved.state, priority, again))
    return rows, after


def _row(one: Found, alert_id: int, state: ConditionState, priority: Priority, again: bool) -> AlertEventRow:
    transition = one.transition
    return AlertEventRow(
        alert_id=alert_id,
        unit_id=one.unit_id,
        rule=transition.rule,
        rule_version=transition.rule_version,
        priority=priority,
        state=state,
        time_us=transition.time_us,
        reason=transition.reason,
        inputs=transition.inputs,
        limits=transition.limits,
        late=one.found_us - transition.time_us > LATE_US,
        again=again,
    )
