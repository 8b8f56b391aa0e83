"""UF rate and projection."""

from __future__ import annotations

import pytest
from hypothesis import given

from alerts.adequacy.ultrafiltration import projection, uf_rate
from tests.alerts.adequacy.asking import anything, number_or_error, refused


def test_worked_rates() -> None:
    assert uf_rate(3.0, 4, 70) == pytest.approx(10.714, abs=5e-4)
    assert uf_rate(3.9, 4, 75) == 13.0


def test_exactly_the_limit_is_not_above_it_whatever_the_weight() -> None:
    for limit in (10, 13):
        for hours in (2, 3, 3.5, 4, 4.5, 5, 6, 8):
            for tenths in range(300, 1500, 7):
                litres = float(f"{limit * hours * tenths / 10_000:.6f}")
                assert uf_rate(litres, hours, tenths / 10) == limit


def test_outside_the_range() -> None:
    refused(lambda: uf_rate(3000, 4, 70), "uf_l", "0 to 20 L")
    refused(lambda: uf_rate(-1, 4, 70), "uf_l", "0 to 20 L")
    refused(lambda: uf_rate(3, 0, 70), "hours", "0.1 to 24 h")
    refused(lambda: projection(1000, 600, 60, 0), "goal_ml", "100 to 20000 mL")


def test_a_projection() -> None:
    end = projection(1800, 700, 90, 2800)
    assert (end.value, end.excess_ml) == (2850, 50)
    assert end.excess_percent == pytest.approx(100 * 50 / 2800)
    assert projection(1800, 700, 0, 2800).excess_ml == -1000


@given(uf=anything("uf_l"), hours=anything("hours"), weight=anything("weight_kg"))
def test_any_rate_is_a_number_or_the_error(uf: float, hours: float, weight: float) -> None:
    rate = number_or_error(lambda: uf_rate(uf, hours, weight))
    assert rate is None or rate >= 0  # type: ignore[operator]
    if rate is not None and hours > 0.2:
        assert uf_rate(uf, hours / 2, weight) >= rate - 1e-9  # type: ignore[operator]


@given(done=anything("removed_ml"), rate=anything("rate_ml_h"), left=anything("minutes"), goal=anything("goal_ml"))
def test_any_projection_is_a_number_or_the_error(done: float, rate: float, left: float, goal: float) -> None:
    end = number_or_error(lambda: projection(done, rate, left, goal))
    assert end is None or end.value >= done  # type: ignore[attr-defined]
