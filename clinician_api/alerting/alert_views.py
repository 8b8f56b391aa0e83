"""Alerts on record to what a screen is told. Pure: the time is handed in."""

from __future__ import annotations

from typing import Final

from alerts import shelving
from alerts.shelving import Shelf, ShelfKind
from clinician_api.live.views import View, moment, numbers
from store.alert_queries import AlertEvent, CurrentAlert, Version
from telemetry.alarms import Priority

OF_ANOTHER: Final = "found while the unit served another patient; it lasts"


def version(alert: CurrentAlert | Version) -> int:
    """Orders what was read of an alert at different times.

    It stands differently after an event of its own, of its notice, of its rule's shelf or at its home. The numbers of
    each of the four only grow, so their sum does, whichever of them it was.
    """
    others = (alert.notice_event_id, alert.shelf_event_id, alert.handled_event_id)
    return alert.last_event_id + sum(number or 0 for number in others)


def alert_view(alert: CurrentAlert, title: str, now_us: int) -> View:
    """An `AlertView`; `title` is what its rule is called."""
    return {
        "alert_id": str(alert.alert_id),
        "unit": alert.unit,
        "rule": alert.rule,
        "rule_version": alert.rule_version,
        "title": title,
        "priority": str(alert.priority),
        "state": str(alert.state),
        "since": moment(alert.since_us),
        "time": moment(alert.time_us),
        "changed_at": moment(alert.changed_us),
        "reason": alert.reason,
        "inputs": numbers(alert.inputs),
        "limits": numbers(alert.limits),
        "acknowledged_by": alert.acknowledged_name,
        "acknowledged_at": None if alert.acknowledged_us is None else moment(alert.acknowledged_us),
        "late": alert.late,
        "unsaved": False,
        "answer": _answer(alert),
        "handled_at": None if alert.handled_us is None else moment(alert.handled_us),
        **_shelved(alert, now_us),
    }


def without_words(view: View) -> View:
    """The alert for a screen that names nobody: less what people wrote, in which a name may stand.

    Why nobody is asked may hold such a text (why a unit is out of service, the note with which somebody gave it back),
    so it goes as a whole: what stands and who answers for it stays.
    """
    shelved, answer = view["shelved_reason"], view["answer"]
    return {
        **view,
        "shelved_reason": None if shelved is None else "",
        "answer": None if answer is None else {**answer, "reason": "", "told": ""},
    }


def without_findings(view: View) -> View:
    """The alert for who sees the unit and not whom it served when this was found: that it lasts, and no more."""
    return {**without_words(view), "reason": OF_ANOTHER, "inputs": {}, "limits": {}}


def alert_event_view(event: AlertEvent) -> View:
    """An `AlertEventView`."""
    return {
        "event_id": event.event_id, "time": moment(event.time_us), "recorded_at": moment(event.recorded_us),
        "state": event.state, "priority": event.priority, "reason": event.reason, "inputs": numbers(event.inputs),
        "limits": numbers(event.limits), "late": event.late, "actor": event.actor_name, "note": event.note or None,
    }  # fmt: skip


def _answer(alert: CurrentAlert) -> View | None:
    if alert.notice_id is None:
        return None
    until_us = alert.accepted_until_us
    return {
        "notice_id": str(alert.notice_id),
        "state": alert.notice_state,
        "round": alert.notice_round,
        "accepted_by": alert.answerable_name,
        "accepted_until": None if until_us is None else moment(until_us),
        "reason": alert.notice_reason,
        "stage": alert.told_stage,
        "told": alert.told_reason,
    }


def _shelved(alert: CurrentAlert, now_us: int) -> View:
    aside = alert.shelf
    if aside is not None:
        shelf = Shelf(ShelfKind(aside.kind), Priority(aside.priority), aside.alert_id, aside.until_us)
        if shelving.ended(shelf, alert.priority, alert.alert_id, now_us) is not None:
            aside = None
    return {
        "shelved_until": None if aside is None else moment(aside.until_us),
        "shelved_by": None if aside is None else aside.by,
        "shelved_reason": None if aside is None else aside.reason,
    }
