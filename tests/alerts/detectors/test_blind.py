"""Blind needle rules: what is shown instead of them, and when they see again."""

from __future__ import annotations

from math import inf, nan

import pytest

from alerts.engine import Context, Engine
from telemetry.alarms import FindingState, Priority
from tests.alerts.building import RULES, finding_of, one, state_of

BLIND = "blind – too little pressure in the access to see a needle out (R12)"


def treated(engine: Engine, start: int, end: int, flow: float, venous: float) -> None:
    for t in range(start, end):
        engine.evaluate(one(0, t, blood_flow=flow, venous_pressure=venous + t % 2, arterial_pressure=-90 - t % 2))


def blind() -> Engine:
    engine = Engine(RULES, 1)
    engine.register("u0")
    treated(engine, 0, 100, 200, 18)
    return engine


def test_the_needle_rules_are_shown_as_blind() -> None:
    engine = blind()
    assert state_of(engine, 0, "R12") == (FindingState.ACTIVE, Priority.LOW)
    for rule in ("R10", "R11"):
        found = finding_of(engine, 0, rule)
        assert (found.state, found.reason, found.at_rest) == (FindingState.NOT_EVALUATED, BLIND, False)
    assert finding_of(engine, 0, "R13").state is FindingState.NORMAL


def test_they_see_again_once_there_is_pressure() -> None:
    engine = blind()
    treated(engine, 100, 165, 200, 60)
    assert finding_of(engine, 0, "R12").state is FindingState.NORMAL
    assert {finding_of(engine, 0, rule).state for rule in ("R10", "R11")} == {FindingState.NORMAL}
    treated(engine, 165, 172, 200, 30)
    assert finding_of(engine, 0, "R10").state is FindingState.ACTIVE


def test_a_needle_out_is_not_hidden_by_its_own_low_pressure() -> None:
    engine = Engine(RULES, 1)
    engine.register("u0")
    treated(engine, 0, 100, 300, 60)
    treated(engine, 100, 300, 300, 10)
    assert state_of(engine, 0, "R10") == (FindingState.ACTIVE, Priority.HIGH)
    assert finding_of(engine, 0, "R12").state is FindingState.NOT_EVALUATED


@pytest.mark.parametrize(("flow", "venous", "state"), [
    (190, 24.9, FindingState.PENDING), (189, 24.9, FindingState.NOT_EVALUATED), (190, 25, FindingState.NORMAL),
    (300, nan, FindingState.NOT_EVALUATED), (300, -inf, FindingState.NOT_EVALUATED),
    (nan, 20, FindingState.NOT_EVALUATED), (inf, 20, FindingState.NOT_EVALUATED),
    (300, -101, FindingState.NOT_EVALUATED),
])  # fmt: skip
def test_edges(flow: float, venous: float, state: FindingState) -> None:
    engine = Engine(RULES, 1)
    engine.register("u0")
    engine.evaluate(one(0, 0, blood_flow=flow, venous_pressure=venous))
    assert finding_of(engine, 0, "R12").state is state


def test_blind_after_a_restart_too() -> None:
    engine = blind()
    again = Engine(RULES, 1)
    again.register("u0")
    again.restore(0, engine.snapshot(0))
    treated(again, 100, 101, 200, 18)
    assert finding_of(again, 0, "R10").reason == BLIND
    treated(engine, 100, 101, 200, 18)
    assert again.snapshot(0) == engine.snapshot(0)


def test_what_is_lost_is_said_before_a_flow_too_low_to_tell() -> None:
    engine = Engine(RULES, 1)
    engine.register("u0")
    engine.evaluate(one(0, 0, blood_flow=150, venous_pressure=-101))
    assert finding_of(engine, 0, "R12").reason == "venous pressure implausible"
    engine.evaluate(one(0, 1, blood_flow=150, venous_pressure=20))
    assert finding_of(engine, 0, "R12").reason == "the blood flow is too low to tell"


NEEDLE = ((200.0, 60.0), (300.0, 100.0), (400.0, 150.0))  # about 100 mmHg at 300 mL/min


def behind_a_needle(venous: float, needle: tuple[tuple[float, float], ...] = NEEDLE) -> Engine:
    engine = Engine(RULES, 1)
    engine.set_context(engine.register("u0"), Context(needle=needle))
    treated(engine, 0, 100, 300, venous)
    return engine


def test_behind_a_usual_needle_it_is_the_pressure_of_the_access_that_counts() -> None:
    engine = behind_a_needle(112)
    assert state_of(engine, 0, "R12") == (FindingState.ACTIVE, Priority.LOW)
    assert finding_of(engine, 0, "R12").reason.startswith("Venous pressure 113 mmHg at 300 mL/min, 12.")
    assert {finding_of(engine, 0, rule).reason for rule in ("R10", "R11")} == {BLIND}
    assert state_of(behind_a_needle(112, ()), 0, "R12") == (FindingState.NORMAL, None)
    assert state_of(behind_a_needle(127), 0, "R12") == (FindingState.NORMAL, None)


def test_blind_rules_go_on_looking_and_tell_what_they_see() -> None:
    engine = behind_a_needle(122)
    assert finding_of(engine, 0, "R10").reason == BLIND
    treated(engine, 100, 110, 300, 100)
    assert state_of(engine, 0, "R10") == (FindingState.ACTIVE, Priority.HIGH)
    assert "stays active" not in finding_of(engine, 0, "R10").reason


@pytest.mark.parametrize("needle", [((200.0, 60.0), (300.0, 100.0)), ((nan, nan),) * 3, ((300.0, 100.0),) * 3])
def test_points_that_give_no_curve_are_no_needle(needle: tuple[tuple[float, float], ...]) -> None:
    assert state_of(behind_a_needle(112, needle), 0, "R12") == (FindingState.NORMAL, None)


def test_another_needle_counts_from_the_next_reading_on() -> None:
    engine = behind_a_needle(112)
    engine.set_context(0, Context(needle=tuple((flow, pressure - 40.0) for flow, pressure in NEEDLE)))
    treated(engine, 100, 162, 300, 112)
    assert finding_of(engine, 0, "R12").state is FindingState.NORMAL


def test_a_patients_own_limit_goes_first() -> None:
    engine = Engine(RULES, 1)
    engine.set_context(engine.register("u0"), Context(limits={"R12 low": 40.0}))
    engine.evaluate(one(0, 0, blood_flow=300, venous_pressure=39))
    assert finding_of(engine, 0, "R12").reason.startswith("Venous pressure 39 mmHg at 300 mL/min, below 40 mmHg")
    engine.set_context(0, Context())
    engine.evaluate(one(0, 1, blood_flow=300, venous_pressure=39))
    assert finding_of(engine, 0, "R12").state is FindingState.NORMAL
