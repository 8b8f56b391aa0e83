"""Every stage has its reason, the first that speaks decides, and together they move the notice."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.responsibility import TABLE, Answerable, Move, Standing
from alerts.routing import CLOSED, STAGES, AlertFacts, Home, Verdict, decide, judge
from alerts.shelving import Shelf, ShelfKind
from alerts.silence import TreatmentEnd
from telemetry.alarms import ConditionState, Priority
from telemetry.treatment import EndKnown

NOW_US = 1_750_000_000_000_000
ALERT = AlertFacts(1, "R10", "venous access", Priority.HIGH, ConditionState.ACTIVE_UNACKNOWLEDGED)
SHELF = Shelf(ShelfKind.TIMED, Priority.HIGH, 1, NOW_US + 1)
ENDED = TreatmentEnd(NOW_US - 9, NOW_US, EndKnown.MACHINE)
OUT = Home(out_of_service="pump swapped", out_until_us=NOW_US + 9)


@pytest.mark.parametrize(
    ("facts", "home", "verdict", "stage"),
    [
        ({}, Home(), Verdict.ASK, "ask"),
        ({"state": ConditionState.LATCHED_CLEAR}, Home(), Verdict.ASK, "ask"),
        ({"state": ConditionState.NORMAL, "late": True}, Home(), Verdict.OVER, "over"),
        ({"late": True, "shelf": SHELF}, OUT, Verdict.LIST, "late"),
        ({}, Home(in_treatment=True, is_test=True), Verdict.LIST, "test"),
        ({"state": ConditionState.NORMAL}, Home(is_test=True), Verdict.OVER, "over"),
        ({"between": True}, Home(), Verdict.LIST, "between treatments"),
        ({"shelf": SHELF}, OUT, Verdict.HOLD, "out of service"),
        ({"shelf": SHELF}, replace(OUT, in_treatment=True), Verdict.HOLD, "shelved"),
        ({}, replace(OUT, in_treatment=True), Verdict.ASK, "ask"),
        ({"shelf": replace(SHELF, until_us=NOW_US)}, Home(), Verdict.ASK, "ask"),
        ({"shelf": replace(SHELF, priority=Priority.MEDIUM)}, Home(), Verdict.ASK, "ask"),
        ({"shelf": SHELF, "again": True}, Home(), Verdict.ASK, "told anew"),
        ({"shelf": SHELF, "again": True}, OUT, Verdict.HOLD, "out of service"),
        ({"cause": "telemetry", "since_us": NOW_US}, Home(ended=ENDED), Verdict.LIST, "treatment ended"),
        ({"cause": "telemetry", "since_us": NOW_US}, Home(True, ended=ENDED), Verdict.ASK, "silence"),
        ({"since_us": NOW_US}, Home(ended=ENDED), Verdict.ASK, "ask"),
        ({"cause": "telemetry"}, Home(own_fault="broker"), Verdict.HOLD, "our own fault"),
        ({}, Home(own_fault="broker"), Verdict.ASK, "ask"),
        ({"state": ConditionState.ACTIVE_ACKNOWLEDGED}, Home(), Verdict.SEEN, "acknowledged"),
        ({"priority": Priority.LOW}, Home(), Verdict.LIST, "low priority"),
    ],
)
def test_stages(facts: dict[str, Any], home: Home, verdict: Verdict, stage: str) -> None:
    word = judge(replace(ALERT, **facts), home, NOW_US)
    assert (word.verdict, word.stage) == (verdict, stage) and word.reason


ALERTS = st.builds(
    AlertFacts,
    alert_id=st.integers(1, 5),
    rule=st.just("R10"),
    cause=st.sampled_from(["telemetry", "air"]),
    priority=st.sampled_from(Priority),
    state=st.sampled_from(ConditionState),
    late=st.booleans(),
    between=st.booleans(),
    shelf=st.none() | st.just(SHELF),
    again=st.booleans(),
)
HOMES = st.builds(
    Home, in_treatment=st.booleans(), out_of_service=st.sampled_from(["", "x"]), out_until_us=st.just(NOW_US + 5),
    own_fault=st.sampled_from(["", "y"]),
)  # fmt: skip
STANDINGS = st.builds(
    Standing, state=st.sampled_from([s for s in Answerable if s is not Answerable.OVER]),
    priority=st.sampled_from(Priority), round=st.just(1), by=st.just(4), until_us=st.sampled_from([NOW_US, NOW_US + 1]),
)  # fmt: skip


@given(STANDINGS, st.lists(ALERTS, max_size=4), HOMES)
def test_what_is_to_be_asked_is_never_left_with_nobody(
    standing: Standing, alerts: list[AlertFacts], home: Home
) -> None:
    judged = [(alert, judge(alert, home, NOW_US)) for alert in alerts]
    decision = decide(standing, judged, NOW_US)
    asks = [alert.priority for alert, word in judged if word.verdict is Verdict.ASK]
    state = standing.state if decision.move is None else TABLE.get((standing.state, decision.move), standing.state)
    if asks:
        assert state in (Answerable.ASKING, Answerable.ACCEPTED, Answerable.UNANSWERED)
    if not any(word.verdict is not Verdict.OVER for _, word in judged):
        assert decision.move is Move.RESOLVE
    else:
        assert decision.move is not Move.RESOLVE and decision.reason
    # A held one is looked at again when the hold may be over.
    held = [word.again_us for _, word in judged if word.verdict is Verdict.HOLD]
    assert not held or (decision.again_us is not None and decision.again_us <= min(a for a in held if a is not None))


def test_a_rise_asks_anew_and_the_same_does_not() -> None:
    accepted = Standing(Answerable.ACCEPTED, Priority.MEDIUM, 1, 4, NOW_US + 60)
    medium = replace(ALERT, priority=Priority.MEDIUM)
    same = decide(accepted, [(medium, judge(medium, Home(), NOW_US))], NOW_US)
    assert same.move is None and same.again_us == NOW_US + 60 and "accepted" in same.reason
    risen = decide(accepted, [(ALERT, judge(ALERT, Home(), NOW_US))], NOW_US)
    assert (risen.move, risen.priority, risen.reason) == (
        Move.ASK, Priority.HIGH, "priority rose from medium to high",
    )  # fmt: skip


@pytest.mark.parametrize("state", [Answerable.ASKING, Answerable.UNANSWERED, Answerable.ACCEPTED])
def test_what_falls_to_low_asks_nobody_any_more_and_stays_with_whoever_took_it(state: Answerable) -> None:
    low = replace(ALERT, priority=Priority.LOW)
    standing = Standing(state, Priority.MEDIUM, 1, 4, NOW_US + 60)
    decision = decide(standing, [(low, judge(low, Home(), NOW_US))], NOW_US)
    assert decision.move is (None if state is Answerable.ACCEPTED else Move.HOLD) and decision.reason


@pytest.mark.parametrize(
    ("priority", "move"), [(Priority.HIGH, Move.EXPIRE), (Priority.MEDIUM, Move.EXPIRE), (Priority.LOW, Move.HOLD)]
)
def test_an_acceptance_that_has_lasted_its_time(priority: Priority, move: Move) -> None:
    seen = replace(ALERT, priority=priority, state=ConditionState.ACTIVE_ACKNOWLEDGED)
    standing = Standing(Answerable.ACCEPTED, priority, 1, 4, NOW_US)
    assert decide(standing, [(seen, judge(seen, Home(), NOW_US))], NOW_US).move is move


def test_the_last_stage_always_speaks() -> None:
    assert STAGES[-1](ALERT, Home(), NOW_US) is not None


def test_what_a_closed_account_has_accepted_is_nobody_s() -> None:
    accepted = Standing(Answerable.ACCEPTED, Priority.HIGH, 1, 4, NOW_US + 60)
    seen = replace(ALERT, state=ConditionState.ACTIVE_ACKNOWLEDGED)
    judged = [(seen, judge(seen, Home(), NOW_US))]
    assert decide(accepted, judged, NOW_US).move is None
    given_back = decide(accepted, judged, NOW_US, closed=True)
    assert (given_back.move, given_back.reason) == (Move.EXPIRE, CLOSED)
    # Of one that nobody has accepted it says nothing.
    asking = Standing(Answerable.ASKING, Priority.HIGH, 1)
    assert decide(asking, [(ALERT, judge(ALERT, Home(), NOW_US))], NOW_US, closed=True).move is None
