from __future__ import annotations

import pytest

from ingest.operations_alarm import CALM_S, OperationsAlarm
from store.operations import NOTHING_SAVED, OperationsEvent

NOW = 1_700_000_000_000_000


def test_it_is_told_when_it_begins_and_written_down_when_it_is_over(caplog: pytest.LogCaptureFixture) -> None:
    alarm = OperationsAlarm("ingest-1")
    alarm.cause = "the database's disk is full"
    for _ in range(10):
        alarm.lasts(NOW)
    alarm.saved, alarm.given_up = 3, 1
    assert alarm.event(100.0) is None
    alarm.over(NOW + 7, 100.0)
    assert alarm.event(100.0 + CALM_S - 0.1) is None
    event = alarm.event(100.0 + CALM_S)
    detail = {"cause": "the database's disk is full", "alerts": 3, "given_up": 1}
    assert event == OperationsEvent(NOTHING_SAVED, NOW, NOW + 7, "ingest-1", detail)
    assert alarm.event(200.0) == event, "until it is written"
    alarm.written(event)
    assert alarm.event(300.0) is None
    assert [record.message for record in caplog.records] == [
        "nothing can be saved: rules go on, nothing is acknowledged",
        "everything is saved again",
    ]


def test_what_comes_and_goes_is_one_alarm(caplog: pytest.LogCaptureFixture) -> None:
    alarm = OperationsAlarm("ingest-1")
    for again in range(5):
        alarm.lasts(NOW + again)
        alarm.over(NOW + again, 100.0 + again)
    event = alarm.event(200.0)

    assert event is not None
    assert (event.since_us, event.until_us) == (NOW, NOW + 4)
    assert len(caplog.records) == 1


def test_who_stops_does_not_wait_for_calm() -> None:
    alarm = OperationsAlarm("ingest-1")
    alarm.lasts(NOW)
    assert alarm.event(100.0, at_once=True) is None, "it still stands"
    alarm.over(NOW + 1, 100.0)

    assert alarm.event(100.0, at_once=True) is not None


def test_what_was_too_short_for_an_alarm_leaves_none() -> None:
    alarm = OperationsAlarm("ingest-1")
    alarm.over(NOW, 100.0)

    assert alarm.event(1000.0) is None
