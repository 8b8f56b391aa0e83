"""Notices on record to what a person is told. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from clinician_api.alerting.alert_views import OF_ANOTHER
from clinician_api.live.views import View, moment
from store.notice_queries import AlertOfNotice, HistoryStep, PlannedStep, SentTo, StandingNotice


def notice_view(
    notice: StandingNotice, alerts: Sequence[AlertOfNotice], title: Callable[[str], str], user_id: int
) -> View:
    """A `NoticeView` for a person; `title` names a rule."""
    until_us = notice.accepted_until_us
    return {
        "notice_id": str(notice.notice_id),
        "unit": notice.unit,
        "audience": notice.audience,
        "cause": notice.cause,
        "subject": notice.subject,
        "opened_at": moment(notice.opened_us),
        "state": notice.state,
        "priority": notice.priority,
        "round": notice.round,
        "accepted_by": notice.accepted_name,
        "accepted_until": None if until_us is None else moment(until_us),
        "yours": notice.accepted_by == user_id,
        "reason": notice.reason,
        "changed_at": moment(notice.changed_us),
        "alerts": [
            {
                "alert_id": str(a.alert_id), "rule": a.rule, "title": title(a.rule), "priority": a.priority,
                "state": a.state, "stage": a.stage, "told": a.said,
            }
            for a in alerts
        ],
    }  # fmt: skip


def without_reasons(view: View) -> View:
    """The notice for who sees the unit and not whom it served when this was found: that it lasts, and no more."""
    return {**view, "reason": OF_ANOTHER, "alerts": [{**alert, "told": ""} for alert in view["alerts"]]}


def event_view(event: HistoryStep) -> View:
    """A `NoticeEventView`."""
    return {
        "event_id": event.event_id, "at": moment(event.at_us), "move": event.move, "state": event.state,
        "priority": event.priority, "round": event.round, "actor": event.actor_name,
        "alert_id": None if event.alert_id is None else str(event.alert_id), "stage": event.stage,
        "reason": event.reason,
    }  # fmt: skip


def step_view(step: PlannedStep) -> View:
    """A `NoticeStep`."""
    return {
        "round": step.round, "number": step.number, "kind": step.kind, "due_at": moment(step.due_us),
        "done_at": None if step.done_us is None else moment(step.done_us), "outcome": step.outcome,
    }  # fmt: skip


def delivery_view(sent: SentTo) -> View:
    """A `NoticeDelivery`: to whom and how, never where."""
    return {
        "delivery_id": str(sent.delivery_id), "round": sent.round, "step": sent.step, "to": sent.user_name,
        "kind": sent.kind, "label": sent.label, "state": sent.state, "attempts": sent.attempts,
        "queued_at": moment(sent.queued_us), "changed_at": moment(sent.changed_us), "detail": sent.detail or None,
    }  # fmt: skip
