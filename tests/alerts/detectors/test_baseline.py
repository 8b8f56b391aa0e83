"""What counts once a value has dropped: the baseline of before, beside a reference, and what ends it."""

from __future__ import annotations

from itertools import pairwise
from math import nan
from pathlib import Path

import numpy as np
import pytest

from alerts.engine import Engine, Samples
from telemetry import signals
from telemetry.alarms import FindingState
from telemetry.treatment import Phase
from tests.alerts.building import RULES, SECOND, finding_of, one, subset, told
from tests.alerts.detectors.needle import NeedleRule

ACTIVE = FindingState.ACTIVE
FLOW, VENOUS = signals.BY_NAME["blood_flow"].number, signals.BY_NAME["venous_pressure"].number


def random_course(rng: np.random.Generator, length: int) -> list[tuple[int, Phase, float, float]]:
    """Seconds, phase, venous pressure and blood flow of a treatment in which all that matters to the rule happens."""
    flow, out, course = 300.0, 0.0, []
    for t in np.cumsum(rng.choice([1, 2, 3, 7, 40], length, p=[0.93, 0.04, 0.015, 0.01, 0.005])).tolist():
        if rng.random() < 0.012:
            out = float(rng.choice([0.0, 0.0, 18.0, 30.0, 45.0, 70.0, -18.0, -30.0]))
        if rng.random() < 0.006:
            flow = float(rng.choice([0.0, 270.0, 300.0, 300.0, 330.0, 360.0]))
        shown = flow + float(rng.integers(-1, 2)) if flow else 0.0
        pressure = round(150 + 0.5 * (flow - 300) - out + float(rng.normal(0, 2.0)), 1) if flow else 20.0
        odd = rng.random()
        phase = Phase.POSTTX if odd < 0.002 else Phase.UNKNOWN if odd < 0.006 and flow else Phase.TX
        course.append((t, phase, nan if odd > 0.995 else pressure, nan if 0.99 < odd < 0.993 else shown))
    return course


def test_random_treatments_agree_with_the_reference(tmp_path: Path) -> None:
    rng, count, length = np.random.default_rng(7), 120, 900
    engine = Engine(subset(tmp_path, "R10"), count)
    rows = np.array([engine.register(f"u{n}") for n in range(count)], np.int32)
    courses = [random_course(rng, length) for _ in range(count)]
    found = []
    for k in range(length):
        values = np.full((count, signals.COUNT), np.nan, np.float32)
        values[:, VENOUS] = [course[k][2] for course in courses]
        values[:, FLOW] = [course[k][3] for course in courses]
        times = np.array([course[k][0] * SECOND for course in courses], np.int64)
        phases = np.array([course[k][1] for course in courses], np.uint8)
        found += engine.evaluate(Samples(rows, times, phases, values, np.zeros(count, np.uint64), times))
    fired = cleared = anew = 0
    for row, course in zip(rows, courses, strict=True):
        expected = NeedleRule()
        for reading in course:
            expected.sample(*reading)
        mine: list[tuple[float, FindingState]] = [(-1.0, FindingState.NOT_EVALUATED)]
        for t, state, _ in told((each for each in found if each.row == row), "R10"):
            if state is not mine[-1][1]:
                mine.append((t, state))
        assert mine[1:] == expected.seen
        again = [each.time_us / SECOND for each in found if each.row == row and each.again]
        assert again == expected.again
        anew += len(again)
        fired += sum(state is ACTIVE for _, state in mine)
        cleared += sum(before is ACTIVE for (_, before), _ in pairwise(mine))
    assert min(fired, cleared) > 90
    assert anew > 10


def fallen(engine: Engine, until: int = 120) -> None:
    """A minute at 150 mmHg, then 110."""
    engine.register("u0")
    for t in range(until):
        engine.evaluate(one(0, t, blood_flow=300, venous_pressure=(150 if t < 60 else 110) + t % 2))


def test_the_reason_names_the_baseline_long_after_the_fall() -> None:
    engine = Engine(RULES, 1)
    fallen(engine, 600)
    found = finding_of(engine, 0, "R10")
    assert found.state is ACTIVE
    assert found.since_us == 63 * SECOND
    assert found.reason == (
        "Venous pressure 111 mmHg, 39 mmHg below the 150 mmHg before the fall (60 s median), "
        "blood flow steady at 300 mL/min, for 3 s"
    )


def test_an_alert_carries_the_baseline_it_was_held_against() -> None:
    engine = Engine(RULES, 1)
    engine.register("u0")
    found = []
    for t in range(90):
        found += engine.evaluate(one(0, t, blood_flow=300, venous_pressure=(150 if t < 60 else 110) + t % 2))
    [fired] = [t for t in found if t.rule == "R10" and t.state is ACTIVE]
    assert fired.inputs == {"venous_pressure": 111.0, "venous_pressure_median_60s": 150.0, "blood_flow": 300.0}
    assert fired.limits == {"limit": 20.0, "on_delay_s": 3.0, "off_delay_s": 30.0, "deadband": 5.0}


@pytest.mark.parametrize(("back_to", "state"), [(135, FindingState.NORMAL), (134, ACTIVE)])
def test_the_deadband_is_from_the_baseline(back_to: int, state: FindingState) -> None:
    engine = Engine(RULES, 1)
    fallen(engine)
    for t in range(120, 151):
        engine.evaluate(one(0, t, blood_flow=300, venous_pressure=back_to))
    assert finding_of(engine, 0, "R10").state is state


def test_a_baseline_too_old_to_mean_anything_is_given_up() -> None:
    engine = Engine(RULES, 1)
    fallen(engine, 62)  # pending, then nothing for ten minutes
    for t in range(662, 672):
        engine.evaluate(one(0, t, blood_flow=300, venous_pressure=110 + t % 2))
    assert "window" in finding_of(engine, 0, "R10").reason
