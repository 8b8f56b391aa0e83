"""Every name and key of the statistics leads where it should."""

from __future__ import annotations

import pytest

from alerts.out_of_range import OutOfRange
from homehd.calc.statistics import FORMULAS
from tests.alerts.statistics.montgomery import MONTGOMERY

PRESSURES = (120.0, 122.0, 121.0, 125.0, 131.0, 138.0, 147.0, 158.0, 171.0)
WORKED = [
    ("mann-kendall", "", {"values": PRESSURES}, 34, {"s": 34, "p_one_sided": 9 / 362880}),
    ("theil-sen", "", {"times": tuple(range(0, 90, 10)), "values": PRESSURES}, 0.64375, {}),
    ("cusum", "", {"mu": 10, "sigma": 1, "k": 0.5, "h": 5, "values": MONTGOMERY}, 5.28, {"signal_index": 29}),
    ("ewma", "", {"mu": 10, "sigma": 1, "lambda": 0.1, "limit": 2.7, "values": MONTGOMERY}, 10.6468,
     {"signal_index": 29}),
    ("run-length", "cusum", {"k": 0.5, "h": 6.669}, 4998.66, {}),
    ("run-length", "cusum", {"k": 0.5, "h": 5, "shift": 1, "head-start": 2.5}, 6.3480, {}),
    ("run-length", "cusum-two-sided", {"k": 0.5, "h": 5, "shift": 1}, 10.376, {}),
    ("run-length", "ewma", {"lambda": 0.2, "limit": 2.962, "shift": 1}, 9.5545, {}),
    ("run-length", "ewma-steady", {"lambda": 0.2, "limit": 2.962}, 499.735, {}),
    ("run-length", "on-delay", {"p": 0.05, "n": 3}, 8420, {}),
    ("cusum-interval", "", {"k": 0.5, "run-length": 20000}, 8.053, {}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "method", "given_", "value", "adds"), WORKED)
def test_worked_values(name: str, method: str, given_: dict[str, object], value: float, adds: dict[str, float]) -> None:
    answer = FORMULAS[name].answer(name, method, given_)
    assert answer["value"] == pytest.approx(value, rel=1e-4)
    for key, added in adds.items():
        assert answer[key] == pytest.approx(added)


def test_every_statistic_and_method_is_worked() -> None:
    assert {(name, method) for name, method, *_ in WORKED} == {
        (name, method) for name, formula in FORMULAS.items() for method in formula.methods
    }


@pytest.mark.parametrize("wrong", [float("nan"), float("inf"), -1e12])
def test_no_single_key_lets_an_impossible_number_through(wrong: float) -> None:
    for name, method, given_, *_ in WORKED:
        for key, value in given_.items():  # type: ignore[attr-defined]
            bad = (*value[:-1], wrong) if isinstance(value, tuple) else wrong
            with pytest.raises(OutOfRange):
                FORMULAS[name].answer(name, method, {**given_, key: bad})  # type: ignore[dict-item]
