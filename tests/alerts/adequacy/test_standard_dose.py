"""stdKt/V: worked values, limits, any input."""

from __future__ import annotations

from math import expm1

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.adequacy.standard_dose import fhn, fixed_volume, gotch_leypoldt
from alerts.adequacy.urea_kinetics import ektv_arterial
from tests.alerts.adequacy.asking import anything, number_or_error, refused, within


def test_the_worked_week() -> None:
    ektv = ektv_arterial(1.4, 4)
    assert ektv == pytest.approx(1.22)
    assert fixed_volume(ektv, 4, 3) == pytest.approx(2.1801, abs=5e-5)
    assert gotch_leypoldt(1.4, ektv, 4, 3) == pytest.approx(2.1921, abs=5e-5)
    week = fhn(1.4, 4, 3, 9, 40)
    assert week.ektv == pytest.approx(1.4 * 240 / 275)
    assert week.fixed_volume == pytest.approx(2.1937, abs=5e-5)
    assert week.value == pytest.approx(2.3226, abs=5e-5)


def test_fhn_takes_another_equilibrated_dose() -> None:
    assert fhn(1.4, 4, 3, 9, 40, 0, 1.3).fixed_volume == gotch_leypoldt(1.4, 1.3, 4, 3)
    assert fhn(1.4, 4, 3, 0, 40, 0, 1.3).value == gotch_leypoldt(1.4, 1.3, 4, 3)


def test_residual_function_adds_its_own_dose() -> None:
    added = fhn(1.4, 4, 3, 9, 40, 2).value - fhn(1.4, 4, 3, 9, 40).value
    assert added == pytest.approx(2 * (0.974 / 3.02 + 0.4) * 10.08 / 40)


@pytest.mark.parametrize(
    ("ask", "what", "allowed"),
    [
        (lambda: gotch_leypoldt(1.4, 1.2, 24, 8), "hours of a week", "at most 168 h"),
        (lambda: gotch_leypoldt(0, 1.2, 4, 3), "spktv", "0.01 to 5"),
        (lambda: gotch_leypoldt(14, 1.2, 4, 3), "spktv", "0.01 to 5"),
        (lambda: fixed_volume(1.2, 4, 0), "per_week", "1 to 14 /wk"),
        (lambda: fixed_volume(1.2, 4, 3, float("nan")), "spktv", "0.01"),
        (lambda: fhn(1.4, 4, 1, 7, 5), "UFw/V", "less than 1"),
        (lambda: fhn(1.4, 4, 3, 9000, 40), "uf_week_l", "0 to 50 L/wk"),
        (lambda: fhn(1.4, 4, 3, 9, 40, -1), "kru_ml_min", "0 to 20 mL/min"),
    ],
)
def test_outside_the_range(ask: object, what: str, allowed: str) -> None:
    refused(ask, what, allowed)  # type: ignore[arg-type]


SCHEDULE = {"ektv": anything("ektv"), "hours": anything("hours"), "per_week": anything("per_week")}


@given(spktv=anything("spktv"), **SCHEDULE)
def test_any_week_gives_a_number_or_the_error(spktv: float, ektv: float, hours: float, per_week: float) -> None:
    for answer in (
        number_or_error(lambda: gotch_leypoldt(spktv, ektv, hours, per_week)),
        number_or_error(lambda: fixed_volume(ektv, hours, per_week, spktv)),
    ):
        assert answer is None or answer > 0  # type: ignore[operator]


@given(
    spktv=anything("spktv"), hours=anything("hours"), per_week=anything("per_week"), uf=anything("uf_week_l"),
    volume=anything("volume_l"), kru=anything("kru_ml_min"), ektv=st.one_of(st.none(), anything("ektv")),
)  # fmt: skip
def test_any_fhn_gives_numbers_or_the_error(
    spktv: float, hours: float, per_week: float, uf: float, volume: float, kru: float, ektv: float | None
) -> None:
    answer = number_or_error(lambda: fhn(spktv, hours, per_week, uf, volume, kru, ektv))
    assert answer is None or answer.value >= answer.fixed_volume > 0  # type: ignore[attr-defined]


@given(ektv=within("ektv"), hours=st.floats(0.5, 8), per_week=st.integers(1, 6))
def test_more_often_and_more_each_time_is_more(ektv: float, hours: float, per_week: int) -> None:
    week = fixed_volume(ektv, hours, per_week)
    assert fixed_volume(ektv, hours, per_week + 1) > week
    assert ektv > 4.9 or fixed_volume(ektv + 0.1, hours, per_week) > week
    # The week cannot remove more than the treatments do, nor more than continuous treatment at the same clearance.
    assert week <= ektv * per_week * (1 + 1e-12)
    assert week <= ektv * 168 / hours * (1 + 1e-12)


def test_an_infinite_number_of_short_treatments_is_continuous() -> None:
    # 14 treatments of 12 h fill the week: stdKt/V is then K times a week over V.
    assert fixed_volume(1.2, 12, 14) == pytest.approx(14 * 1.2)
    assert fixed_volume(0.01, 12, 1) == pytest.approx(-expm1(-0.01) * 14 / (-expm1(-0.01) / 0.01 + 13))
