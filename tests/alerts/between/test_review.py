"""Once by each version about each treatment, whatever comes in between."""

from __future__ import annotations

from dataclasses import replace

import pytest

from alerts.between import ruleset
from alerts.between.review import Finding, Known, Recorded, basis, review
from alerts.between.ruleset import Rule
from telemetry.alarms import FindingState, Priority
from telemetry.care import Arranged, Limits, Measured, TargetWeight
from telemetry.past import Past
from tests.alerts.between.building import EVERY_EVENING, NOW_US, past, treated

RULES = ruleset.load()
R25 = next(rule for rule in RULES if rule.id == "R25")


class Record:
    """What has been recorded so far."""

    def __init__(self, *rules: Rule) -> None:
        self.rules = rules
        self.known: dict[tuple[str, str, str], Recorded] = {}

    def look(self, now: Past) -> list[Finding]:
        known: Known = self.known
        found = list(review(self.rules, now, known).findings)
        for one in found:
            key = (one.rule, one.rule_version, one.about)
            self.known[key] = Recorded(one.basis, one.state, one.priority, one.time_us, len(self.known) + 1)
        return found


def test_all_rules_looked_at_twice_say_nothing_the_second_time() -> None:
    record = Record(*RULES)
    now = past(treated(18, 200), treated(42, 240), arranged=(EVERY_EVENING, TargetWeight(kg=70)))
    assert {one.rule for one in record.look(now)} == {rule.id for rule in RULES}
    assert record.look(now) == []


def test_on_first_sight_only_the_newest_and_then_each() -> None:
    record = Record(R25)
    two = past(treated(18, 100), treated(42, 100))
    assert [one.about for one in record.look(two)] == ["treatment 2"]
    four = past(treated(18, 100), treated(42, 100), treated(66, 100), treated(90, 240))
    assert [(one.about, one.newest) for one in record.look(four)] == [("treatment 3", False), ("treatment 4", True)]
    newer = replace(R25, version="9.9.9+00000000")
    record.rules = (newer,)
    assert [one.about for one in record.look(four)] == ["treatment 4"], "a new version does not raise the past again"


def test_an_older_one_that_changes_leaves_the_last_word_to_the_newest() -> None:
    record = Record(R25)
    first, second = treated(18, 240), treated(42, 240)
    record.look(past(first))
    record.look(past(first, second))
    found = record.look(past(replace(first, revision=2, treated_min=100.0), second))
    assert [(one.about, one.state, one.newest) for one in found] == [
        ("treatment 1", FindingState.ACTIVE, False),
        ("treatment 2", FindingState.NORMAL, True),
    ]


def test_a_prescription_that_changes_leaves_what_was_found_and_a_weight_that_is_entered_does_not() -> None:
    (r27,) = [rule for rule in RULES if rule.id == "R27"]
    record, evening = Record(r27), treated(18, weight_after_kg=71.5)
    assert [one.state for one in record.look(past(evening, target_weight_kg=70.0))] == [FindingState.ACTIVE]
    assert record.look(past(evening, target_weight_kg=72.0)) == []
    entered = past(
        evening, target_weight_kg=70.0, measured=((Measured.WEIGHT_AFTER, 70.1, 0), (Measured.WEIGHT_AFTER, 70.1, 23))
    )
    assert [one.state for one in record.look(entered)] == [FindingState.NORMAL]


def test_own_limits_hold_from_their_moment_and_stand_with_the_finding() -> None:
    own = Arranged(treated(42).start_us, Limits(rule="R25", limits={"low_min": 200.0, "medium_min": 220.0}))
    evenings = past(treated(18, 100))
    record = Record(R25)
    (before,) = record.look(replace(evenings, arranged=(*evenings.arranged, own)))
    later = past(treated(18, 100), treated(42, 100))
    (after,) = record.look(replace(later, arranged=(*later.arranged, own)))
    assert (before.state, before.limits["low_min"]) == (FindingState.ACTIVE, 10.0)
    assert (after.state, after.limits["low_min"]) == (FindingState.NORMAL, 200.0)


def test_people_are_to_see_each_shortened_treatment_but_not_one_twice() -> None:
    record = Record(R25)
    (first,) = record.look(past(treated(18, 100)))
    longer = replace(treated(18, 100), revision=2, treated_min=215.0)
    (revised,) = record.look(past(longer))
    (next_one,) = record.look(past(longer, treated(42, 100)))
    assert [first.again, revised.again, next_one.again] == [True, False, True]
    assert revised.priority is Priority.LOW


def test_the_next_look_is_the_earliest_any_rule_asks_for() -> None:
    now = replace(past(now_h=10), bound_us=NOW_US)
    assert review(RULES, now, {}).next_us == NOW_US + 18 * 3_600_000_000
    assert review([R25], now, {}).next_us is None


def test_limits_that_cannot_be_are_an_error_and_not_a_finding() -> None:
    now = past(treated(18, 100))
    broken = Arranged(0, Limits(rule="R25", limits={"colour": 1.0}))
    with pytest.raises(ValueError, match="colour"):
        review([R25], replace(now, arranged=(*now.arranged, broken)), {})


def test_what_is_entered_within_half_a_day_of_the_end_is_about_it_and_what_comes_later_is_not() -> None:
    evening = treated(18, weight_after_kg=71.5)  # ends at 22 h
    for at_h, stands in ((34, False), (34.01, True)):
        plain = past(evening, target_weight_kg=70.0)
        entered = past(
            evening, target_weight_kg=70.0, measured=((Measured.ACCESS_FLOW, 900, 0), (Measured.ACCESS_FLOW, 900, at_h))
        )
        assert (basis(plain, plain.treatments[0]) == basis(entered, entered.treatments[0])) is stands


def test_a_treatment_is_judged_once_it_is_over_and_summarised() -> None:
    for waits in (replace(treated(18, 100), summarised=False), replace(treated(18, 100), end_us=None)):
        assert Record(R25).look(past(waits)) == []


def test_what_people_have_seen_of_the_newest_is_not_to_be_seen_again_because_an_older_one_changed() -> None:
    record = Record(R25)
    first, second = treated(18, 240), treated(42, 100)
    record.look(past(first))
    record.look(past(first, second))
    older, newest = record.look(past(replace(first, revision=2, treated_min=100.0), second))
    assert (older.again, newest.again) == (True, False)


def test_what_was_lacking_and_is_arranged_afterwards_is_told_of_the_newest() -> None:
    record = Record(R25)
    two = (treated(18, 100), treated(42, 100))
    record.look(past(two[0], arranged=()))
    (lacks,) = record.look(past(*two, arranged=()))
    assert lacks.state is FindingState.NOT_EVALUATED
    assert record.look(past(*two, arranged=())) == []
    assert [(one.about, one.state) for one in record.look(past(*two))] == [("treatment 2", FindingState.ACTIVE)]
    assert record.look(past(*two)) == []
