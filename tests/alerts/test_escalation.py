"""Whom a step addresses, and the reason it gives."""

from __future__ import annotations

import pytest

from alerts.escalation import PLANS, Addressed, People, Step, StepKind, Told, Way, addressed
from telemetry.alarms import Priority

ANNA, BORIS, CHEN, DINA = 1, 2, 3, 4
WAYS = (Way(11, ANNA, 1), Way(12, ANNA, 2), Way(21, BORIS, 1), Way(31, CHEN, 2), Way(41, DINA, 1), Way(42, DINA, 2))
PEOPLE = People((ANNA,), (BORIS,), (ANNA, BORIS, CHEN), (DINA,))


def channels(found: Addressed) -> list[int]:
    return [way.channel_id for way in found.ways]


def ask(kind: StepKind, priority: Priority = Priority.HIGH, people: People = PEOPLE, told: Told = Told()) -> Addressed:  # noqa: B008
    return addressed(kind, priority, people, WAYS, told)


def test_the_times_of_the_specification() -> None:
    assert [(step.kind, step.after_s) for step in PLANS[Priority.HIGH][:-1]] == [
        ("first", 0), ("second channel", 30), ("backup", 120), ("everyone", 240), ("pathway", 360),
    ]  # fmt: skip
    assert [step.after_s for step in PLANS[Priority.MEDIUM]][:-1] == [0, 300, 600, 1200]
    assert PLANS[Priority.LOW] == ()
    # What nobody has accepted begins anew, with IEC 60601-1-8's quarter of an hour at the most in between.
    for plan in (PLANS[Priority.HIGH], PLANS[Priority.MEDIUM]):
        assert plan[-1] == Step(StepKind.REPEAT, plan[-1].after_s)
        assert 0 < plan[-1].after_s - plan[-2].after_s <= 15 * 60
        assert list(plan) == sorted(plan, key=lambda step: step.after_s)


def test_the_first_is_asked_by_first_channels_the_others_by_all_when_it_is_high() -> None:
    assert channels(ask(StepKind.FIRST)) == [11]
    assert channels(ask(StepKind.BACKUP)) == [21]
    assert channels(ask(StepKind.PATHWAY, people=People(pathway=(DINA,)))) == [41, 42]
    assert channels(ask(StepKind.PATHWAY, Priority.MEDIUM, People(pathway=(DINA,)))) == [41]


def test_whoever_has_only_a_second_channel_is_asked_by_it() -> None:
    assert channels(ask(StepKind.FIRST, people=People(first=(CHEN,)))) == [31]


def test_no_channel_twice_in_a_round() -> None:
    assert channels(ask(StepKind.EVERYONE, told=Told(used=frozenset({11, 21})))) == [12, 31]


@pytest.mark.parametrize(
    ("told", "expected", "reason"),
    [
        (Told(used=frozenset({11})), [12], "no receipt within 30 s"),
        (Told(used=frozenset({11}), received=frozenset({ANNA})), [], "a device has said it got the message"),
        (Told(used=frozenset({11}), rejected=frozenset({ANNA})), [], "or it was rejected"),
        (Told(used=frozenset({11, 12})), [], "no receipt, and no second channel"),
    ],
)
def test_the_second_channel(told: Told, expected: list[int], reason: str) -> None:
    found = ask(StepKind.SECOND_CHANNEL, told=told)
    assert channels(found) == expected and reason in found.reason


@pytest.mark.parametrize(
    ("people", "told", "reason"),
    [
        (People(), Told(), "nobody is on call"),
        (PEOPLE, Told(rejected=frozenset({BORIS})), "has rejected"),
        (People(backup=(9,)), Told(), "1 on call without any channel"),
        (PEOPLE, Told(used=frozenset({21})), "each was used in this round"),
    ],
)
def test_a_step_that_reaches_nobody_says_why(people: People, told: Told, reason: str) -> None:
    found = ask(StepKind.BACKUP, people=people, told=told)
    assert found.nobody and reason in found.reason
