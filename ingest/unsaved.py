"""What the rules found while nothing could be saved: where it leaves the alerts, and what is to be written later. Pure.

Every finding goes through the same lifecycle as ever, from where the alerts stood. It is written down again from the
database's own word once there is one: somebody may have acknowledged meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Final

from evaluation import alerting
from evaluation.alerting import Found, Key, Standing
from ingest.reception import Said
from store.alert_log import AlertEventRow
from telemetry.alarms import ConditionState, FindingState, Priority
from telemetry.messages import UnsavedAlert

# Steps kept of one unit: twice as many as there are rules. Beyond it only what an alert comes to is kept.
MAX_STEPS: Final = 32


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert that changed.

    Attributes:
        finding: the last step that had it active, or the one that ended it. state, priority: as it stands now.
        again: a step has told it anew since it began.
    """

    finding: AlertEventRow
    state: ConditionState
    priority: Priority
    since_us: int
    again: bool = False


@dataclass(frozen=True, slots=True)
class Attempt:
    """A save whose outcome is not known: the snapshot it would leave, and how many of the unit's steps it holds."""

    fingerprint: int
    steps: int


class Unsaved:
    """Findings of units by unit id, in order.

    Attributes:
        statuses: the newest status of every unit that sent one.
        attempts: saves that failed with an unknown outcome.
        folded: steps that were dropped because a unit had too many.
    """

    def __init__(self, standing: Mapping[Key, Standing], latches: Callable[[str], bool]) -> None:
        self._latches = latches
        self._ids = count(-1, -1)  # nobody's: the real ones are given when they are saved
        self._standing = dict(standing)
        self._steps: dict[int, list[Found]] = {}
        self._alerts: dict[Key, Alert] = {}
        self.statuses: dict[int, Said] = {}
        self.attempts: dict[int, Attempt] = {}
        self.folded = 0

    def add(self, found: Iterable[Found]) -> None:
        """Take in what was found; a finding that moves no alert is of no consequence."""
        for one in found:
            before = {one.key: self._standing[one.key]} if one.key in self._standing else {}
            rows, after = alerting.steps([one], before, self._latches, self._ids)
            if not rows:
                continue
            since_us = before[one.key].since_us if before else one.transition.time_us
            self._standing.pop(one.key, None)
            self._standing |= after
            self._alerts[one.key] = self._moved(one.key, rows[0], since_us)
            self._steps.setdefault(one.unit_id, []).append(one)
            self._bound(one.unit_id)

    def note(self, said: Said) -> None:
        """Keep a unit's newest status."""
        self.statuses[said.unit.known.unit_id] = said

    def steps(self, unit_id: int) -> list[Found]:
        """What is to be saved of a unit."""
        return list(self._steps.get(unit_id, ()))

    def units(self) -> list[int]:
        """Units that have something to be saved."""
        return sorted(self._steps)

    def alerts(self, unit_ids: Mapping[int, str]) -> list[UnsavedAlert]:
        """Where the alerts of these units (id to name) stand that changed, high ones first, the newest first."""
        mine = [alert for (unit_id, _), alert in self._alerts.items() if unit_id in unit_ids]
        mine.sort(key=lambda alert: (-alert.priority.rank, -alert.finding.time_us))
        return [_on_the_wire(alert, unit_ids[alert.finding.unit_id]) for alert in mine]

    def settled(self, unit_id: int, steps: int | None = None) -> int:
        """The first `steps` of a unit, or all, are saved or given up; how many those were."""
        self.attempts.pop(unit_id, None)
        gone = self._steps.pop(unit_id, [])
        left = gone[steps:] if steps is not None else []
        if left:
            self._steps[unit_id] = left
        open_keys = {one.key for one in left}
        for key in [key for key in self._alerts if key[0] == unit_id and key not in open_keys]:
            del self._alerts[key]
        return len(gone) - len(left)

    def __len__(self) -> int:
        """How many alerts have changed."""
        return len(self._alerts)

    def _bound(self, unit_id: int) -> None:
        steps, attempt = self._steps[unit_id], self.attempts.get(unit_id)
        fixed = attempt.steps if attempt else 0  # it must stay countable how many of them that save held
        if len(steps) - fixed > MAX_STEPS:
            self._steps[unit_id] = kept = [*steps[:fixed], *fold(steps[fixed:])]
            self.folded += len(steps) - len(kept)

    def _moved(self, key: Key, row: AlertEventRow, since_us: int) -> Alert:
        known = self._alerts.get(key)
        ended = row.state in (ConditionState.NORMAL, ConditionState.LATCHED_CLEAR)
        # What is shown is why it was raised, not the sentence with which it ended.
        same = known if known is not None and known.since_us == since_us else None
        again = (row.again and not row.late) or (same is not None and same.again)
        return Alert(same.finding if same and ended else row, row.state, row.priority, since_us, again)


def fold(steps: Iterable[Found]) -> list[Found]:
    """Fewer steps that leave every alert as these do: of each rule the first of its highest priority, the last that
    found it once more, and the last.
    """
    order = list(steps)
    kept: set[int] = set()
    for rule in {one.transition.rule for one in order}:
        mine = [at for at, one in enumerate(order) if one.transition.rule == rule]
        active = [at for at in mine if order[at].transition.state is FindingState.ACTIVE]
        again = [at for at in active if order[at].transition.again]
        kept.update([*sorted(active, key=lambda at: -_rank(order[at]))[:1], *again[-1:], mine[-1]])
    return [order[at] for at in sorted(kept)]


def _rank(one: Found) -> int:
    return one.transition.priority.rank if one.transition.priority else 0


def _on_the_wire(alert: Alert, unit: str) -> UnsavedAlert:
    row = alert.finding
    return UnsavedAlert(
        unit=unit,
        rule=row.rule,
        rule_version=row.rule_version,
        priority=str(alert.priority),
        state=str(alert.state),
        since_us=alert.since_us,
        time_us=row.time_us,
        reason=row.reason,
        inputs=dict(row.inputs),
        limits=dict(row.limits),
        again=alert.again,
    )
