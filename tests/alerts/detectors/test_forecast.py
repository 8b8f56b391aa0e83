"""Where the line of the readings goes: against a plain reference, its edges, and what takes the ground away."""

from __future__ import annotations

from itertools import combinations, permutations
from math import inf, nan
from statistics import mean, median

import numpy as np
import pytest

from alerts.engine import Context, Engine
from alerts.ruleset import Ruleset
from alerts.statistics import mann_kendall
from telemetry.alarms import FindingState, Priority
from tests.alerts.building import RULES, finding_of, one, state_of, subset

ACTIVE, NORMAL, NOT = FindingState.ACTIVE, FindingState.NORMAL, FindingState.NOT_EVALUATED


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Ruleset:
    """R04 without R01, which would take over."""
    return subset(tmp_path_factory.mktemp("rules"), "R04")


def engine_of(rules: Ruleset, context: Context | None = None) -> Engine:
    engine = Engine(rules, 1)
    engine.set_context(engine.register("u0"), context or Context(pre_systolic_mmhg=130.0))
    return engine


def cuff(engine: Engine, t: float, systolic: float) -> FindingState:
    engine.evaluate(one(0, t, systolic=systolic, pulse_rate=60 + t % 7))
    return state_of(engine, 0, "R04")[0]


def reference(readings: list[tuple[int, int]]) -> bool | None:
    """Whether these (second, pressure) fire, None = too few; in plain Python."""
    now = readings[-1][0]
    seen = [(t, x) for t, x in readings[-10:] if now - t <= 7200]
    if len(seen) < 4:
        return None
    slope = median((b - a) / (u - t) for (t, a), (u, b) in combinations(seen, 2))
    intercept = median(x - slope * (t - now) for t, x in seen)
    s = [sum((b > a) - (b < a) for a, b in combinations([x for _, x in seen], 2))]
    if not (slope < 0 and intercept + slope * 1800 < 90 <= seen[-1][1]):
        return False
    if len(seen) > 7:
        return bool(mann_kendall.trends([float(x) for _, x in seen]).p_falling <= 0.05)
    s += [sum((b > a) - (b < a) for a, b in combinations(order, 2)) for order in permutations([x for _, x in seen])]
    return mean(other <= s[0] for other in s[1:]) <= 0.05


def test_eighty_random_treatments_agree_with_the_reference(alone: Ruleset) -> None:
    rng = np.random.default_rng(4)
    seen = {True: 0, False: 0, None: 0}
    for _ in range(80):
        engine = engine_of(alone)
        readings: list[tuple[int, int]] = []
        t, level, slope = 0, float(rng.uniform(100, 150)), float(rng.uniform(-14, 3))
        for _ in range(12):
            t += int(rng.choice([180, 600, 900, 1800], p=[0.1, 0.2, 0.6, 0.1]))
            level = max(level + slope, 60.0)
            readings.append((t, round(level + float(rng.normal(0, 3)))))
            before = state_of(engine, 0, "R04")[0]
            after = cuff(engine, *readings[-1])
            expected = reference(readings)
            seen[expected] += 1
            if expected is None:
                assert after in (NOT, ACTIVE) and (after is NOT or before is ACTIVE)
            elif expected:
                assert after is ACTIVE, readings
            else:
                assert after is NORMAL or before is ACTIVE, readings
    assert min(seen.values()) > 50


def test_four_readings_that_fall_are_one_in_twenty_four() -> None:
    engine = engine_of(RULES)
    for n, x in enumerate((120, 114, 108, 102)):
        state = cuff(engine, 900 * n, x)
    assert state is NORMAL  # 90 in half an hour is not below 90
    engine = engine_of(RULES)
    for n, x in enumerate((120, 113, 107, 100)):
        state = cuff(engine, 900 * n, x)
    assert state is ACTIVE
    assert "p 0.042" in finding_of(engine, 0, "R04").reason


def test_a_patients_own_limit_of_r01_is_this_rules_too() -> None:
    engine = engine_of(RULES, Context(pre_systolic_mmhg=130.0, limits={"R01 medium": 80.0}))
    for n, x in enumerate((124, 116, 108, 100)):
        assert cuff(engine, 900 * n, x) is not ACTIVE
    assert cuff(engine, 3600, 92) is ACTIVE


def test_its_limit_is_the_one_of_r01() -> None:
    splits = [level.below_by for rule in ("R01", "R04") for level in RULES.rule(rule).spec.level if level.below_by]  # type: ignore[attr-defined]
    assert len(splits) == 2
    assert splits[0] == splits[1]


@pytest.mark.parametrize("bad", [nan, inf, -inf, 3e38])
def test_what_cannot_be_read_is_not_evaluated_and_never_normal(bad: float) -> None:
    engine = engine_of(RULES)
    for n in range(8):
        engine.evaluate(one(0, n, systolic=140 - n % 2))
    assert state_of(engine, 0, "R04") == (NORMAL, None)
    engine.evaluate(one(0, 8, systolic=bad))
    assert state_of(engine, 0, "R04") == (NOT, None)


def test_an_interruption_between_readings_forgets_none() -> None:
    engine = engine_of(RULES)
    for n, x in enumerate((124, 116, 108, 100)):
        again = engine_of(RULES)
        again.restore(0, engine.snapshot(0))
        engine = again
        cuff(engine, 900 * n, x)
    assert state_of(engine, 0, "R04") == (ACTIVE, Priority.LOW)


def test_a_new_treatment_has_no_readings_yet() -> None:
    engine = engine_of(RULES)
    for n, x in enumerate((124, 116, 108)):
        cuff(engine, 900 * n, x)
    engine.evaluate(one(0, 2000, phase=4, systolic=108))
    assert cuff(engine, 2700, 100) is NOT
    assert finding_of(engine, 0, "R04").reason == "too few readings for a trend"
