"""An alert that stands hides no needle: a second fall is told anew, once, over a restart too."""

from __future__ import annotations

import pytest

from alerts.engine import Engine, Transition
from telemetry.alarms import FindingState
from tests.alerts.building import RULES, finding_of, one


def course(engine: Engine, start: int, end: int, venous: float) -> list[Transition]:
    found: list[Transition] = []
    for t in range(start, end):
        values = {"blood_flow": 300.0, "venous_pressure": venous + t % 2, "arterial_pressure": -150.0 - t % 2}
        found += engine.evaluate(one(0, t, **values))
    return found


def fallen() -> Engine:
    """A minute and a half at 150 mmHg, then 110 for two minutes."""
    engine = Engine(RULES, 1)
    engine.register("u0")
    course(engine, 0, 90, 150)
    course(engine, 90, 210, 110)
    assert {finding_of(engine, 0, rule).state for rule in ("R10", "R11")} == {FindingState.ACTIVE}
    return engine


def again(found: list[Transition]) -> list[tuple[str, float]]:
    return [(each.rule, each.time_us / 1e6) for each in found if each.again]


def test_a_second_fall_is_told_after_the_on_delay_and_once() -> None:
    found = course(fallen(), 210, 400, 85)
    assert sorted(again(found)) == [("R10", 213), ("R11", 214)]
    [told] = [each for each in found if each.again and each.rule == "R10"]
    assert told.state is FindingState.ACTIVE
    assert told.reason == (
        "Venous pressure 86 mmHg, 64 mmHg below the 150 mmHg before the fall (60 s median) and 24 mmHg below the "
        "110 mmHg at which it had settled since, blood flow steady at 300 mL/min, for 3 s"
    )
    assert told.inputs["venous_pressure_settled"] == 110.0


def test_a_third_is_told_once_the_second_has_settled() -> None:
    engine = fallen()
    course(engine, 210, 300, 85)
    assert sorted(again(course(engine, 300, 320, 60))) == [("R10", 303), ("R11", 304)]


@pytest.mark.parametrize("venous", [96, 130, 150])
def test_less_than_a_fall_and_a_way_back_are_no_second_one(venous: float) -> None:
    assert again(course(fallen(), 210, 300, venous)) == []


def test_what_is_back_within_the_on_delay_is_no_second_fall() -> None:
    engine = fallen()
    found = course(engine, 210, 213, 80)
    assert again(found + course(engine, 213, 300, 110)) == []


def test_a_restart_in_the_middle_of_a_second_fall_loses_nothing() -> None:
    engine = fallen()
    course(engine, 210, 212, 85)
    after = Engine(RULES, 1)
    after.register("u0")
    after.restore(0, engine.snapshot(0))
    assert sorted(again(course(after, 212, 300, 85))) == [("R10", 213), ("R11", 214)]
