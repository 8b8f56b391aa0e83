from __future__ import annotations

from dataclasses import replace
from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from alerts.lifecycle import Condition
from alerts.records import Transition
from evaluation.alerting import Found, Key, Standing, steps
from ingest.unsaved import MAX_STEPS, Attempt, Unsaved, fold
from telemetry.alarms import ConditionState, FindingState, Priority

NOW = 1_700_000_000_000_000
ACTIVE, NORMAL = FindingState.ACTIVE, FindingState.NORMAL
NAMES = {1: "u1", 2: "u2"}


def latches(rule: str) -> bool:
    return rule == "R10"


def found(
    state: FindingState, priority: Priority | None = None, *, rule: str = "R13", at: int = 0, unit_id: int = 1
) -> Found:
    name = NAMES[unit_id]
    transition = Transition(0, name, NOW + at, rule, "1.0.0+abc", priority, state, f"said at {at}", {}, {})
    return Found(unit_id, transition, NOW + at)


def test_an_alert_is_told_as_it_stands_with_the_reason_it_was_raised_for() -> None:
    unsaved = Unsaved({}, latches)
    unsaved.add([found(ACTIVE, Priority.MEDIUM, rule="R10", at=1), found(ACTIVE, Priority.HIGH, rule="R10", at=2)])
    unsaved.add([found(NORMAL, rule="R10", at=3)])

    (alert,) = unsaved.alerts(NAMES)
    assert (alert.state, alert.priority) == ("latched, clear", "high")
    assert (alert.since_us, alert.time_us, alert.reason) == (NOW + 1, NOW + 2, "said at 2")


def test_the_important_ones_come_first() -> None:
    unsaved = Unsaved({}, latches)
    unsaved.add([
        found(ACTIVE, Priority.LOW, rule="R1", at=9),
        found(ACTIVE, Priority.HIGH, rule="R2", at=1),
        found(ACTIVE, Priority.HIGH, rule="R3", at=2, unit_id=2),
        found(ACTIVE, Priority.MEDIUM, rule="R4", at=3),
    ])  # fmt: skip

    assert [(a.rule, a.unit) for a in unsaved.alerts(NAMES)] == [
        ("R3", "u2"), ("R2", "u1"), ("R4", "u1"), ("R1", "u1"),
    ]  # fmt: skip
    assert [a.rule for a in unsaved.alerts({2: "u2"})] == ["R3"]


def test_a_finding_that_moves_no_alert_is_nothing_to_save() -> None:
    unsaved = Unsaved({}, latches)
    unsaved.add([found(FindingState.PENDING, Priority.HIGH), found(NORMAL), found(FindingState.NOT_EVALUATED)])

    assert unsaved.units() == []
    assert len(unsaved) == 0


def test_what_is_saved_is_told_no_more_and_what_came_after_is() -> None:
    unsaved = Unsaved({}, latches)
    unsaved.add([found(ACTIVE, Priority.LOW, rule="R1"), found(ACTIVE, Priority.LOW, rule="R2", at=5)])
    unsaved.attempts[1] = Attempt(17, 1)

    assert unsaved.settled(1, 1) == 1
    assert [a.rule for a in unsaved.alerts(NAMES)] == ["R2"]
    assert [one.transition.rule for one in unsaved.steps(1)] == ["R2"]
    assert unsaved.settled(1) == 1
    assert unsaved.units() == []
    assert unsaved.alerts(NAMES) == []
    assert unsaved.attempts == {}


def test_a_rule_that_flaps_for_days_takes_no_more_memory() -> None:
    unsaved = Unsaved({}, latches)
    for at in range(0, 10_000, 2):
        unsaved.add([found(ACTIVE, Priority.HIGH, at=at), found(NORMAL, at=at + 1)])
        assert len(unsaved.steps(1)) <= MAX_STEPS

    assert unsaved.folded > 9_000
    assert [a.state for a in unsaved.alerts(NAMES)] == ["normal"]


def test_folding_keeps_that_something_was_found_once_more() -> None:
    first, later = found(ACTIVE, Priority.HIGH, rule="R10"), found(ACTIVE, Priority.HIGH, rule="R10", at=9)
    again = first._replace(transition=replace(first.transition, again=True, time_us=NOW + 5))
    seen = {(1, "R10"): Standing(9, Condition(ConditionState.ACTIVE_ACKNOWLEDGED, Priority.HIGH, latching=True), NOW)}
    _, after = steps(fold([first, again, later]), seen, latches, count(1))
    assert after[1, "R10"].condition.state is ConditionState.ACTIVE_UNACKNOWLEDGED


def test_what_is_told_anew_is_said_to_be_until_it_begins_once_more() -> None:
    unsaved = Unsaved({}, latches)
    first, later = found(ACTIVE, Priority.HIGH), found(ACTIVE, Priority.HIGH, at=5)

    def told() -> bool:
        (alert,) = unsaved.alerts(NAMES)
        return alert.again

    unsaved.add([first])
    assert not told()
    unsaved.add([later._replace(transition=replace(later.transition, again=True))])
    assert told()
    unsaved.add([found(NORMAL, at=6)])
    assert told()
    unsaved.add([found(ACTIVE, Priority.HIGH, at=9)])
    assert not told()


def test_what_a_save_of_unknown_outcome_held_stays_countable() -> None:
    unsaved = Unsaved({}, latches)
    unsaved.add([found(ACTIVE, Priority.HIGH), found(NORMAL, at=1), found(ACTIVE, Priority.HIGH, at=2)])
    first = unsaved.steps(1)
    unsaved.attempts[1] = Attempt(17, 3)
    for at in range(3, 1000, 2):
        unsaved.add([found(NORMAL, at=at), found(ACTIVE, Priority.HIGH, at=at + 1)])

    assert unsaved.steps(1)[:3] == first
    assert len(unsaved.steps(1)) <= 3 + MAX_STEPS


HISTORY = st.lists(
    st.tuples(
        st.sampled_from(["R10", "R13"]), st.sampled_from(list(FindingState)), st.sampled_from([*Priority, None])
    ),
    max_size=14,
)  # fmt: skip


@given(HISTORY, st.integers(0, 14))
def test_folding_leaves_every_alert_as_all_the_steps_do(
    history: list[tuple[str, FindingState, Priority | None]], cut: int
) -> None:
    order = [
        found(state, priority or Priority.LOW if state is ACTIVE else priority, rule=rule, at=at)
        for at, (rule, state, priority) in enumerate(history)
    ]
    before = steps(order[:cut], {}, latches, count(1))[1]
    unsaved = Unsaved(before, latches)
    unsaved.add(order[cut:])
    kept = unsaved.steps(1)

    assert standing(fold(kept), before) == standing(order[cut:], before)


def standing(order: list[Found], before: dict[Key, Standing]) -> dict[Key, tuple[ConditionState, Priority | None]]:
    after = steps(order, before, latches, count(100))[1]
    return {key: (now.condition.state, now.condition.priority) for key, now in after.items()}
