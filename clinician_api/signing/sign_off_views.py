"""A judged treatment to what a screen is told. Pure; the shapes are those of `clinician_api.signing.models`."""

from __future__ import annotations

from collections.abc import Callable

from alerts.prescribing import items
from clinician_api.live.views import View, moment
from clinician_api.treatments.treatment_views import treatment_view
from clinician_api.web.conditional import tag_of_state
from evaluation.alarm_spans import AlarmSpan
from evaluation.reasons import Reason
from evaluation.signing import Review
from store.sign_offs import ReportedAlert, SignOff
from telemetry.alarms import EVENT_BY_NAME


def review_view(review: Review) -> View:
    """A `ReviewView`."""
    one = review.evidence
    view = {
        "treatment": treatment_view(one.found),
        "prescribed": {
            "treatment_min": one.planned_min, "target_weight_kg": one.target_kg, "spktv": one.prescribed_spktv,
            "blood_flow_ml_min": one.compared.get(items.BLOOD_FLOW),
            "dialysate_flow_ml_min": one.compared.get(items.DIALYSATE_FLOW),
            "ultrafiltration_ml": one.compared.get(items.ULTRAFILTRATION),
        },
        "weight_before_kg": one.weight_before_kg,
        "weight_after_kg": one.weight_after_kg,
        "systolic_before": one.systolic_before,
        "state": str(review.state),
        "reasons": [_reason(reason) for reason in review.reasons],
        "news": list(one.news),
        "changes": [{"what": change.what, "was": change.was, "now": change.now} for change in review.changes],
        "new_reasons": [_reason(reason) for reason in review.new],
        "gone_reasons": review.gone,
        "signed": _sign_off(review.signed),
        "called": _sign_off(review.called),
        "history": [_sign_off(sign_off) for sign_off in one.sign_offs],
    }  # fmt: skip
    # The notes by number: a second one of a kind changes no word here, and a signature would take it away unseen.
    return {"etag": tag_of_state(one.found.revision, {**view, "marks": list(one.marks)}), **view}


def alert_view(alert: ReportedAlert, title: Callable[[str], str]) -> View:
    """A `ReportAlert`."""
    return {
        "alert_id": str(alert.alert_id),
        "rule": alert.rule,
        "rule_version": alert.rule_version,
        "title": title(alert.rule),
        "priority": str(alert.priority),
        "since": moment(alert.since_us),
        "late": alert.late,
        "reason": alert.reason,
        "acknowledged_by": alert.acknowledged_name,
        "acknowledged_at": None if alert.acknowledged_us is None else moment(alert.acknowledged_us),
        "accepted_by": alert.accepted_name,
        "accepted_at": None if alert.accepted_us is None else moment(alert.accepted_us),
    }


def alarm_view(span: AlarmSpan) -> View:
    """A `ReportAlarm`."""
    event = EVENT_BY_NAME.get(span.name)
    return {
        "name": span.name,
        "label": event.label if event else span.name,
        "since": moment(span.since_us),
        "until": moment(span.until_us),
        "ended": span.ended,
    }


def _reason(reason: Reason) -> View:
    return {
        "code": str(reason.code), "about": reason.about, "why": reason.why, "text": reason.text,
        "inputs": dict(reason.inputs), "limits": dict(reason.limits),
    }  # fmt: skip


def _sign_off(one: SignOff | None) -> View | None:
    if one is None:
        return None
    return {
        "sign_off_id": str(one.sign_off_id), "kind": str(one.kind), "at": moment(one.at_us), "name": one.name,
        "role": one.role, "note": one.note, "in_bulk": one.in_bulk, "revision": one.revision, "rules": one.rules,
    }  # fmt: skip
