from __future__ import annotations

from dataclasses import replace

from alerts.load import loads
from alerts.load.figures import HOUR_US, Stretch
from alerts.load.rows import AlertStory, Asked
from telemetry.alarms import Priority

S = 1_000_000
HIGH, MEDIUM, LOW = Priority.HIGH, Priority.MEDIUM, Priority.LOW
WEEK = Stretch(0, 7 * 24 * HOUR_US)
ASKED = Asked(1, 0, MEDIUM, 7, "venous access", over_us=10, accepted=True)
ALERT = AlertStory(1, "R13", 7, MEDIUM, 0, over_us=300 * S, answered_us=60 * S, called=True)


def test_a_quiet_person_is_within_every_target() -> None:
    (one,) = loads.of_people([replace(ASKED, at_us=n * 13 * HOUR_US, priority=HIGH) for n in range(5)], WEEK)
    assert (one.user_id, one.pages, one.most_high_in_shift, one.most_pages_in_shift) == (1, 5, 1, 1)
    assert one.beyond == ()


def test_beyond_the_targets() -> None:
    rows = [replace(ASKED, at_us=n * HOUR_US, priority=HIGH) for n in range(2)]
    rows += [replace(ASKED, at_us=n * HOUR_US, accepted=False, over_us=None) for n in range(2, 8)]
    (one,) = loads.of_people(rows, WEEK)
    assert one.beyond == (
        "2 high in a shift, 1 at most", "8 pages in a shift, 6 at most", "standing for more than 24 h: 6",
        "25% taken on, 80% at least",
    )  # fmt: skip
    flood = [replace(ASKED, at_us=n * S) for n in range(12)]
    (two,) = loads.of_people(flood, Stretch(0, HOUR_US))
    assert "2.0 in 10 min on average, 1 can be managed" in two.beyond
    assert "floods: 1" in two.beyond and "chattering: 12" in two.beyond


def test_what_was_folded_was_asked_and_interrupted_nobody() -> None:
    rows = [replace(ASKED, at_us=n * HOUR_US, unit_id=n, folded=n > 0) for n in range(9)]
    (one,) = loads.of_people(rows, WEEK)
    assert (one.figures.count, one.pages, one.most_pages_in_shift, one.beyond) == (9, 1, 1, ())


def test_each_person_by_themselves_the_most_asked_first() -> None:
    found = loads.of_people([ASKED, replace(ASKED, user_id=2), replace(ASKED, user_id=2, at_us=5)], WEEK)
    assert [(one.user_id, one.figures.count) for one in found] == [(2, 2), (1, 1)]


def test_rules_and_rules_in_homes() -> None:
    noisy = [replace(ALERT, alert_id=n, since_us=n * HOUR_US, unit_id=8, answered_us=None) for n in range(10, 14)]
    alerts = [ALERT, replace(ALERT, alert_id=2, rule="R10"), *noisy]
    assert [(one.rule, one.figures.count, one.nuisance) for one in loads.of_rules(alerts, WEEK)] == [
        ("R13", 5, 0.8), ("R10", 1, 0.0),
    ]  # fmt: skip
    homes = loads.of_homes(alerts, WEEK)
    assert [(one.rule, one.unit_id, one.nuisance, one.is_noisy) for one in homes] == [
        ("R13", 8, 1.0, True), ("R10", 7, 0.0, False), ("R13", 7, 0.0, False),
    ]  # fmt: skip
    everything = loads.of_all(alerts, WEEK)
    assert everything.count == 6 and everything.actionable == 2 / 6


def test_of_two_alerts_a_score_says_nothing() -> None:
    two = [replace(ALERT, alert_id=n, since_us=n * HOUR_US, answered_us=None) for n in range(2)]
    (one,) = loads.of_rules(two, WEEK)
    assert one.nuisance == 1.0 and not one.is_noisy


def test_what_began_before_counts_as_standing_alone() -> None:
    (one,) = loads.of_rules([replace(ALERT, since_us=-30 * HOUR_US, over_us=None)], Stretch(0, HOUR_US))
    assert (one.figures.count, one.figures.stale, one.nuisance) == (0, 1, None)
