"""What the nuisance score says, and that it is a share whatever is counted."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.load import nuisance
from alerts.load.rows import AlertStory
from telemetry.alarms import Priority

S = 1_000_000
ANSWERED = AlertStory(1, "R13", 7, Priority.MEDIUM, 0, over_us=300 * S, answered_us=60 * S, called=True)


def stories(each: int) -> st.SearchStrategy[list[AlertStory]]:
    seconds = st.integers(0, 600).map(lambda n: n * S)
    one = st.builds(
        AlertStory, st.just(0), st.sampled_from(["R10", "R13"]), st.integers(1, 2), st.sampled_from(Priority), seconds,
        over_us=st.none() | seconds, answered_us=st.none() | seconds, called=st.booleans(), rejected=st.booleans(),
        shelved=st.booleans(),
    )  # fmt: skip
    return st.lists(one, max_size=each).map(lambda found: [replace(a, alert_id=n) for n, a in enumerate(found)])


@pytest.mark.parametrize(
    ("alert", "expected"),
    [
        (ANSWERED, 0.0),
        (replace(ANSWERED, answered_us=None), 1.0),  # went away by itself
        (replace(ANSWERED, answered_us=None, over_us=None), 0.0),  # may still be answered
        (replace(ANSWERED, answered_us=None, over_us=None, rejected=True), 1.0),
        (replace(ANSWERED, rejected=True), 0.0),  # one rejected, another answered
        (replace(ANSWERED, shelved=True), 1.0),
        (replace(ANSWERED, answered_us=None, called=False), 0.0),  # the work list: nobody was called
    ],
)
def test_one_alert(alert: AlertStory, expected: float) -> None:
    assert nuisance.score([alert]) == expected


def test_three_within_a_minute_are_for_nothing_though_each_was_answered() -> None:
    three = [replace(ANSWERED, alert_id=n, since_us=n * 20 * S) for n in range(3)]
    assert nuisance.score(three) == 1.0
    assert nuisance.score(three[:2]) == 0.0
    assert nuisance.score([*three[:2], replace(three[2], unit_id=8)]) == 0.0  # of another home


def test_words() -> None:
    assert [nuisance.word(score) for score in (None, 0.0, 0.2, 0.21, 0.5, 1.0)] == [
        "no alerts", "useful", "useful", "mixed", "noisy", "noisy",
    ]  # fmt: skip
    assert nuisance.score([]) is None


@given(stories(12))
def test_a_share_in_any_order(alerts: list[AlertStory]) -> None:
    score = nuisance.score(alerts)
    assert (score is None) == (not alerts)
    assert score is None or 0.0 <= score <= 1.0
    assert nuisance.score(alerts[::-1]) == score


@given(stories(12), st.data())
def test_an_answer_never_makes_it_worse_and_setting_aside_never_better(
    alerts: list[AlertStory], data: st.DataObject
) -> None:
    if not alerts:
        return
    n = data.draw(st.integers(0, len(alerts) - 1))
    score = nuisance.score(alerts) or 0.0
    answered = [*alerts[:n], replace(alerts[n], answered_us=1), *alerts[n + 1 :]]
    shelved = [*alerts[:n], replace(alerts[n], shelved=True), *alerts[n + 1 :]]
    assert (nuisance.score(answered) or 0.0) <= score <= (nuisance.score(shelved) or 0.0)
