"""Numbers of a patient's own: each that can be entered is the one that decides, and what the alert is told with."""

from __future__ import annotations

from math import nan

import pytest

from alerts import own_levels
from alerts.engine import Context, Engine, Transition
from alerts.records import Samples
from telemetry.alarms import FindingState
from telemetry.messages import Event, EventKind
from tests.alerts.building import RULES, SECOND, one, state_of

ACTIVE = FindingState.ACTIVE
WHO = Context(
    target_weight_kg=75.0, pre_systolic_mmhg=150.0, prescribed_conductivity_ms_cm=14.0, prescribed_spktv=1.4,
)  # fmt: skip
GOAL = {"ultrafiltration_target": 3000.0, "treatment_remaining": 0.0, "treatment_elapsed": 240.0}
# An hour more at this rate.
ON = GOAL | {"ultrafiltration_rate": 600.0, "treatment_remaining": 60.0}
PUMP = {"blood_flow": 300.0, "ultrafiltration_rate": 600.0}


def cuff(*readings: tuple[float, float], felt: bool = False) -> list[Samples]:
    """One reading every half an hour, the last with a symptom."""
    told = [(0, Event(0, 1800 * (len(readings) - 1) * SECOND, 0, 0, EventKind.SYMPTOM, "cramps", 0, True))]
    return [
        one(0, 1800 * n, systolic=up, diastolic=down, events=told if felt and n == len(readings) - 1 else [])
        for n, (up, down) in enumerate(readings)
    ]


def steady(seconds: int, every: int = 5, **values: float) -> list[Samples]:
    """The same for so long; pressures move by a hair, for a sensor that does not is not believed."""
    return [
        one(0, t, **{name: x + 0.2 * (t % 2) * name.endswith("pressure") for name, x in values.items()})
        for t in range(0, seconds, every)
    ]


def slope(signal: str, start: float, per_h: float, **others: float) -> list[Samples]:
    return [one(0, t, **{**others, signal: start + per_h * t / 3600}) for t in range(0, 3900, 30)]


def needle(fall: float) -> list[Samples]:
    """A steady minute and a half, then a venous pressure that falls by so much."""
    return [
        one(0, t, venous_pressure=150.0 - fall * (t >= 90) + 0.2 * (t % 2), arterial_pressure=-120.0, **PUMP)
        for t in range(110)
    ]


# Rule, name, another number on the other side of what is read, and what is read: active by the rule's own.
CASES: list[tuple[str, str, float, list[Samples]]] = [
    ("R01", "high", 70.0, cuff((150, 80), (75, 60))),
    ("R01", "medium", 80.0, cuff((150, 80), (85, 60))),
    ("R02", "medium", 30.0, cuff((130, 70), (125, 70), felt=True)),
    ("R02", "medium_mean_fall", 15.0, cuff((150, 80), (150, 62), felt=True)),
    ("R03", "low", 60.0, cuff((150, 80), (95, 70))),
    ("R03", "low_below", 90.0, cuff((150, 80), (95, 70))),
    ("R06", "medium", 195.0, cuff((150, 80), (185, 90), (186, 90))),
    ("R06", "medium_other_at_least", 120.0, cuff((150, 80), (160, 112), (161, 113))),
    ("R07", "medium", 15.0, steady(200, ultrafiltration_rate=1050.0)),
    ("R07", "low", 14.5, steady(200, ultrafiltration_rate=800.0)),
    ("R08", "medium_above", 350.0, steady(200, ultrafiltration_volume=10_300.0, **GOAL | {
        "ultrafiltration_target": 10_000.0}, ultrafiltration_rate=0.0)),
    ("R08", "medium", 8.0, steady(200, ultrafiltration_volume=2570.0, **ON)),
    ("R08", "low", 15.0, steady(200, ultrafiltration_volume=2600.0, **GOAL, ultrafiltration_rate=0.0)),
    ("R09", "high", 10.0, steady(200, ultrafiltration_volume=3200.0, **GOAL)),
    ("R09", "high_above", 200.0, steady(200, ultrafiltration_volume=1150.0, **GOAL | {
        "ultrafiltration_target": 1000.0})),
    ("R10", "high", 35.0, needle(30.0)),
    ("R11", "high", 25.0, needle(18.0)),
    ("R12", "low", 15.0, steady(200, venous_pressure=20.0, **PUMP)),
    ("R13", "high", 340.0, steady(200, venous_pressure=310.0, **PUMP)),
    ("R13", "medium", 290.0, steady(200, venous_pressure=270.0, **PUMP)),
    ("R14", "high", -300.0, steady(200, arterial_pressure=-270.0, **PUMP)),
    ("R14", "medium", -240.0, steady(200, arterial_pressure=-220.0, **PUMP)),
    ("R15", "medium", 400.0, steady(200, transmembrane_pressure=320.0, **PUMP)),
    ("R16", "medium_transmembrane_pressure", 50.0,
        slope("transmembrane_pressure", 100.0, 40.0, venous_pressure=150.0, **PUMP)),
    ("R16", "medium_venous_pressure", 80.0,
        slope("venous_pressure", 100.0, 60.0, transmembrane_pressure=100.0, **PUMP)),
    ("R17", "medium", 8.0, steady(200, dialysate_conductivity=14.9)),
    ("R17", "low", 4.0, steady(200, dialysate_conductivity=14.45)),
    ("R18", "high", 43.0, steady(200, dialysate_temperature=41.5)),
    ("R18", "medium", 40.5, steady(200, dialysate_temperature=39.5)),
    ("R18", "low", 30.0, steady(200, dialysate_temperature=32.0)),
    ("R23", "low", -10.0, slope("relative_blood_volume", -1.0, -8.0)),
    ("R29", "low", 20.0, steady(1000, 10, online_spktv=1.2, **GOAL)),
]  # fmt: skip


def run(series: list[Samples], own: dict[str, float]) -> tuple[Engine, list[Transition]]:
    engine = Engine(RULES, 1)
    engine.set_context(engine.register("u0"), Context(**{key: getattr(WHO, key) for key in WHO.__slots__} | {
        "limits": own}))  # fmt: skip
    return engine, [told for samples in series for told in engine.evaluate(samples)]


def raised(told: list[Transition], rule: str, name: str) -> list[Transition]:
    return [one for one in told if one.rule == rule and one.state is ACTIVE and str(one.priority) == name.split("_")[0]]


def test_there_is_a_case_for_every_number_that_can_be_entered() -> None:
    every = {(rule.id, name) for rule in own_levels.rules().values() for name in own_levels.numbers(rule)}
    assert {(rule, name) for rule, name, *_ in CASES} == every


@pytest.mark.parametrize(("rule", "name", "own", "series"), CASES, ids=[f"{rule} {name}" for rule, name, *_ in CASES])
def test_the_patients_own_number_decides(rule: str, name: str, own: float, series: list[Samples]) -> None:
    own_levels.check(RULES.rule(rule), {name: own})
    assert raised(run(series, {})[1], rule, name)
    assert not raised(run(series, {f"{rule} {name}": own})[1], rule, name)
    # One that is no number leaves the rule its own.
    assert raised(run(series, {f"{rule} {name}": nan})[1], rule, name)


@pytest.mark.parametrize(
    ("rule", "name", "own", "key"),
    [
        ("R01", "medium", 92.0, "limit"), ("R02", "medium", 24.0, "limit"),
        ("R02", "medium_mean_fall", 11.0, "mean_fall"),
        ("R03", "low_below", 98.0, "below"), ("R06", "medium_other_at_least", 111.0, "other_at_least"),
        ("R10", "high", 24.0, "limit"), ("R11", "high", 16.0, "limit"),
        ("R12", "low", 24.0, "limit"), ("R13", "medium", 260.0, "limit"),
        ("R16", "medium_venous_pressure", 55.0, "limit"), ("R23", "low", -7.0, "limit"),
    ],
)  # fmt: skip
def test_an_alert_is_told_with_the_number_that_raised_it(rule: str, name: str, own: float, key: str) -> None:
    series = next(series for its_rule, its_name, _, series in CASES if (its_rule, its_name) == (rule, name))
    if rule == "R02" and name == "medium":
        series = cuff((150, 80), (124, 80), felt=True)
    (told,) = raised(run(series, {f"{rule} {name}": own})[1], rule, name)
    assert told.limits[key] == own


def test_a_projection_is_told_with_what_the_patients_own_share_comes_to() -> None:
    series = steady(200, ultrafiltration_volume=2570.0, **ON)
    (told,) = raised(run(series, {"R08 medium": 4.0})[1], "R08", "medium")
    assert told.limits["limit"] == pytest.approx(120.0)  # 4 % of 3000 mL, less than 200 mL


def test_the_forecast_looks_ahead_to_the_patients_own_limit_of_another_rule() -> None:
    falling = cuff((150, 80), (140, 80), (130, 80), (120, 80), (112, 80))
    assert state_of(run(falling, {})[0], 0, "R04")[0] is not ACTIVE
    assert state_of(run(falling, {"R01 medium": 108.0})[0], 0, "R04")[0] is ACTIVE


def test_a_trend_goes_by_the_limit_of_its_last_look_until_the_next() -> None:
    rising = slope("transmembrane_pressure", 100.0, 35.0, venous_pressure=150.0, **PUMP)
    engine, _ = run(rising, {})
    assert state_of(engine, 0, "R16")[0] is ACTIVE
    engine.set_context(0, Context(limits={"R16 medium_transmembrane_pressure": 58.0}))
    told = [one for k in range(1, 9) for one in engine.evaluate(one_more(3870 + 30 * k))]
    (over,) = [one for one in told if one.rule == "R16"]
    assert over.state is FindingState.NORMAL
    assert over.time_us - 3870 * SECOND <= 120 * SECOND


def one_more(t: int) -> Samples:
    values = {"transmembrane_pressure": 100.0 + 35.0 * t / 3600, "venous_pressure": 150.0, **PUMP}
    return one(0, t, **values)
