"""DetectedIssue and Flag: what our rules found, and whether it still stands; Communication: that somebody was told.

FHIR's severities are three, as ours are: high, moderate (medium), low. Without names, neither staff's names nor what
they typed goes out: free text names people.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from alerts.delivery import DeliveryState
from interop.fhir.datatypes import Json, coding, concept, instant, meta, own, period, person, plain, reference, tidy
from interop.fhir.devices import OURSELVES
from store.alert_queries import AlertEvent, CurrentAlert
from store.treatment_record import Told
from telemetry.alarms import ConditionState, Priority

_SEVERITY: Final = {Priority.HIGH: "high", Priority.MEDIUM: "moderate", Priority.LOW: "low"}
_ACTIVE: Final = frozenset({ConditionState.ACTIVE_UNACKNOWLEDGED, ConditionState.ACTIVE_ACKNOWLEDGED})
_SAFETY: Final = concept("Safety", coding("http://terminology.hl7.org/CodeSystem/flag-category", "safety", "Safety"))
# How far a page came, in FHIR's words for an event (`event-status`).
TOLD: Final[dict[DeliveryState, str]] = {
    DeliveryState.QUEUED: "preparation",
    DeliveryState.SENT: "in-progress",
    DeliveryState.DELIVERED: "completed",
    DeliveryState.READ: "completed",
    DeliveryState.ACCEPTED: "completed",
    DeliveryState.REJECTED: "completed",  # it was received; the person will not, or cannot
    DeliveryState.FAILED: "not-done",
}


def detected_issue(
    alert: CurrentAlert, events: Sequence[AlertEvent], title: str, whose: Json | None, names: bool
) -> Json:
    """DetectedIssue: one alert with its numbers, and everything people did about it as mitigations."""
    return tidy(
        {
            "resourceType": "DetectedIssue",
            "id": str(alert.alert_id),
            "meta": meta(alert.changed_us, alert.last_event_id),
            "status": "preliminary" if alert.state in _ACTIVE else "final",
            "code": own("rule", alert.rule, title),
            "severity": _SEVERITY[alert.priority],
            "patient": whose,
            "identifiedPeriod": period(alert.since_us, _cause_gone_us(alert, events)),
            "author": reference("Device", OURSELVES),
            "implicated": [reference("Device", alert.unit)],
            "evidence": [{"code": [{"text": text}]} for text in _evidence(alert)],
            "detail": alert.reason,
            "mitigation": [_mitigation(event, names) for event in events if event.actor is not None],
        }
    )


def flag(alert: CurrentAlert, title: str, subject: Json) -> Json:
    """Flag: that the alert stands before people, or stood until its cause was gone and somebody had seen it."""
    over = alert.state is ConditionState.NORMAL
    return tidy(
        {
            "resourceType": "Flag",
            "id": str(alert.alert_id),
            "meta": meta(alert.changed_us, alert.last_event_id),
            "status": "inactive" if over else "active",
            "category": [_SAFETY],
            "code": own("rule", alert.rule, title),
            "subject": subject,
            "period": period(alert.since_us, max(alert.since_us, alert.changed_us) if over else None),
            "author": reference("Device", OURSELVES),
        }
    )


def communication(told: Told, whose: Json | None, names: bool) -> Json:
    """Communication: one page to one person by one channel, as far as it came. Its text is not repeated."""
    state = DeliveryState(told.state)
    status = TOLD[state]
    return tidy(
        {
            "resourceType": "Communication",
            "id": str(told.delivery_id),
            "meta": meta(told.changed_us),
            "status": status,
            "statusReason": own("delivery-state", told.state, told.state),
            "category": [own("notice", told.cause, told.cause)],
            "priority": "urgent" if told.priority == Priority.HIGH else "routine",
            "medium": [own("channel", told.kind, told.kind)],
            "subject": whose,
            "about": [reference("DetectedIssue", str(number)) for number in told.alert_ids],
            "sent": None if told.sent_us is None else instant(told.sent_us),
            "received": None if told.arrived_us is None else instant(told.arrived_us),
            "recipient": [person(told.user_id, told.user_name if names else None)],
            "sender": reference("Device", OURSELVES),
        }
    )


def _cause_gone_us(alert: CurrentAlert, events: Sequence[AlertEvent]) -> int | None:
    """When the rules last said so, not when a person had seen it; None while the cause is there."""
    if alert.state in _ACTIVE:
        return None
    return max([alert.since_us, *(event.time_us for event in events if event.actor is None)])


def _evidence(alert: CurrentAlert) -> list[str]:
    told = [f"{name} = {plain(value)}" for name, value in alert.inputs.items() if value is not None]
    against = [f"limit {name} = {plain(value)}" for name, value in alert.limits.items() if value is not None]
    return [*told, *against, f"rule {alert.rule}, version {alert.rule_version}"]


def _mitigation(event: AlertEvent, names: bool) -> Json:
    state = str(event.state)
    text = f"{state}: {event.note}" if names and event.note else state
    return tidy(
        {
            "action": concept(text, coding("urn:homehd:alert-state", state)),
            "date": instant(event.recorded_us),
            "author": None if event.actor is None else person(event.actor, event.actor_name if names else None),
        }
    )
