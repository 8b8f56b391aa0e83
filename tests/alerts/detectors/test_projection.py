"""Projections against a goal: edges, what takes the ground away, and an interruption in the middle."""

from __future__ import annotations

from math import inf, nan

import pytest

from alerts.engine import Context, Engine
from telemetry.alarms import FindingState, Priority
from tests.alerts.building import RULES, finding_of, one, state_of

LOW, MEDIUM, HIGH = Priority.LOW, Priority.MEDIUM, Priority.HIGH
COURSE = {
    "ultrafiltration_volume": 2000.0, "ultrafiltration_rate": 600.0, "ultrafiltration_target": 3000.0,
    "treatment_remaining": 100.0, "treatment_elapsed": 140.0, "online_spktv": 0.9,
}  # fmt: skip


def engine_of(spktv: float | None = 1.4) -> Engine:
    engine = Engine(RULES, 1)
    engine.set_context(engine.register("u0"), Context(prescribed_spktv=spktv))
    return engine


def after(rule: str, **values: float) -> tuple[FindingState, Priority | None]:
    engine = engine_of()
    engine.evaluate(one(0, 0, **(COURSE | values)))
    return state_of(engine, 0, rule)


@pytest.mark.parametrize(
    ("rule", "values", "priority"),
    [
        ("R08", {}, None),
        ("R08", {"ultrafiltration_rate": 690}, None), ("R08", {"ultrafiltration_rate": 691}, MEDIUM),
        ("R08", {"ultrafiltration_rate": 420}, None), ("R08", {"ultrafiltration_rate": 419}, LOW),
        ("R08", {"ultrafiltration_rate": 0}, LOW),
        ("R08", {"ultrafiltration_volume": 9200, "ultrafiltration_target": 10000}, None),
        ("R08", {"ultrafiltration_volume": 9201, "ultrafiltration_target": 10000}, MEDIUM),
        ("R09", {"ultrafiltration_volume": 3150}, None), ("R09", {"ultrafiltration_volume": 3151}, HIGH),
        ("R09", {"ultrafiltration_volume": 1100, "ultrafiltration_target": 1000}, None),
        ("R09", {"ultrafiltration_volume": 1101, "ultrafiltration_target": 1000}, HIGH),
        ("R29", {"online_spktv": 0.735}, None), ("R29", {"online_spktv": 0.7345}, LOW),
        ("R29", {"treatment_elapsed": 100, "online_spktv": 0.63}, None),
        ("R29", {"treatment_elapsed": 240, "treatment_remaining": 0, "online_spktv": 1.25}, LOW),
    ],
)  # fmt: skip
def test_the_edges(rule: str, values: dict[str, float], priority: Priority | None) -> None:
    assert after(rule, **values) == (FindingState.PENDING if priority else FindingState.NORMAL, priority)


@pytest.mark.parametrize("bad", [nan, inf, -inf, -1.0, 1e6])
@pytest.mark.parametrize(
    ("rule", "signal"),
    [("R08", "ultrafiltration_volume"), ("R08", "ultrafiltration_rate"), ("R08", "ultrafiltration_target"),
     ("R08", "treatment_remaining"), ("R09", "ultrafiltration_volume"), ("R09", "ultrafiltration_target"),
     ("R29", "online_spktv"), ("R29", "treatment_elapsed"), ("R29", "treatment_remaining")],
)  # fmt: skip
def test_what_cannot_be_read_is_not_evaluated_and_never_normal(rule: str, signal: str, bad: float) -> None:
    assert after(rule, **{signal: bad}) == (FindingState.NOT_EVALUATED, None)


@pytest.mark.parametrize(("gone", "left"), [(0, 0), (0, 240), (119, 121)])
def test_before_half_time_nothing_is_projected(gone: float, left: float) -> None:
    assert after("R29", treatment_elapsed=gone, treatment_remaining=left)[0] is FindingState.NOT_EVALUATED


def test_a_prescription_taken_back_is_gone() -> None:
    engine = engine_of()
    engine.evaluate(one(0, 0, **COURSE))
    assert finding_of(engine, 0, "R29").state is FindingState.NORMAL
    engine.set_context(0, Context())
    engine.evaluate(one(0, 1, **COURSE))
    assert finding_of(engine, 0, "R29").reason == "no prescribed Kt/V"


def test_the_ultrafiltration_goal_needs_no_prescription() -> None:
    engine = engine_of(None)
    engine.evaluate(one(0, 0, **COURSE))
    assert {finding_of(engine, 0, rule).state for rule in ("R08", "R09")} == {FindingState.NORMAL}


def test_in_words_and_numbers() -> None:
    engine, found = engine_of(), []
    for t in (0, 25, 50):
        found += engine.evaluate(one(0, t, **(COURSE | {"ultrafiltration_volume": 3200})))
    [fired] = [each for each in found if each.rule == "R09" and each.state is FindingState.ACTIVE]
    assert fired.inputs == {"ultrafiltration_volume": 3200.0, "ultrafiltration_target": 3000.0, "value": 3200.0}
    assert fired.limits["limit"] == 150.0
    assert finding_of(engine, 0, "R29").reason == (
        "Kt/V, single pool at the end 1.543 (0.9 in 140 min, 100 min left), 0.143 above the prescription of 1.4"
    )


def test_what_no_longer_holds_and_is_not_clear_yet_says_so() -> None:
    engine = engine_of()
    for t in range(0, 130, 10):
        engine.evaluate(one(0, t, **(COURSE | {"ultrafiltration_rate": 700})))
    engine.evaluate(one(0, 130, **(COURSE | {"ultrafiltration_rate": 670})))
    assert finding_of(engine, 0, "R08").reason.endswith("no longer more than 150 mL above it, not clear yet")


def test_an_interruption_in_the_middle_of_a_delay() -> None:
    engine = engine_of()
    over = COURSE | {"ultrafiltration_rate": 800}
    for t in range(0, 110, 10):
        engine.evaluate(one(0, t, **over))
    again = engine_of()
    again.restore(0, engine.snapshot(0))
    again.evaluate(one(0, 110, **over))
    assert state_of(again, 0, "R08") == (FindingState.PENDING, MEDIUM)
    again.evaluate(one(0, 120, **over))
    assert state_of(again, 0, "R08") == (FindingState.ACTIVE, MEDIUM)
