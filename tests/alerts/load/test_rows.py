from __future__ import annotations

from alerts.load.rows import AlertStory
from telemetry.alarms import Priority


def test_how_long_an_answer_took() -> None:
    def story(answered_us: int | None) -> AlertStory:
        return AlertStory(1, "R10", 7, Priority.HIGH, 1000, answered_us=answered_us)

    assert story(None).answered_in_us is None
    assert story(3500).answered_in_us == 2500
    assert story(400).answered_in_us == 0, "the home's clock was ahead"
