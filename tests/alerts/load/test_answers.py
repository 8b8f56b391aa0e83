from __future__ import annotations

from dataclasses import replace

from alerts.load.answers import Answers, answers
from alerts.load.figures import Stretch
from alerts.load.rows import AlertStory
from telemetry.alarms import Priority

S = 1_000_000
HIGH, MEDIUM, LOW = Priority.HIGH, Priority.MEDIUM, Priority.LOW


def test_by_priority_high_first() -> None:
    called = AlertStory(1, "R10", 7, HIGH, 100 * S, called=True)
    alerts = [
        called,
        replace(called, answered_us=110 * S),
        replace(called, answered_us=140 * S),
        replace(called, answered_us=400 * S),
        replace(called, since_us=0, answered_us=400 * S),  # began before
        replace(called, priority=LOW, called=False, answered_us=101 * S),  # of the work list: nobody waited
    ]
    assert answers(alerts, Stretch(50 * S, 1000 * S)) == [
        Answers(HIGH, 4, 4, 3, 40.0, 300.0), Answers(MEDIUM, 0, 0, 0, None, None), Answers(LOW, 1, 0, 0, None, None),
    ]  # fmt: skip
