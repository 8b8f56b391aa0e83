from __future__ import annotations

from dataclasses import replace

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
    assert not {"R04", "R19", "R20", "R21", "R22", "R32", "R33", "R34"} & RULES.keys()
    assert list(own_levels.numbers(RULES["R06"])) == ["medium", "medium_other_at_least"]
    assert list(own_levels.numbers(RULES["R16"])) == ["medium_transmembrane_pressure", "medium_venous_pressure"]
    with pytest.raises(ValueError, match="medium: no such level; there are medium_transmembrane_pressure, "):
        own_levels.check(RULES["R16"], {"medium": 40.0})


@pytest.mark.parametrize(
    ("rule", "own"),
    [
        ("R13", {"high": 320.0, "medium": 280.0}),
        ("R14", {"medium": -220.0}),
        ("R17", {"low": 3.0}),
        ("R07", {"low": 8}),
        # Of either limit it may be, by the pressure of before.
        ("R01", {"medium": 45.0}),
        ("R01", {"medium": 200.0}),
        ("R23", {"low": -13.0}),
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
        ("R01", {"medium": 44.0}, "45 to 200, the rule's own is 90 or 100"),
        ("R06", {"medium_other_at_least": 225.0}, "55 to 220"),
        ("R16", {"medium_venous_pressure": 40.0}, "more than 40, by which it has to come back to be over"),
        ("R23", {"low": 6.5}, "−13 to −3.25"),
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


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        ("R04", "limit of the rule it looks ahead to"),
        ("R19", "there is no number"),
        ("R21", "time alone"),
        ("R32", "prescribed_heparin_ml_h"),
        ("R33", "the line's"),
        ("R34", "sensor"),
        ("R99", "no such rule"),
    ],
)
def test_a_rule_without_such_a_number_says_why(rule: str, says: str) -> None:
    assert says in own_levels.why_none(load(), rule)
    with pytest.raises(ValueError, match=rf"^{rule}: .*{says}.*; others can be of R01, "):
        own_levels.instead(load(), {rule: {"low": 1.0}})


def test_two_levels_of_one_name_cannot_be_told_apart() -> None:
    rule = RULES["R13"]
    twice = replace(rule, rungs=(rule.rungs[0], rule.rungs[0], rule.rungs[1]))
    assert list(own_levels.numbers(twice)) == ["medium"]


def test_limits_instead_of_others_are_of_the_rules_that_are_asked() -> None:
    shipped = load()
    wanted = {"R13": {"high": 320.0, "medium": 280.0}, "R14": {"medium": -220.0}}
    assert own_levels.instead(shipped, wanted) == {"R13 high": 320.0, "R13 medium": 280.0, "R14 medium": -220.0}
    assert own_levels.instead(shipped, {}) == {}
    with pytest.raises(ValueError, match=r"^R13: no limit given"):
        own_levels.instead(shipped, {"R13": {}})
    with pytest.raises(ValueError, match=r"^R13 high: 150 to 600"):
        own_levels.instead(shipped, {"R13": {"high": 42.0}})
    without = Ruleset(tuple(rule for rule in shipped.rules if rule.id != "R13"))
    with pytest.raises(ValueError, match=r"^R13: no such rule on readings; others can be of R01, "):
        own_levels.instead(without, wanted)
