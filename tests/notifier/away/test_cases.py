"""One case: decisions and steps. Whole nights are in test_pager."""

from __future__ import annotations

from itertools import count

import pytest

from alerts.escalation import People, StepKind, Way
from alerts.responsibility import Answerable, Standing
from alerts.routing import AlertFacts, Home
from notifier.away.cases import MAX_ROUNDS, Case, Now
from notifier.away.records import PageOf, Step
from telemetry.alarms import ConditionState, Priority

HIGH, UNACKNOWLEDGED = Priority.HIGH, ConditionState.ACTIVE_UNACKNOWLEDGED
PEOPLE = People((1,), (2,), (1, 2, 3), (4,))
WAYS = [Way(user * 10 + tier, user, tier) for user in (1, 2, 3, 4) for tier in (1, 2)]
numbers = count(1)


def receipt() -> str:
    return f"{next(numbers):032x}"


def facts(priority: Priority = HIGH, state: ConditionState = UNACKNOWLEDGED) -> list[AlertFacts]:
    return [AlertFacts(-1, "R10", "venous access", priority, state)]


def at(seconds: float, late_s: float = 0, screens: frozenset[int] = frozenset()) -> Now:
    return Now(round(seconds * 1e6), round(late_s * 1e6), PEOPLE, WAYS, screens)


def case(state: Answerable = Answerable.NOBODY) -> Case:
    return Case(1, "venous access", Standing(state, HIGH))


def heard(kind: str, *channels: int, number: int = 1, began_s: float = 0) -> Step:
    pages = [PageOf(channel, channel // 10, receipt()) for channel in channels]
    return Step(
        "b", 1, "venous access", number, 0, StepKind(kind), Priority.HIGH, round(began_s * 1e6), 0, "asked", pages
    )


def channels(steps: list[Step]) -> list[int]:
    return [page.channel_id for step in steps for page in step.pages]


def test_a_turn_later_a_step_is_ours_and_what_another_sent_is_left_out() -> None:
    one = case()
    assert one.advance(facts(), Home(), at(0, 3), receipt) == []
    one.hear(heard("first", 11))
    (step,) = one.advance(facts(), Home(), at(3, 3), receipt)
    assert (step.kind, step.pages, step.reason) == ("first", [], "another notifier has asked them")
    assert channels(one.advance(facts(), Home(), at(34, 3), receipt)) == [12]


def test_a_step_that_another_has_sent_hurries_nothing_and_one_that_reaches_nobody_does() -> None:
    one, alone = case(), case()
    for made in (one, alone):
        made.advance(facts(), Home(), at(0, 3), receipt)
    one.hear(heard("first", 11))
    nobody = Now(3_000_000, 3_000_000, People((), (2,), (2,)), WAYS)
    assert [step.kind for step in alone.advance(facts(), Home(), nobody, receipt)] == [
        "first", "second channel", "backup",
    ]  # fmt: skip
    assert [step.kind for step in one.advance(facts(), Home(), nobody, receipt)] == ["first"]


def test_a_screen_is_noted_and_is_nobody_reached() -> None:
    one = case()
    only_screens = frozenset({11, 12})
    kinds = [step.kind for step in one.advance(facts(), Home(), at(0, screens=only_screens), receipt)]
    assert kinds == ["first", "second channel", "backup"]


def test_it_ends_after_so_many_rounds_and_a_rise_begins_the_count_anew() -> None:
    one = case()
    medium = facts(Priority.MEDIUM)
    for minute in range(MAX_ROUNDS * 35 + 200):
        one.advance(medium, Home(), at(minute * 60), receipt)
    assert one.standing.round == MAX_ROUNDS
    one.advance(facts(), Home(), at(10**6), receipt)
    assert (one.standing.round, one.rounds) == (MAX_ROUNDS + 1, 1)


def test_an_older_round_of_another_is_no_news_and_a_newer_one_is_ours_too() -> None:
    one = case()
    one.advance(facts(), Home(), at(0), receipt)
    one.hear(heard("first", 21, number=3, began_s=5))
    one.hear(heard("first", 31, number=2, began_s=1))
    assert (one.standing.round, one.began_us, one.used) == (3, 5_000_000, {21})


def test_what_is_over_is_begun_again_by_nobody_else_s_late_word() -> None:
    one = case()
    one.advance(facts(), Home(), at(0), receipt)
    one.advance(facts(state=ConditionState.NORMAL), Home(), at(1), receipt)
    one.hear(heard("first", 11))
    assert one.standing.state is Answerable.OVER
    assert not one.asks


def test_resumed_it_goes_on_after_its_own_steps_and_takes_those_of_others() -> None:
    one = case()
    own = one.advance(facts(), Home(), at(0), receipt)
    again = case()
    again.resume([*own, heard("second channel", 12)])
    assert again.done == {StepKind.FIRST}
    assert channels(again.advance(facts(), Home(), at(31), receipt)) == []
    assert again.rounds == 1


@pytest.mark.parametrize("kind", ["pathway"])
def test_resumed_after_the_last_step_everybody_was_asked(kind: str) -> None:
    again = case()
    again.resume([Step("", 1, "venous access", 1, 4, StepKind(kind), Priority.HIGH, 0, 0, "asked", [])])
    assert again.standing.state is Answerable.UNANSWERED
    assert [step.kind for step in again.advance(facts(), Home(), at(479), receipt)] == [
        "first", "second channel", "backup", "everyone",
    ]  # fmt: skip
