"""The nuisance score of a rule, or of a rule in one home: the share of its alerts that were for nothing.

A design default of ours [D]; no standard has such a number. An alert was for nothing when at least one holds:

- people were asked, and it went away by itself before anybody answered;
- people were asked, somebody rejected it, and nobody answered;
- it chattered: with two others of its rule and home within a minute;
- it was set aside.

0: none was; 1: all were. Up to 0.2 is *useful*: the target is that 80 % are answered as actionable. From 0.5: *noisy*.
A low one that comes and goes on the work list has called nobody and does not count as gone by itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from alerts.load.chatter import chattering
from alerts.load.rows import AlertStory

USEFUL_TO: Final = 0.2
NOISY_FROM: Final = 0.5


def nuisances(alerts: Sequence[AlertStory]) -> frozenset[int]:
    """The ids of those that were for nothing."""
    times: defaultdict[tuple[str, int], list[AlertStory]] = defaultdict(list)
    for alert in alerts:
        times[alert.rule, alert.unit_id].append(alert)
    chatter = {
        same[position].alert_id
        for same in times.values()
        for position in chattering([alert.since_us for alert in same])
    }
    return frozenset(alert.alert_id for alert in alerts if alert.alert_id in chatter or _for_nothing(alert))


def score(alerts: Sequence[AlertStory]) -> float | None:
    """The share of these that were for nothing, 0…1; None of none."""
    return len(nuisances(alerts)) / len(alerts) if alerts else None


def word(found: float | None) -> str:
    """The score in a word."""
    if found is None:
        return "no alerts"
    if found <= USEFUL_TO:
        return "useful"
    return "noisy" if found >= NOISY_FROM else "mixed"


def _for_nothing(alert: AlertStory) -> bool:
    if alert.shelved:
        return True
    if not alert.called:
        return False
    answered = alert.answered_us is not None
    went_by_itself = alert.over_us is not None and not answered
    return went_by_itself or (alert.rejected and not answered)
