"""The first half of a round: phases, treatments that begin, flow changes, and what all rules share."""

from __future__ import annotations

import pytest

from alerts.engine import Engine
from telemetry.alarms import FindingState
from telemetry.treatment import Phase
from tests.alerts.building import RULES, finding_of, one


def ward() -> Engine:
    engine = Engine(RULES, 1)
    engine.register("u0")
    return engine


def reason(engine: Engine, rule: str = "R13") -> str:
    return finding_of(engine, 0, rule).reason


@pytest.mark.parametrize("phase", [Phase.IDL, Phase.PRETX, Phase.POSTTX, Phase.DIS, Phase.SVC])
def test_no_treatment_no_rule(phase: Phase) -> None:
    engine = ward()
    engine.evaluate(one(0, 0, phase=phase, blood_flow=300, venous_pressure=400))
    said = {f.reason for f in engine.findings(0)}
    assert said == {"Not evaluated: not in treatment", "Not evaluated: not in a phase in which it is evaluated"}


@pytest.mark.parametrize("phase", [Phase.UNKNOWN, 7, 255])
def test_a_phase_nobody_knows(phase: int) -> None:
    engine = ward()
    engine.evaluate(one(0, 0, phase=phase, venous_pressure=400))
    assert reason(engine) == "Not evaluated: the machine's phase is not known"


def test_a_new_treatment_forgets_the_pressure_of_the_last_one() -> None:
    engine = ward()
    engine.evaluate(one(0, 0, systolic=165))
    engine.evaluate(one(0, 60, phase=Phase.POSTTX))
    engine.evaluate(one(0, 120, systolic=95))
    assert finding_of(engine, 0, "R01").state is FindingState.NORMAL
    assert reason(engine, "R01").startswith("Systolic pressure 95")


def test_a_phase_lost_and_found_is_the_same_treatment() -> None:
    engine = ward()
    engine.evaluate(one(0, 0, systolic=165))
    engine.evaluate(one(0, 1, phase=Phase.UNKNOWN))
    engine.evaluate(one(0, 2, systolic=95))
    assert finding_of(engine, 0, "R01").state is FindingState.ACTIVE


@pytest.mark.parametrize(
    ("flows", "blanked"),
    [
        ([300, 349], False), ([300, 350], True), ([300, 250], True), ([300, 251], False), ([300, 320, 340, 350], True),
        ([300, 320, 300, 320], False), ([300, float("nan"), 300], False), ([300, float("nan"), 350], True),
        ([float("nan"), 300], False), ([20, 0, 20], True), ([300, 900, 300], False),
    ],
)  # fmt: skip
def test_flow_changes_and_pump_restarts_blank(flows: list[float], blanked: bool) -> None:
    engine = ward()
    for t, flow in enumerate(flows):
        engine.evaluate(one(0, t, blood_flow=flow, venous_pressure=200 + t % 2))
    assert ("blood flow changed" in reason(engine)) is blanked


def test_blanking_ends_after_its_time() -> None:
    engine = ward()
    engine.evaluate(one(0, 0, blood_flow=300, venous_pressure=200))
    for t in range(5, 66, 5):
        engine.evaluate(one(0, t, blood_flow=350, venous_pressure=200 + t % 2))
        assert ("blood flow changed" in reason(engine)) is (t < 65)


@pytest.mark.parametrize(("gap", "evaluated"), [(10, True), (10.1, False)])
def test_the_longest_gap_that_is_none(gap: float, evaluated: bool) -> None:
    engine = ward()
    engine.evaluate(one(0, 100, venous_pressure=200))
    engine.evaluate(one(0, 100 + gap, venous_pressure=201))
    assert (finding_of(engine, 0, "R13").state is FindingState.NORMAL) is evaluated
