"""The first half of a round: phases, treatments that begin, flow changes, and what all rules share."""

from __future__ import annotations

import pytest

from alerts.engine import Engine
from telemetry.alarms import FindingState
from telemetry.treatment import Phase
from tests.alerts.building import RULES, alarm, finding_of, one


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
    found = engine.findings(0)
    assert {f.reason for f in found} == {"not in treatment", "not in a phase in which it is evaluated"}
    assert all(f.at_rest for f in found)


@pytest.mark.parametrize("phase", [Phase.UNKNOWN, 7, 255])
def test_a_phase_nobody_knows(phase: int) -> None:
    engine = ward()
    engine.evaluate(one(0, 0, phase=phase, venous_pressure=400))
    assert reason(engine) == "the machine's phase is not known"


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


# Machines that say no phase outside a treatment (JSDT): what stands for its end.


def silent_phase(engine: Engine, start: int, end: int, flow: float = 0.0, every: int = 10) -> None:
    for t in range(start, end + 1, every):
        engine.evaluate(one(0, t, phase=Phase.UNKNOWN, blood_flow=flow, venous_pressure=20 + t // every % 2))


def test_an_idle_machine_that_says_no_phase_lacks_nothing() -> None:
    engine = ward()
    silent_phase(engine, 0, 10)
    found = engine.findings(0)
    assert {f.reason for f in found} == {"no treatment seen, the blood pump is stopped"}
    assert all(f.at_rest for f in found)
    engine.tick(100_000_000)
    assert all(f.at_rest for f in engine.findings(0))


def test_one_that_pumps_or_does_not_say_is_not_taken_for_idle() -> None:
    engine = ward()
    silent_phase(engine, 0, 10, flow=150.0)
    assert reason(engine) == "the machine's phase is not known"
    assert not finding_of(engine, 0, "R13").at_rest
    engine.evaluate(one(0, 20, phase=Phase.UNKNOWN))
    assert reason(engine) == "the machine's phase is not known"


def high_pressure(engine: Engine, start: int, seconds: int = 20) -> None:
    for t in range(start, start + seconds):
        engine.evaluate(one(0, t, blood_flow=300, venous_pressure=310 + t % 2))


def test_ten_minutes_without_pump_and_phase_end_a_treatment_and_its_alerts() -> None:
    engine = ward()
    high_pressure(engine, 0)
    silent_phase(engine, 20, 610)
    assert finding_of(engine, 0, "R13").state is FindingState.ACTIVE
    assert "input lost" in reason(engine)
    silent_phase(engine, 620, 620)
    assert finding_of(engine, 0, "R13").state is FindingState.NOT_EVALUATED
    assert finding_of(engine, 0, "R13").at_rest


def test_a_pump_that_runs_again_starts_the_ten_minutes_again() -> None:
    engine = ward()
    high_pressure(engine, 0)
    silent_phase(engine, 20, 400)
    silent_phase(engine, 410, 410, flow=300.0)
    silent_phase(engine, 420, 1010)
    assert finding_of(engine, 0, "R13").state is FindingState.ACTIVE


def test_what_comes_after_that_is_another_treatment() -> None:
    engine = ward()
    engine.evaluate(one(0, 0, systolic=165))
    silent_phase(engine, 10, 700)
    engine.evaluate(one(0, 710, systolic=95))
    assert finding_of(engine, 0, "R01").state is FindingState.NORMAL


@pytest.mark.parametrize(("hours", "state"), [(11.9, FindingState.ACTIVE), (12.0, FindingState.NORMAL)])
def test_half_a_day_without_a_reading_is_no_gap_in_a_treatment(hours: float, state: FindingState) -> None:
    engine = ward()
    engine.evaluate(one(0, 0, systolic=165))
    engine.evaluate(one(0, 3600 * hours, systolic=95))
    assert finding_of(engine, 0, "R01").state is state


def test_an_alert_of_before_does_not_reach_into_the_next_treatment() -> None:
    engine = ward()
    high_pressure(engine, 0)
    engine.evaluate(one(0, 50_000, blood_flow=300, venous_pressure=240))
    assert finding_of(engine, 0, "R13").state is not FindingState.ACTIVE


def test_nor_into_a_phase_nobody_knows_half_a_day_later() -> None:
    engine = ward()
    high_pressure(engine, 0)
    silent_phase(engine, 50_000, 50_000, flow=150.0)
    assert finding_of(engine, 0, "R13").state is FindingState.NOT_EVALUATED


def test_a_sensor_that_was_ill_before_the_treatment_is_ill_in_it() -> None:
    engine = ward()
    for t in range(0, 40, 5):
        phase = Phase.UNKNOWN if t < 20 else Phase.TX
        found = engine.evaluate(one(0, t, phase=phase, blood_flow=150, dialysate_temperature=97))
        assert t <= 10 or not [told for told in found if told.rule == "R34"]
    assert finding_of(engine, 0, "R34").state is FindingState.ACTIVE


def test_a_machine_that_stands_with_an_alarm_is_not_taken_to_be_through() -> None:
    engine = ward()
    high_pressure(engine, 0)
    engine.evaluate(one(0, 20, phase=Phase.UNKNOWN, blood_flow=0, events=[(0, alarm(20, "BLOOD_LEAK"))]))
    silent_phase(engine, 30, 2000)
    assert finding_of(engine, 0, "R13").state is FindingState.ACTIVE
    engine.tick(2_070_000_000)
    assert finding_of(engine, 0, "R33").state is FindingState.ACTIVE
    engine.evaluate(
        one(0, 2080, phase=Phase.UNKNOWN, blood_flow=0, events=[(0, alarm(2080, "BLOOD_LEAK", active=False))])
    )
    silent_phase(engine, 2090, 2680)
    assert all(f.at_rest for f in engine.findings(0))
