"""The pressure of before the treatment, from the context or the first reading of the treatment."""

from __future__ import annotations

from math import nan

import pytest

from alerts.engine import Context, Engine
from telemetry.alarms import FindingState
from telemetry.treatment import Phase
from tests.alerts.building import RULES, finding_of, one, state_of

ACTIVE, NORMAL = FindingState.ACTIVE, FindingState.NORMAL


def engine_of(pre: float | None) -> Engine:
    engine = Engine(RULES, 1)
    engine.set_context(engine.register("u0"), Context(pre_systolic_mmhg=pre))
    return engine


@pytest.mark.parametrize("pre", [None, nan, 0.0, 20.0, 1000.0])
def test_where_it_is_not_known_or_cannot_be_the_first_reading_is_it(pre: float | None) -> None:
    engine = engine_of(pre)
    engine.evaluate(one(0, 0, systolic=165))
    engine.evaluate(one(0, 1, systolic=95))
    found = finding_of(engine, 0, "R01")
    assert found.state is ACTIVE
    assert "165 mmHg at the start of the treatment" in found.reason


def test_each_treatment_has_its_own_first_reading() -> None:
    engine = engine_of(None)
    engine.evaluate(one(0, 0, systolic=165))
    engine.evaluate(one(0, 1, phase=Phase.POSTTX, systolic=165))
    engine.evaluate(one(0, 2, systolic=140))
    engine.evaluate(one(0, 3, systolic=95))
    assert state_of(engine, 0, "R01") == (NORMAL, None)


def test_what_is_learnt_of_the_patient_later_counts_from_the_next_reading() -> None:
    engine = engine_of(None)
    engine.evaluate(one(0, 0, systolic=140))
    engine.set_context(0, Context(pre_systolic_mmhg=170.0))
    engine.evaluate(one(0, 1, systolic=95))
    assert "170 mmHg before the treatment" in finding_of(engine, 0, "R01").reason
