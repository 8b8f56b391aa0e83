from __future__ import annotations

import pytest

from bench import rules_score as score
from bench.rules_run import Alert, Outcome


def outcome(*rules: Alert, naive: tuple[Alert, ...] = (), group: str = "", low: bool = False) -> Outcome:
    onset, until = (1000.0, 1200.0) if group else (float("inf"), float("inf"))
    found = Outcome(group, onset, until, frozenset({"R13"}), frozenset({"venous pressure high"}), (), 3600, low)
    found.rules, found.naive = list(rules), list(naive)
    return found


def test_an_alert_without_a_fault_is_false_but_not_one_about_a_pressure_that_is_low() -> None:
    low, high = Alert("R01", "medium", 10), Alert("R13", "high", 10)
    told = [outcome(low, high), outcome(low, high, low=True), outcome(high, group="air")]
    assert score.false_alerts(told, score.of_rules) == [low, high, high]
    assert score.counted([high, low, Alert("R13", "medium", 3), high]) == [
        ("R01", "medium", 1), ("R13", "high", 2), ("R13", "medium", 1),
    ]  # fmt: skip


def test_alerts_of_one_limit_within_a_minute_are_one() -> None:
    times = (0, 30, 90, 151, 400)
    naive = (*(Alert("venous pressure high", "medium", t) for t in times), Alert("silence", "medium", 401))
    assert score.false_episodes([outcome(naive=naive)], score.of_naive) == 4


def test_a_fault_is_found_by_its_own_rules_from_its_onset_to_shortly_after_its_end() -> None:
    def at(second: int, by: str = "R13") -> Outcome:
        return outcome(Alert("R13", "high", 900), Alert(by, "high", second), group="stenosis")

    told = [at(1000), at(1015), at(1230), at(1231), at(1001, "R14")]
    found = score.found(told, score.of_rules)
    assert found == score.Found(5, (0.0, 15.0, 230.0))
    assert (found.share, found.median_s, found.p90_s) == (0.6, 15.0, 230.0)


def test_fewer_and_later_are_said_and_neither_is_met() -> None:
    three, late, two = score.Found(4, (1.0, 2.0, 3.0)), score.Found(4, (1.0, 2.5, 3.0)), score.Found(4, (1.0, 1.0))
    none = score.Found(4, ())
    assert score.is_met(three, three) and score.is_met(three, none) and score.is_met(none, none)
    assert not any(score.is_met(*pair) for pair in ((late, three), (two, three), (none, three)))
    assert score.verdict(two, three) == "**25 points fewer seen**"
    assert score.verdict(three, two) == "**later by 1 s**"
    assert (
        score.verdict(none, three) == "missed by the rules" and score.verdict(three, none) == "seen by the rules only"
    )


@pytest.mark.parametrize(("count", "exact"), [(0, 3.689), (1, 5.572), (10, 18.390), (100, 121.627)])
def test_the_upper_bound_is_that_of_the_tables(count: int, exact: float) -> None:
    # Garwood's exact two-sided 95 % limits (chi-square over two).
    assert score.at_most(count) == pytest.approx(exact, rel=0.02)


def test_hypotension_that_never_was_low_stands_apart() -> None:
    told = [outcome(group="hypotension", low=low) for low in (True, False, True)] + [outcome()]
    assert {name: len(those) for name, those in score.groups(told).items()} == {
        "hypotension, stays above the limit": 1, "hypotension, truly below the limit": 2,
    }  # fmt: skip


def test_a_false_alert_is_put_down_to_what_lasts_or_ended_a_minute_ago() -> None:
    told = outcome(*(Alert("R10", "high", at) for at in (99, 100, 160, 230, 310, 311)))
    told.everyday = (("arm", 100.0, 250.0), ("line", 150.0, 200.0))
    # At 99 neither has begun; at 230 the line was freed after the arm was moved; at 311 both are long over.
    assert score.came_with([told]) == [("R10", "arm", 2), ("R10", "line", 2), ("R10", "nothing", 2)]


def test_a_fault_that_is_no_news_to_an_alert_that_came_before_is_counted() -> None:
    before, never = Alert("R13", "high", 900), Alert("R14", "high", 900)
    told = [
        outcome(before, group="stenosis"),
        outcome(before, Alert("R13", "high", 1100), group="stenosis"),
        outcome(never, group="stenosis"),
    ]
    assert score.stood_before(told) == 1
