"""An alert on record as screens are told of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from clinician_api.alerting.alert_views import alert_view, version
from clinician_api.live.messages import AlertView
from clinician_api.live.views import moment
from store.alert_queries import CurrentAlert, SetAside
from telemetry.alarms import ConditionState, Priority
from tests.clinician_api.builders import NOW, SECOND

ALERT = CurrentAlert(
    alert_id=7, unit_id=1, unit="u-1", clinic_id=1, rule="R07", rule_version="1", priority=Priority.MEDIUM,
    state=ConditionState.ACTIVE_UNACKNOWLEDGED, since_us=NOW, time_us=NOW, changed_us=NOW, reason="fell", inputs={},
    limits={}, late=False, acknowledged_by=None, acknowledged_name=None, acknowledged_us=None, last_event_id=10,
    notice_id=None, notice_state=None, notice_round=None, answerable_name=None, accepted_until_us=None,
    notice_reason=None, told_stage=None, told_reason=None, notice_event_id=None, shelf_event_id=None, shelf=None,
)  # fmt: skip
ASKED = replace(
    ALERT, notice_id=3, notice_state="asking", notice_round=2, notice_reason="somebody has to know now",
    told_stage="ask", told_reason="somebody has to know now", notice_event_id=5,
)  # fmt: skip
ASIDE = SetAside("timed", "medium", 7, NOW + 60 * SECOND, "Nora", "known")


def test_what_nobody_has_decided_about_has_no_answer_and_stands_on_no_shelf() -> None:
    view = AlertView.model_validate(alert_view(ALERT, "Needle may be out", NOW))
    assert (view.answer, view.shelved_until, view.shelved_by, view.shelved_reason) == (None, None, None, None)


def test_the_answer_is_that_of_its_notice() -> None:
    accepted = replace(ASKED, notice_state="accepted", answerable_name="Nora", accepted_until_us=NOW + SECOND)
    view = AlertView.model_validate(alert_view(accepted, "", NOW))
    assert view.answer is not None
    assert (view.answer.notice_id, view.answer.round, view.answer.accepted_by) == ("3", 2, "Nora")
    assert view.answer.accepted_until == moment(NOW + SECOND)


def test_every_event_that_may_change_it_raises_the_version() -> None:
    assert version(ALERT) == 10
    steps = [
        replace(ALERT, notice_event_id=1), replace(ALERT, notice_event_id=2, shelf_event_id=1),
        replace(ALERT, last_event_id=11, notice_event_id=2, shelf_event_id=1),
    ]  # fmt: skip
    assert [version(step) for step in steps] == [11, 13, 14]


@pytest.mark.parametrize(
    ("shelf", "priority", "alert_id", "after_s", "counts"),
    [
        (ASIDE, Priority.MEDIUM, 7, 59, True),
        (ASIDE, Priority.MEDIUM, 8, 59, True),
        (ASIDE, Priority.MEDIUM, 7, 60, False),
        (ASIDE, Priority.HIGH, 7, 0, False),
        (replace(ASIDE, kind="one-shot"), Priority.MEDIUM, 7, 59, True),
        (replace(ASIDE, kind="one-shot"), Priority.MEDIUM, 8, 59, False),
    ],
)
def test_a_shelf_is_shown_while_it_counts(
    shelf: SetAside, priority: Priority, alert_id: int, after_s: int, counts: bool
) -> None:
    alert = replace(ALERT, priority=priority, alert_id=alert_id, shelf=shelf, shelf_event_id=1)
    view = alert_view(alert, "", NOW + after_s * SECOND)
    assert view["shelved_until"] == (moment(shelf.until_us) if counts else None)
    assert (view["shelved_by"], view["shelved_reason"]) == (("Nora", "known") if counts else (None, None))
