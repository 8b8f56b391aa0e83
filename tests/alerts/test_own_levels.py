from __future__ import annotations

import pytest

from alerts import own_levels
from alerts.engine import Engine
from alerts.records import Context
from alerts.ruleset import Ruleset, load
from telemetry.alarms import FindingState
from tests.alerts.building import one, state_of

RULES = own_levels.rules()


def test_only_rules_whose_detector_looks_at_them_and_levels_that_have_a_limit() -> None:
    assert {"R07", "R13", "R14", "R17"} <= RULES.keys()
    assert not {"R10", "R19", "R21", "R33", "R34"} & RULES.keys()
    own_levels.check(RULES["R01"], {"high": 85.0})
    with pytest.raises(ValueError, match="medium: no such level; there are high"):
        own_levels.check(RULES["R01"], {"medium": 95.0})


@pytest.mark.parametrize(
    ("rule", "own"),
    [
        ("R13", {"high": 320.0, "medium": 280.0}),
        ("R14", {"medium": -220.0}),
        ("R17", {"low": 3.0}),
        ("R07", {"low": 8}),
    ],
)
def test_numbers_that_can_be(rule: str, own: dict[str, float]) -> None:
    own_levels.check(RULES[rule], own)


@pytest.mark.parametrize(
    ("rule", "own", "says"),
    [
        ("R13", {"high": 42.0}, "150 to 600"),  # kPa
        ("R13", {"high": float("nan")}, "high"),
        ("R13", {"high": 501.0}, "outside what venous pressure can be"),
        ("R14", {"medium": 220.0}, "−400 to −100"),
        ("R13", {"hihg": 320.0}, "no such level; there are high, medium"),
    ],
)
def test_numbers_that_cannot_be(rule: str, own: dict[str, float], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        own_levels.check(RULES[rule], own)


@pytest.mark.parametrize(("own", "state"), [({}, FindingState.ACTIVE), ({"R13 medium": 290.0}, FindingState.NORMAL)])
def test_the_engine_holds_a_value_against_the_patients_own(own: dict[str, float], state: FindingState) -> None:
    engine = Engine(load())
    row = engine.register("u1")
    engine.set_context(row, Context(limits=own))
    for t in range(100):
        engine.evaluate(one(row, t, venous_pressure=262.0 + t % 2, blood_flow=300.0, blood_pump_running=1.0))
    assert state_of(engine, row, "R13")[0] is state


def test_limits_instead_of_others_are_of_the_rules_that_are_asked() -> None:
    shipped = load()
    wanted = {"R13": {"high": 320.0, "medium": 280.0}, "R14": {"medium": -220.0}}
    assert own_levels.instead(shipped, wanted) == {"R13 high": 320.0, "R13 medium": 280.0, "R14 medium": -220.0}
    assert own_levels.instead(shipped, {}) == {}
    with pytest.raises(ValueError, match=r"^R10: rules on readings whose limits can be others: .*R13"):
        own_levels.instead(shipped, {"R10": {"high": 30.0}})
    with pytest.raises(ValueError, match=r"^R13: no limit given"):
        own_levels.instead(shipped, {"R13": {}})
    with pytest.raises(ValueError, match=r"^R13 high: 150 to 600"):
        own_levels.instead(shipped, {"R13": {"high": 42.0}})
    without = Ruleset(tuple(rule for rule in shipped.rules if rule.id != "R13"))
    with pytest.raises(ValueError, match=r"^R13: rules on readings"):
        own_levels.instead(without, wanted)
