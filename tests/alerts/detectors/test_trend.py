"""Slopes: the edges of R16 and R23, what takes the ground away, and an interruption at any reading."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from itertools import combinations, permutations
from math import inf, nan
from pathlib import Path
from statistics import mean, median

import numpy as np
import pytest

from alerts.engine import Engine, Transition
from alerts.ruleset import Ruleset
from telemetry.alarms import FindingState, Priority
from telemetry.treatment import Phase
from tests.alerts.building import one, state_of, subset, told

ACTIVE, NORMAL, NOT = FindingState.ACTIVE, FindingState.NORMAL, FindingState.NOT_EVALUATED
STEADY = {"blood_flow": 300.0, "ultrafiltration_rate": 600.0, "venous_pressure": 150.0, "transmembrane_pressure": 120.0}


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Ruleset:
    return subset(tmp_path_factory.mktemp("rules"), "R16", "R23")


def engine_of(rules: Ruleset) -> Engine:
    engine = Engine(rules, 1)
    engine.register("u0")
    return engine


def run(engine: Engine, seconds: range, **series: float) -> list[Transition]:
    """Readings at these seconds; `signal_per_h` moves a signal from the first of them on."""
    found: list[Transition] = []
    for t in seconds:
        values = {
            name: value + series.get(f"{name}_per_h", 0.0) * (t - seconds.start) / 3600.0
            for name, value in (STEADY | series).items()
            if not name.endswith("_per_h")
        }
        found += engine.evaluate(one(0, t, **values))
    return found


@pytest.mark.parametrize(
    ("rule", "signal", "per_hour", "state"),
    [
        ("R16", "transmembrane_pressure", 29.5, NORMAL), ("R16", "transmembrane_pressure", 30.5, ACTIVE),
        ("R16", "transmembrane_pressure", -60.0, NORMAL),
        ("R16", "venous_pressure", 49.5, NORMAL), ("R16", "venous_pressure", 50.5, ACTIVE),
        ("R23", "relative_blood_volume", -6.45, NORMAL), ("R23", "relative_blood_volume", -6.55, ACTIVE),
        ("R23", "relative_blood_volume", 10.0, NORMAL),
    ],
)  # fmt: skip
def test_the_edges(rules: Ruleset, rule: str, signal: str, per_hour: float, state: FindingState) -> None:
    engine = engine_of(rules)
    first = {"relative_blood_volume": -1.0} if signal == "relative_blood_volume" else {}
    run(engine, range(0, 3000, 30), **first, **{f"{signal}_per_h": per_hour})
    assert state_of(engine, 0, rule)[0] is state


def slope_of(at: Sequence[float], values: Sequence[float]) -> float:
    """Theil–Sen, written a second time."""
    pairs = combinations(zip(at, values, strict=True), 2)
    return median((later - earlier) / (after - before) for (before, earlier), (after, later) in pairs)


def p_of(values: Sequence[float]) -> float:
    """The share of all orders of these values that rise at least as steadily."""
    rise = [sum((b > a) - (b < a) for a, b in combinations(order, 2)) for order in permutations(values)]
    return mean(s >= rise[0] for s in rise)  # the first order is the one that was seen


def test_a_slope_that_chance_explains_is_no_trend(rules: Ruleset) -> None:
    # Six points over an hour, as a machine that speaks every twelve minutes has them.
    pressures = (80.0, 94.0, 80.0, 160.0, 143.0, 157.0)
    assert slope_of([n / 5 for n in range(6)], pressures) > 30
    assert p_of(pressures) > 0.025
    engine = engine_of(rules)
    for n, pressure in enumerate(pressures):
        engine.evaluate(one(0, 720 * n, **(STEADY | {"transmembrane_pressure": pressure})))
    assert state_of(engine, 0, "R16") == (NORMAL, None)


@pytest.mark.parametrize("seed", range(5))
def test_what_it_tells_is_what_a_plain_reference_finds(rules: Ruleset, seed: int) -> None:
    rng = np.random.default_rng(seed)
    pressures = (100 + 12 * np.arange(7) + rng.normal(0, 6, 7)).round(1).tolist()
    engine = engine_of(rules)
    found: list[Transition] = []
    for n, pressure in enumerate(pressures):
        found += engine.evaluate(one(0, 570 * n, **(STEADY | {"transmembrane_pressure": pressure})))
    last = next(t for t in reversed(found) if t.rule == "R16" and t.state is ACTIVE)
    count = last.time_us // 570_000_000 + 1
    # Readings lie where their buckets do: 570 s are four and three quarters of one.
    at = [(570 * n + (zlib.crc32(b"u0") & 0xFFFF)) // 120 for n in range(count)]
    assert last.inputs["transmembrane_pressure_slope_per_h"] == pytest.approx(
        slope_of(at, pressures[:count]) * 30, 1e-5
    )
    assert last.inputs["p"] == pytest.approx(p_of(pressures[:count]), 1e-5)


@pytest.mark.parametrize("bad", [nan, inf, -inf, 3e38, -3e38])
@pytest.mark.parametrize(
    ("rule", "signal"),
    [("R16", "transmembrane_pressure"), ("R16", "venous_pressure"), ("R16", "blood_flow"),
     ("R16", "ultrafiltration_rate"), ("R23", "relative_blood_volume")],
)  # fmt: skip
def test_what_cannot_be_read_is_not_evaluated_and_never_normal(
    rules: Ruleset, rule: str, signal: str, bad: float
) -> None:
    engine = engine_of(rules)
    run(engine, range(0, 3000, 30), relative_blood_volume=-1.0)
    assert state_of(engine, 0, rule) == (NORMAL, None)
    run(engine, range(3000, 3060, 30), **({"relative_blood_volume": -1.0} | {signal: bad}))
    assert state_of(engine, 0, rule) == (NOT, None)


def test_bad_values_all_along_never_make_a_trend(rules: Ruleset) -> None:
    engine = engine_of(rules)
    found: list[Transition] = []
    for t in range(0, 5000, 30):
        bad = (nan, inf, -inf, 3e38)[t // 30 % 4]
        found += engine.evaluate(one(0, t, **dict.fromkeys([*STEADY, "relative_blood_volume"], bad)))
    assert {t.state for t in found} == {NOT}


def test_one_trend_tells_whatever_is_known_of_the_other(rules: Ruleset) -> None:
    engine = engine_of(rules)
    run(engine, range(0, 3000, 30), transmembrane_pressure=nan, venous_pressure_per_h=60.0)
    assert state_of(engine, 0, "R16") == (ACTIVE, Priority.MEDIUM)
    # Silence of the one that told does not clear it.
    run(engine, range(3000, 9000, 30), transmembrane_pressure=120.0, venous_pressure=nan)
    assert state_of(engine, 0, "R16") == (ACTIVE, Priority.MEDIUM)


def test_a_ramp_of_the_flow_is_no_clotting(rules: Ruleset) -> None:
    engine = engine_of(rules)
    found = run(engine, range(0, 3600, 30), blood_flow=200.0, blood_flow_per_h=200.0, venous_pressure_per_h=90.0)
    assert state_of(engine, 0, "R16") == (NOT, None)
    assert ACTIVE not in {t.state for t in found}


def test_a_new_treatment_forgets_the_window(rules: Ruleset) -> None:
    engine = engine_of(rules)
    run(engine, range(0, 3000, 30), transmembrane_pressure_per_h=40.0)
    assert state_of(engine, 0, "R16") == (ACTIVE, Priority.MEDIUM)
    engine.evaluate(one(0, 3000, phase=Phase.POSTTX, **STEADY))
    assert state_of(engine, 0, "R16") == (NOT, None)
    engine.evaluate(one(0, 3030, **STEADY))
    assert state_of(engine, 0, "R16") == (NOT, None)


def test_an_interrupted_run_tells_the_same_as_an_uninterrupted_one(rules: Ruleset) -> None:
    rng = np.random.default_rng(23)
    fired = 0
    for _ in range(4):
        through, broken = engine_of(rules), engine_of(rules)
        t, flow, tmp, volume, per_step = 0, 300.0, 100.0, 0.0, 0.0
        for _ in range(400):
            t += int(rng.choice([20, 30, 60, 300, 1000], p=[0.4, 0.4, 0.15, 0.045, 0.005]))
            per_step = float(rng.choice([per_step, 0.0, 0.4, 1.0], p=[0.97, 0.01, 0.01, 0.01]))
            flow = float(rng.choice([flow, 300.0, 250.0, 0.0], p=[0.97, 0.02, 0.005, 0.005]))
            tmp, volume = min(tmp + per_step, 400.0), max(volume - per_step / 6.0, -39.0)
            values = STEADY | {
                "blood_flow": flow,
                "transmembrane_pressure": nan if rng.random() < 0.02 else tmp + float(rng.normal(0, 2)),
                "relative_blood_volume": volume,
            }
            if rng.random() < 0.2:
                saved, broken = broken.snapshot(0), engine_of(rules)
                broken.restore(0, saved)
            sample = one(0, t, **values)
            here = through.evaluate(sample)
            assert here == broken.evaluate(sample)
            fired += sum(x.state is ACTIVE for x in here)
        assert through.findings(0) == broken.findings(0)
        assert through.snapshot(0) == broken.snapshot(0)
    assert fired > 3


def test_two_looks_have_to_find_it(rules: Ruleset) -> None:
    engine = engine_of(rules)
    found = told(run(engine, range(0, 2100, 30), relative_blood_volume=-1.0, relative_blood_volume_per_h=-8.0), "R23")
    states = [state for _, state, _ in found]
    assert states == [NOT, NORMAL, ACTIVE]
    assert found[2][0] - found[1][0] == 120


def test_the_own_rules_need_no_other(tmp_path: Path) -> None:
    engine = Engine(subset(tmp_path, "R23"), 1)
    engine.register("u0")
    run(engine, range(0, 3000, 30), relative_blood_volume=-1.0, relative_blood_volume_per_h=-8.0)
    assert state_of(engine, 0, "R23") == (ACTIVE, Priority.LOW)
