"""The load of every person and of every rule over a stretch, and what of it is beyond the targets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from alerts.load import nuisance
from alerts.load.figures import ACTIONABLE_FROM, HOUR_US, MANAGEABLE_PER_10_MIN, Figures, One, Stretch, figures
from alerts.load.peaks import peak
from alerts.load.rows import AlertStory, Asked
from telemetry.alarms import Priority

# Ours [D]: what a person may be asked in a shift of twelve hours. A rota's turn of a week is no shift to count by.
SHIFT_US: Final = 12 * HOUR_US
HIGH_IN_SHIFT: Final = 1
PAGES_IN_SHIFT: Final = 6
# Of fewer a share says nothing.
FEWEST: Final = 3


@dataclass(frozen=True, slots=True)
class PersonLoad:
    """What one person was asked.

    Attributes:
        figures: of notices put to them. pages: of these, those that interrupted: not folded into another's page.
        most_high_in_shift, most_pages_in_shift: within any twelve hours.
        beyond: the targets that were missed, in words.
    """

    user_id: int
    figures: Figures
    pages: int
    most_high_in_shift: int
    most_pages_in_shift: int
    beyond: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RuleLoad:
    """What one rule, or one rule in one home (`unit_id`), raised. `nuisance`: 0…1, see alerts.load.nuisance."""

    rule: str
    unit_id: int | None
    figures: Figures
    nuisance: float | None

    @property
    def is_noisy(self) -> bool:
        """Whether it is to be looked at: often enough, and mostly for nothing."""
        return self.figures.count >= FEWEST and self.nuisance is not None and self.nuisance >= nuisance.NOISY_FROM


def of_people(asked: Sequence[Asked], stretch: Stretch) -> list[PersonLoad]:
    """Of each who was asked at all, the most asked first."""
    rows: defaultdict[int, list[Asked]] = defaultdict(list)
    for one in asked:
        rows[one.user_id].append(one)
    found = [_person(user_id, own, stretch) for user_id, own in rows.items()]
    return sorted(found, key=lambda load: (-load.figures.count, load.user_id))


def of_rules(alerts: Sequence[AlertStory], stretch: Stretch) -> list[RuleLoad]:
    """Of each rule that raised anything, the most frequent first."""
    rows: defaultdict[str, list[AlertStory]] = defaultdict(list)
    for alert in alerts:
        rows[alert.rule].append(alert)
    return _sorted(_rule(rule, None, own, stretch) for rule, own in rows.items())


def of_homes(alerts: Sequence[AlertStory], stretch: Stretch) -> list[RuleLoad]:
    """Of each rule in each home, the most frequent first."""
    rows: defaultdict[tuple[str, int], list[AlertStory]] = defaultdict(list)
    for alert in alerts:
        rows[alert.rule, alert.unit_id].append(alert)
    return _sorted(_rule(rule, unit_id, own, stretch) for (rule, unit_id), own in rows.items())


def of_all(alerts: Sequence[AlertStory], stretch: Stretch) -> Figures:
    """Of all alerts together."""
    return figures([_of_alert(alert) for alert in alerts], stretch)


def _person(user_id: int, asked: Sequence[Asked], stretch: Stretch) -> PersonLoad:
    rows = [One(one.at_us, one.priority, (one.unit_id, one.cause), one.over_us, one.accepted) for one in asked]
    found = figures(rows, stretch)
    pages = [one for one in asked if not one.folded and stretch.from_us <= one.at_us < stretch.to_us]
    high = peak([one.at_us for one in pages if one.priority is Priority.HIGH], SHIFT_US)
    most = peak([one.at_us for one in pages], SHIFT_US)
    return PersonLoad(user_id, found, len(pages), high, most, tuple(_beyond(found, high, most)))


def _beyond(found: Figures, high: int, most: int) -> Iterable[str]:
    if high > HIGH_IN_SHIFT:
        yield f"{high} high in a shift, {HIGH_IN_SHIFT} at most"
    if most > PAGES_IN_SHIFT:
        yield f"{most} pages in a shift, {PAGES_IN_SHIFT} at most"
    if found.per_10_min > MANAGEABLE_PER_10_MIN:
        yield f"{found.per_10_min:.1f} in 10 min on average, {MANAGEABLE_PER_10_MIN:g} can be managed"
    if found.floods:
        yield f"floods: {len(found.floods)}"
    if found.chattering:
        yield f"chattering: {found.chattering}"
    if found.stale:
        yield f"standing for more than 24 h: {found.stale}"
    if found.actionable is not None and found.actionable < ACTIONABLE_FROM:
        yield f"{found.actionable:.0%} taken on, {ACTIONABLE_FROM:.0%} at least"


def _rule(rule: str, unit_id: int | None, alerts: Sequence[AlertStory], stretch: Stretch) -> RuleLoad:
    inside = [alert for alert in alerts if stretch.from_us <= alert.since_us < stretch.to_us]
    return RuleLoad(rule, unit_id, figures([_of_alert(alert) for alert in alerts], stretch), nuisance.score(inside))


def _of_alert(alert: AlertStory) -> One:
    actionable = alert.answered_us is not None if alert.called else None
    return One(alert.since_us, alert.priority, (alert.rule, alert.unit_id), alert.over_us, actionable)


def _sorted(loads: Iterable[RuleLoad]) -> list[RuleLoad]:
    return sorted(loads, key=lambda load: (-load.figures.count, load.rule, load.unit_id or 0))
