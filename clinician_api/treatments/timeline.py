"""What lies beside the readings on one time line, as a screen is told. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from clinician_api.alerting.alert_views import alert_view
from clinician_api.live.views import View, moment
from evaluation.alarm_spans import AlarmSpan, machine_alarms
from store.sign_offs import AlarmOf
from store.timeline import StoodAlert
from telemetry.alarms import EVENT_BY_NAME


def alert_views(found: Sequence[StoodAlert], title: Callable[[str], str], now_us: int) -> list[View]:
    """`TimelineAlert`s in order of time; `title` is what a rule is called."""
    return [
        {
            "alert": alert_view(one.alert, title(one.alert.rule), now_us),
            "until": None if one.until_us is None else moment(one.until_us),
            "before": one.before,
        }
        for one in sorted(found, key=lambda one: (one.alert.since_us, one.alert.alert_id))
    ]


def alarm_views(events: Sequence[AlarmOf], start_us: int, end_us: int) -> list[View]:
    """`TimelineAlarm`s that stood at any moment of the span, in order of time."""
    spans = machine_alarms(events, end_us)
    return [_alarm(span) for span in spans if not span.ended or span.until_us >= start_us]


def _alarm(span: AlarmSpan) -> View:
    event = EVENT_BY_NAME.get(span.name)
    return {
        "name": span.name,
        "label": event.label if event else span.name,
        "signal": span.signal,
        "since": moment(span.since_us),
        "until": moment(span.until_us) if span.ended else None,
    }
