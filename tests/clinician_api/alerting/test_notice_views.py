"""Notices on record have the described shapes, and no address gets out."""

from __future__ import annotations

from clinician_api.alerting import models
from clinician_api.alerting.notice_views import delivery_view, event_view, notice_view, step_view
from store.notice_queries import AlertOfNotice, HistoryStep, PlannedStep, SentTo, StandingNotice
from tests.clinician_api.builders import NOW

NOTICE = StandingNotice(
    3, "u-1", 1, "clinical", "venous access", "", NOW, "accepted", "high", 1, 5, "Nora", NOW + 9, "accepted", NOW + 1
)
ALERT = AlertOfNotice(3, 7, "R07", "high", "active, acknowledged", "acknowledged", "a person has acknowledged it")


def test_a_notice_says_whose_it_is() -> None:
    for user_id, yours in ((5, True), (6, False)):
        view = models.NoticeView.model_validate(notice_view(NOTICE, [ALERT], str.lower, user_id))
        assert (view.accepted_by, view.yours) == ("Nora", yours)
    assert [(a.alert_id, a.title, a.told) for a in view.alerts] == [("7", "r07", "a person has acknowledged it")]


def test_steps_words_and_deliveries() -> None:
    word = HistoryStep(1, NOW, "", "asking", "high", 1, None, None, 7, "ask", "somebody has to know now")
    assert models.NoticeEventView.model_validate(event_view(word)).alert_id == "7"
    planned = PlannedStep(1, 2, "second channel", NOW, None, "")
    assert models.NoticeStep.model_validate(step_view(planned)).done_at is None
    sent = SentTo(9, 1, 0, 5, "Nora", "apprise", "phone", "sent", 2, NOW, NOW + 1, "")
    view = models.NoticeDelivery.model_validate(delivery_view(sent))
    assert (view.to, view.label, view.state, view.attempts, view.detail) == ("Nora", "phone", "sent", 2, None)
    assert not {"address", "host", "receipt"} & set(models.NoticeDelivery.model_fields)
