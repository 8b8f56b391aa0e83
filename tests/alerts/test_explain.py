"""Findings in words."""

from __future__ import annotations

from alerts.engine import Context, Engine
from telemetry.alarms import FindingState
from tests.alerts.building import RULES, alarm, finding_of, one


def ward() -> Engine:
    engine = Engine(RULES, 1)
    engine.set_context(engine.register("u0"), Context(target_weight_kg=75.0, prescribed_conductivity_ms_cm=14.0))
    return engine


def test_before_any_data_every_rule_says_so() -> None:
    found = ward().findings(0)
    assert [f.rule for f in found] == sorted(rule.id for rule in RULES.rules)
    assert {(f.state, f.reason, f.priority) for f in found} == {(FindingState.NOT_EVALUATED, "no data yet", None)}


def test_normal_pending_active_not_clear_yet() -> None:
    engine = ward()
    said = []
    for t, x in [(0, 8.0), (1, 11.0), (61, 11.0), (62, 9.8), (63, 9.4)]:
        for second in range(t - 19 if t == 61 else t, t + 1):
            engine.evaluate(one(0, second, ultrafiltration_rate=75 * x))
        if t == 1:
            for second in range(2, 42):
                engine.evaluate(one(0, second, ultrafiltration_rate=75 * x))
        said.append(finding_of(engine, 0, "R07").reason)
    assert said == [
        "Ultrafiltration rate 8 mL/kg/h (600 mL/h at 75 kg target weight), within limits",
        "Ultrafiltration rate 11 mL/kg/h (825 mL/h at 75 kg target weight), above 10 mL/kg/h; an alert after 60 s",
        "Ultrafiltration rate 11 mL/kg/h (825 mL/h at 75 kg target weight), above 10 mL/kg/h, for 60 s",
        "Ultrafiltration rate 9.8 mL/kg/h (735 mL/h at 75 kg target weight), no longer above 10 mL/kg/h, not clear yet",
        "Ultrafiltration rate 9.4 mL/kg/h (705 mL/h at 75 kg target weight), within limits",
    ]


def test_a_transition_carries_the_context_it_used_and_no_nan() -> None:
    engine = ward()
    [found] = [t for t in engine.evaluate(one(0, 0, ultrafiltration_rate=600)) if t.rule == "R07"]
    assert found.inputs == {"ultrafiltration_rate": 600.0, "target_weight_kg": 75.0, "value": 8.0}
    assert found.limits == {}
    for t in engine.evaluate(one(0, 1)):
        assert all(value == value for value in t.inputs.values())


def test_held_and_lost_are_told_apart() -> None:
    engine = ward()
    for t in range(20):
        engine.evaluate(one(0, t, blood_flow=300, venous_pressure=262 + t % 2))
    engine.evaluate(one(0, 20, blood_flow=200, venous_pressure=262))
    assert finding_of(engine, 0, "R13").reason == (
        "Venous pressure high stays active – held: blood flow changed less than 60 s ago"
    )
    engine.evaluate(one(0, 90, phase=0, blood_flow=200))
    assert finding_of(engine, 0, "R13").reason == (
        "Venous pressure high stays active – input lost: the machine's phase is not known"
    )


def test_a_sentence_that_says_how_long_is_not_told_the_delay_again() -> None:
    engine = ward()
    for t in range(62):
        engine.evaluate(one(0, t, events=[(0, alarm(0, "BLD_PUMP_STOP"))] if t == 0 else []))
        if t == 60:
            assert finding_of(engine, 0, "R22").reason.endswith("standing for 60 s; an alert after more than 60 s")
    assert finding_of(engine, 0, "R22").reason == "Machine alarm: Blood pump stopped, standing for 61 s"
