"""Every name and key of the contract leads to its formula."""

from __future__ import annotations

from math import isfinite

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.adequacy.ranges import RANGES
from alerts.out_of_range import OutOfRange
from homehd.calc.adequacy import FORMULAS
from homehd.calc.formula import number

WORKED = [
    ("spktv", "", {"pre": 70, "post": 21, "hours": 4, "uf-l": 3, "weight-kg": 70}, 1.4432),
    ("spktv", "", {"pre": 70, "post": 21, "hours": 4, "uf-l": 3, "weight-kg": 70, "pidi-days": 2.175}, 1.4432),
    ("ektv", "arterial", {"spktv": 1.4431968698998516, "hours": 4}, 1.2567),
    ("ektv", "venous", {"spktv": 1.4431968698998516, "hours": 4}, 1.2936),
    ("ektv", "tattersall-arterial", {"spktv": 1.4, "hours": 4}, 1.2218),
    ("ektv", "tattersall-venous", {"spktv": 1.4, "hours": 4}, 1.2824),
    ("stdktv", "gotch-leypoldt", {"spktv": 1.4, "ektv": 1.22, "hours": 4, "per-week": 3}, 2.1921),
    ("stdktv", "fixed-volume", {"spktv": 1.4, "ektv": 1.22, "hours": 4, "per-week": 3}, 2.1801),
    ("stdktv", "fixed-volume", {"ektv": 1.22, "hours": 4, "per-week": 3}, 2.1801),
    ("stdktv", "fhn", {"spktv": 1.4, "ektv": 1.4 * 240 / 275, "hours": 4, "per-week": 3, "uf-week-l": 9,
                       "volume-l": 40, "kru-ml-min": 0}, 2.3226),
    ("urr", "", {"pre": 70, "post": 21}, 70.0),
    ("uf-rate", "", {"uf-l": 3, "hours": 4, "weight-kg": 70}, 10.7143),
    ("uf-projection", "", {"removed-ml": 1800, "rate-ml-h": 700, "minutes-left": 90, "goal-ml": 2800}, 2850),
    ("watson", "", {"sex": "m", "age": 60, "height-cm": 175, "weight-kg": 80}, 42.4284),
    ("watson", "", {"sex": "f", "age": 60, "height-cm": 165, "weight-kg": 65}, 31.5705),
    ("ionic-dialysance", "", {"ci1": 14, "ci2": 15.4, "co1": 13.9, "co2": 14.79, "qd": 500, "qf": 10}, 185.7857),
    ("online-dose", "", {"clearances": (200, 180), "minutes": (120, 60), "volume-l": 40, "minutes-left": 60}, 1.14),
    ("map", "", {"systolic": 120, "diastolic": 90}, 100),
    ("eiap", "", {"pressure": 20, "height-cm": 35, "map": 90}, 35.65),
    ("vapr", "", {"vdp": 150, "vdp0": 85, "map": 95, "qb": 300}, 0.6842),
    ("vdp0", "", {"qb": 300, "flows": (200, 300, 400), "pressures": (40, 75, 120)}, 75),
    ("access-flow", "reversed", {"qb": 300, "ratio": 0.25}, 900),
    ("access-flow", "reversed", {"qb": 300, "ratio": 0.25, "uf-ml-min": 10}, 870),
    ("access-flow", "dialysance", {"k": 250, "cn": 200, "cr": 160}, 1000),
    ("needle-detectability", "", {"intra-access": 35, "venous": 120, "limit": 100}, 15),
    ("blood-volume-profile", "", {"slope": -4}, -4),
]  # fmt: skip


@pytest.mark.parametrize(("name", "method", "given_", "value"), WORKED)
def test_worked_values(name: str, method: str, given_: dict[str, object], value: float) -> None:
    answer = FORMULAS[name].answer(name, method, given_)
    assert answer["value"] == pytest.approx(value, abs=6e-5)
    assert answer["unit"] == FORMULAS[name].unit
    assert answer["source"] and answer["mark"]


def test_every_formula_and_method_is_worked() -> None:
    assert {(name, method) for name, method, *_ in WORKED} == {
        (name, method) for name, formula in FORMULAS.items() for method in formula.methods
    }


def test_what_the_contract_says_some_add() -> None:
    eiap = FORMULAS["eiap"].answer("eiap", "", {"pressure": 45, "height-cm": 35, "map": 95})
    assert (eiap["ratio"], eiap["positive"]) == (pytest.approx(0.6384, abs=5e-5), True)
    vapr = FORMULAS["vapr"].answer("vapr", "", {"vdp": 150, "vdp0": 85, "map": 95, "qb": 300})
    assert vapr["evaluable"] is True


@pytest.mark.parametrize(("name", "method", "given_", "value"), WORKED)
@pytest.mark.parametrize("wrong", [float("nan"), float("inf"), -float("inf"), -1000.0])
def test_no_single_key_lets_an_impossible_number_through(
    name: str, method: str, given_: dict[str, object], value: float, wrong: float
) -> None:
    for key in given_:
        if key != "sex":
            bad = (*given_[key][:-1], wrong) if isinstance(given_[key], tuple) else wrong  # type: ignore[index]
            with pytest.raises(OutOfRange):
                FORMULAS[name].answer(name, method, {**given_, key: bad})


@given(st.data())
def test_any_numbers_give_finite_ones_or_the_error(data: st.DataObject) -> None:
    name, method, like, _ = data.draw(st.sampled_from(WORKED))
    given_: dict[str, object] = dict(like)
    for key, what in FORMULAS[name].methods[method].keys.items():
        if what.read is number and key in like:
            low, high = (RANGES[what.range_name].low, RANGES[what.range_name].high)
            given_[key] = data.draw(st.one_of(st.floats(low, high), st.floats()))
    try:
        answer = FORMULAS[name].answer(name, method, given_)
    except OutOfRange:
        return
    assert all(isfinite(value) for value in answer.values() if isinstance(value, float))
