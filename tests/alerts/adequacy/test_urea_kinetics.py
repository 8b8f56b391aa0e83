"""URR, spKt/V, eKt/V: published and recomputed values, direction, limits."""

from __future__ import annotations

from functools import partial
from math import isclose, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.adequacy.urea_kinetics import (
    ektv_arterial,
    ektv_tattersall_arterial,
    ektv_tattersall_venous,
    ektv_venous,
    spktv,
    urr,
)
from tests.alerts.adequacy.asking import anything, number_or_error, refused, within


def test_the_worked_treatment() -> None:
    dose = spktv(70, 21, 4, 3, 70)
    assert dose == pytest.approx(1.4432, abs=5e-5)
    assert ektv_arterial(dose, 4) == pytest.approx(1.2567, abs=5e-5)
    assert ektv_venous(dose, 4) == pytest.approx(1.2936, abs=5e-5)
    assert ektv_tattersall_arterial(1.4, 4) == pytest.approx(1.4 * 240 / 275)
    assert ektv_tattersall_venous(1.4, 4) == pytest.approx(1.4 * 240 / 262)
    assert urr(70, 21) == pytest.approx(70.0)


def test_other_schedules_have_their_own_generation() -> None:
    assert spktv(70, 21, 4, 3, 70, 2) == pytest.approx(-log(0.3 - 0.0087 * 4) + 2.95 * 3 / 70)
    # Twice the days since the last treatment: half the generation as a share of Cpre.
    assert spktv(70, 21, 4, 3, 70, 0.0174 / 0.008) == pytest.approx(spktv(70, 21, 4, 3, 70))


@pytest.mark.parametrize(
    ("values", "what", "allowed"),
    [
        ((70, 2.24, 4, 3, 70), "R − 0.008 t", "more than 0"), ((70, 2, 4, 3, 70), "R − 0.008 t", "more than 0"),
        ((70, 21, 240, 3, 70), "hours", "0.1 to 24 h"), ((70, 21, 0, 3, 70), "hours", "0.1 to 24 h"),
        ((21, 70, 4, 3, 70), "post", "exchanged"), ((0, 0, 4, 3, 70), "pre", "0.01 to 1000"),
        ((70, -21, 4, 3, 70), "post", "0.01"), ((70, 21, 4, -0.1, 70), "uf_l", "0 to 20 L"),
        ((70, 21, 4, 3000, 70), "uf_l", "0 to 20 L"), ((70, 21, 4, 3, 0), "weight_kg", "10 to 300 kg"),
        ((70, 21, 4, 3, 70, 0), "pidi_days", "0.5 to 14 d"), ((float("nan"), 21, 4, 3, 70), "pre", "0.01"),
    ],
)  # fmt: skip
def test_spktv_outside_its_range(values: tuple[float, ...], what: str, allowed: str) -> None:
    refused(lambda: spktv(*values), what, allowed)


def test_the_rate_equation_is_for_an_hour_and_more() -> None:
    refused(lambda: ektv_arterial(1.4, 0.5), "hours", "1 to 24 h")
    refused(lambda: ektv_venous(1.4, 0.99), "hours", "1 to 24 h")
    assert ektv_tattersall_arterial(1.4, 0.5) == pytest.approx(1.4 * 30 / 65)


ASKED = st.tuples(
    *(anything(name) for name in ("pre", "post", "hours", "uf_l", "weight_kg")),
    st.one_of(st.none(), anything("pidi_days")),
)


@given(values=ASKED)
def test_any_treatment_gives_a_number_or_the_error(values: tuple[float, ...]) -> None:
    dose = number_or_error(lambda: spktv(*values))
    assert dose is None or dose >= 0  # type: ignore[operator]
    share = number_or_error(lambda: urr(values[0], values[1]))
    assert share is None or 0 <= share <= 100  # type: ignore[operator]


@given(dose=anything("spktv"), hours=anything("hours"))
def test_any_dose_gives_an_equilibrated_one_or_the_error(dose: float, hours: float) -> None:
    for formula in (ektv_arterial, ektv_venous, ektv_tattersall_arterial, ektv_tattersall_venous):
        answer = number_or_error(partial(formula, dose, hours))
        assert answer is None or answer > 0  # type: ignore[operator]


@given(post=st.tuples(st.floats(10, 70), st.floats(10, 70)), uf=st.tuples(st.floats(0, 6), st.floats(0, 6)))
def test_more_removed_is_more_dose(post: tuple[float, float], uf: tuple[float, float]) -> None:
    (low, high), (less, more) = sorted(post), sorted(uf)
    assert spktv(70, low, 4, less, 70) >= spktv(70, high, 4, less, 70)
    assert spktv(70, low, 4, more, 70) >= spktv(70, low, 4, less, 70)
    assert urr(70, low) >= urr(70, high)


@given(dose=within("spktv"), hours=st.floats(1, 23))
def test_longer_rebounds_less_and_long_enough_not_at_all(dose: float, hours: float) -> None:
    for formula in (ektv_arterial, ektv_venous, ektv_tattersall_arterial, ektv_tattersall_venous):
        assert formula(dose, hours + 1) > formula(dose, hours)
    assert ektv_tattersall_arterial(dose, hours) < ektv_tattersall_venous(dose, hours) < dose


@given(dose=st.floats(0.4, 2.5), hours=st.floats(2, 8), litres=st.floats(0, 6))
def test_from_dose_to_urea_and_back(dose: float, hours: float, litres: float) -> None:
    # The urea after a treatment of this dose, by bisection: the dose falls with it.
    low, high = 70 * 0.008 * hours + 1e-3, 70.0
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if spktv(70, middle, hours, litres, 70) > dose else (low, middle)
    found = spktv(70, (low + high) / 2, hours, litres, 70)
    assert isclose(found, dose, abs_tol=1e-6) or high > 69.99 or low < 70 * 0.008 * hours + 2e-3
