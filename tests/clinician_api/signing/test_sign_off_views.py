"""A judged treatment and its report against the shapes that are promised."""

from __future__ import annotations

from dataclasses import replace

from clinician_api.signing import models
from clinician_api.signing.sign_off_views import alarm_view, alert_view, review_view
from evaluation.alarm_spans import AlarmSpan
from evaluation.signing import review
from store.sign_offs import ReportedAlert, SignOff, SignOffKind
from telemetry.alarms import Priority
from tests.evaluation.reviewed import END_US, GOOD, START_US, summed

SIGNED = SignOff(1, SignOffKind.SIGNED, END_US, 1, "Dr Weber", "nephrologist", "seen", False, 3, "1.0.0", {})


def test_a_review_and_its_tag() -> None:
    view = review_view(review(replace(summed(spktv=1.0), sign_offs=(SIGNED,))))
    found = models.ReviewView.model_validate(view)
    assert [reason.code for reason in found.reasons] == ["dose"]
    assert found.signed is not None
    assert view["etag"] == review_view(review(replace(summed(spktv=1.0), sign_offs=(SIGNED,))))["etag"]
    for other in (GOOD, summed(spktv=1.01), replace(GOOD, weight_after_kg=70.5), replace(GOOD, news=("weight",))):
        assert review_view(review(other))["etag"] != view["etag"]


def test_a_second_note_of_the_same_kind_is_another_state() -> None:
    one, two = (review_view(review(replace(GOOD, marks=marks))) for marks in ((1,), (1, 2)))
    assert one["etag"] != two["etag"]
    assert {**one, "etag": ""} == {**two, "etag": ""}, "nothing else tells them apart"


def test_alerts_and_alarms() -> None:
    alert = ReportedAlert(1, "R10", "1.0.0", Priority.HIGH, START_US, True, "fell", "Li", END_US, None, None)
    found = models.ReportAlert.model_validate(alert_view(alert, lambda rule: f"title of {rule}"))
    assert (found.title, found.acknowledged_by, found.accepted_at) == ("title of R10", "Li", None)
    span = AlarmSpan("MDC_EVT_HDIALY_BLOOD_LEAK", "", START_US, END_US, ended=False)
    assert models.ReportAlarm.model_validate(alarm_view(span)).label == "Blood leak"
    assert models.ReportAlarm.model_validate(alarm_view(replace(span, name="X"))).label == "X"
