"""Alarms of the machine as stretches on a time line."""

from __future__ import annotations

from clinician_api.live.views import moment
from clinician_api.treatments.timeline import alarm_views
from clinician_api.treatments.timeline_models import TimelineAlarm
from store.sign_offs import AlarmOf

T0 = 1_790_000_000_000_000
SECOND = 1_000_000
LEAK = "MDC_EVT_HDIALY_BLOOD_LEAK"


def test_what_ended_before_the_span_is_left_out_and_what_stands_has_no_end() -> None:
    events = [
        AlarmOf(T0 - 90 * SECOND, "air_detected", "", True), AlarmOf(T0 - 60 * SECOND, "air_detected", "", False),
        AlarmOf(T0 - 30 * SECOND, LEAK, "", True), AlarmOf(T0 + 5 * SECOND, LEAK, "", False),
        AlarmOf(T0 - 20 * SECOND, "of no catalogue", "venous_pressure", True),
    ]  # fmt: skip
    found = [TimelineAlarm.model_validate(view) for view in alarm_views(events, T0, T0 + 60 * SECOND)]
    assert [(one.name, one.since, one.until) for one in found] == [
        (LEAK, moment(T0 - 30 * SECOND), moment(T0 + 5 * SECOND)),
        ("of no catalogue", moment(T0 - 20 * SECOND), None),
    ]
    assert found[0].label == "Blood leak"
    assert (found[1].label, found[1].signal) == ("of no catalogue", "venous_pressure")
