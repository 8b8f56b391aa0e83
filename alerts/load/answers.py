"""How fast people were answered in a stretch, by priority."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from alerts.load.figures import Stretch
from alerts.load.rows import AlertStory
from telemetry.alarms import Priority


@dataclass(frozen=True, slots=True)
class Answers:
    """Alerts of one priority that began in a stretch.

    Attributes:
        count: all. called: of these, those that people were asked about. answered: of those, what somebody answered.
        median_s, worst_s: from an alert's beginning to the first answer, in seconds; None where none was answered.
    """

    priority: Priority
    count: int
    called: int
    answered: int
    median_s: float | None
    worst_s: float | None


def answers(alerts: Sequence[AlertStory], stretch: Stretch) -> list[Answers]:
    """One of each priority, high first."""
    inside = [alert for alert in alerts if stretch.from_us <= alert.since_us < stretch.to_us]
    return [_of(priority, inside) for priority in sorted(Priority, key=lambda one: -one.rank)]


def _of(priority: Priority, alerts: Sequence[AlertStory]) -> Answers:
    own = [alert for alert in alerts if alert.priority is priority]
    called = [alert for alert in own if alert.called]
    times = [us / 1e6 for alert in called if (us := alert.answered_in_us) is not None]
    return Answers(
        priority, len(own), len(called), len(times), median(times) if times else None, max(times, default=None)
    )
