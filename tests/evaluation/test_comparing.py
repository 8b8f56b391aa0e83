"""Which alerts two ways of judging have in common, by what stood when."""

from __future__ import annotations

from alerts.records import Transition
from evaluation.comparing import Change, PastAlert, RuleDifference, Tally, difference, evaluated_us, past_alert, total
from evaluation.episodes import episodes
from store.ended_treatments import Ended
from store.patients import Prescription
from telemetry.alarms import FindingState, Priority

HIGH, MEDIUM = Priority.HIGH, Priority.MEDIUM
ENDED = Ended(7, "u1", 3, 1, 0, 1_000, None, Prescription())


def told(at: int, state: FindingState, priority: Priority | None = None, rule: str = "R13") -> Transition:
    return Transition(0, "t", at, rule, "1.0.0+x", priority, state, f"{state} at {at}", {}, {})


def alert(begun: int, ended: int, priority: Priority = MEDIUM, treatment: int = 1) -> PastAlert:
    return PastAlert(treatment, "R13", priority, "so", begun, begun + 15, ended)


def compared(old: list[PastAlert], new: list[PastAlert]) -> RuleDifference:
    return difference("R13", "Venous pressure high", Tally("1", old), Tally("2", new))


def test_an_alert_is_told_with_its_highest_priority_and_the_sentence_of_then() -> None:
    found = episodes(
        ENDED,
        [
            told(100, FindingState.PENDING, MEDIUM),
            told(115, FindingState.ACTIVE, MEDIUM),
            told(120, FindingState.ACTIVE, HIGH),
            told(130, FindingState.ACTIVE, MEDIUM),
            told(300, FindingState.NORMAL),
        ],
    )
    assert [past_alert(ENDED, one) for one in found] == [PastAlert(3, "R13", HIGH, "active at 120", 100, 115, 300)]


def test_the_same_cause_at_the_same_time_is_the_same_alert() -> None:
    # Told later, over sooner: a higher limit with the same cause.
    found = compared([alert(100, 300)], [alert(150, 250)])
    assert (found.gone, found.added, found.changed) == ([], [], [])


def test_what_is_gone_new_and_of_another_priority() -> None:
    weaker = Change(alert(100, 300, HIGH), alert(110, 200, MEDIUM))
    found = compared([weaker.old, alert(400, 500)], [alert(600, 700), weaker.new])
    assert (found.gone, found.added, found.changed) == ([alert(400, 500)], [alert(600, 700)], [weaker])


def test_each_is_the_same_as_one_other_only() -> None:
    found = compared([alert(100, 900)], [alert(100, 300), alert(500, 800)])
    assert (found.gone, found.added) == ([], [alert(500, 800)])
    found = compared([alert(100, 300), alert(500, 800)], [alert(100, 900)])
    assert (found.gone, found.added) == ([alert(500, 800)], [])


def test_another_treatment_is_another_alert() -> None:
    found = compared([alert(100, 300)], [alert(100, 300, treatment=2)])
    assert (len(found.gone), len(found.added)) == (1, 1)


def test_a_rule_that_only_one_has() -> None:
    only_old = difference("R13", "", Tally("1", [alert(1, 2), alert(5, 6)]), None)
    only_new = difference("R99", "", None, Tally("1", [alert(1, 2)]))
    assert (len(only_old.gone), only_old.added, only_new.gone, len(only_new.added)) == (2, [], [], 1)
    assert total([only_old, only_new]) == (2, 1)


def test_how_long_a_rule_had_an_answer() -> None:
    states = [(10, FindingState.NORMAL), (200, FindingState.NOT_EVALUATED), (500, FindingState.PENDING),
              (600, FindingState.ACTIVE), (700, FindingState.NORMAL)]  # fmt: skip
    transitions = [told(at, state) for at, state in states]
    assert evaluated_us(ENDED, transitions) == {"R13": 190 + 500}
    assert evaluated_us(ENDED, [told(10, FindingState.NOT_EVALUATED)]) == {}
    assert evaluated_us(ENDED, [told(1_001, FindingState.NORMAL)]) == {"R13": 0}
