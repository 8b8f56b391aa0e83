"""The part of an alert that is one patient's. Pure.

An alert is of a unit and a rule. One that nobody has seen stays latched, and the same alert fires again although the
unit may serve another patient by then: what was found of the one, and done about it, is none of the other's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from store.alert_queries import AlertEvent, CurrentAlert
from telemetry.alarms import ConditionState

_ACTIVE = frozenset({ConditionState.ACTIVE_UNACKNOWLEDGED, ConditionState.ACTIVE_ACKNOWLEDGED})


@dataclass(frozen=True, slots=True)
class Span:
    """While the unit was nobody else's, by sample time; None: without an end to that side."""

    since_us: int | None
    until_us: int | None


@dataclass(frozen=True, slots=True)
class Part:
    """An alert as it stood at the end of its part.

    Attributes:
        from_us, until_us: server time at which it fired for this patient, and for the next; None: nobody had it before,
            or has it afterwards.
    """

    alert: CurrentAlert
    events: Sequence[AlertEvent]
    from_us: int | None
    until_us: int | None

    @property
    def found_last_us(self) -> int:
        """When the rules said something of it last, by sample time."""
        return max(event.time_us for event in self.events if event.actor is None)

    @property
    def is_active(self) -> bool:
        """Whether its cause was there at the end."""
        return self.alert.state in _ACTIVE

    def has(self, at_us: int) -> bool:
        """Whether what was done about the alert at that server time belongs to this part."""
        begun = self.from_us is None or self.from_us <= at_us
        return begun and (self.until_us is None or at_us < self.until_us)


def part_of(alert: CurrentAlert, events: Sequence[AlertEvent], span: Span) -> Part | None:
    """From the first time it fired within the span until it fired after it; None: it never did."""
    fired = [number for number, event in enumerate(events) if event.actor is None and event.state in _ACTIVE]
    own = [number for number in fired if span.since_us is None or events[number].time_us >= span.since_us]
    later = [number for number in own if span.until_us is not None and events[number].time_us >= span.until_us]
    if not own or own[0] in later:
        return None
    part = events[own[0] : later[0] if later else None]
    if len(part) == len(events):
        return Part(alert, part, None, None)
    from_us = part[0].recorded_us if own[0] else None
    return Part(_as_of(alert, part), part, from_us, events[later[0]].recorded_us if later else None)


def _as_of(alert: CurrentAlert, part: Sequence[AlertEvent]) -> CurrentAlert:
    last = part[-1]
    finding = [event for event in part if event.actor is None and event.state in _ACTIVE][-1]
    # As the store folds them: who has seen it counts until it fires again.
    told = [e for e in part if e.actor is not None or e.state is ConditionState.ACTIVE_UNACKNOWLEDGED][-1:]
    seen = told[0] if told and told[0].actor is not None else None
    return replace(
        alert, rule_version=finding.rule_version, priority=last.priority, state=last.state, since_us=part[0].time_us,
        time_us=finding.time_us, changed_us=last.recorded_us, reason=finding.reason, inputs=finding.inputs,
        limits=finding.limits, late=all(event.late for event in part if event.actor is None),
        acknowledged_by=seen.actor if seen else None, acknowledged_name=seen.actor_name if seen else None,
        acknowledged_us=seen.recorded_us if seen else None, last_event_id=last.event_id,
    )  # fmt: skip
