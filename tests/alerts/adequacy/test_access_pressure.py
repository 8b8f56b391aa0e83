"""Static pressure, venous ratio, MAP, and what a static limit can see."""

from __future__ import annotations

import pytest
from hypothesis import given

from alerts.adequacy.access_pressure import mean_pressure, needle_detectability, static_pressure, venous_ratio
from alerts.out_of_range import NotEvaluable, OutOfRange
from tests.alerts.adequacy.asking import anything, number_or_error, refused


def test_worked_static_pressures() -> None:
    one = static_pressure(20, 35, 90)
    assert (one.value, one.ratio, one.positive) == (pytest.approx(35.65), pytest.approx(0.3961, abs=5e-5), False)
    two = static_pressure(45, 35, 95)
    assert (two.value, two.ratio, two.positive) == (pytest.approx(60.65), pytest.approx(0.6384, abs=5e-5), True)


def test_half_of_map_is_not_more_than_half() -> None:
    assert not static_pressure(46.6, 0, 100).positive
    assert static_pressure(46.7, 0, 100).positive
    for height in range(100):
        assert not static_pressure(round(46.6 - 0.35 * height, 2), height, 100).positive


def test_the_worked_ratio() -> None:
    found = venous_ratio(150, 85, 95, 300)
    assert (found.value, found.evaluable, found.positive) == (pytest.approx(0.6842, abs=5e-5), True, True)
    assert not venous_ratio(130, 75, 100, 300).positive, "0.55 is not more than 0.55"
    for tenths in range(751, 1500):
        assert not venous_ratio(round(50 + 0.055 * tenths, 4), 50, tenths / 10, 300).positive


@pytest.mark.parametrize(
    ("values", "what"),
    [((150, 85, 74, 300), "MAP"), ((150, 85, 75, 300), "MAP"), ((150, 85, 95, 200), "Qb"), ((20, 5, 95, 300), "VDP")],
)
def test_conditions_without_which_the_ratio_says_nothing(values: tuple[float, ...], what: str) -> None:
    with pytest.raises(NotEvaluable, match=f"{what} is .* – allowed: more than"):
        venous_ratio(*values)


def test_just_inside_the_conditions_it_speaks() -> None:
    assert venous_ratio(20.1, 5, 75.1, 200.1).evaluable


def test_what_is_impossible_is_not_merely_not_evaluable() -> None:
    for values in ((150, 85, float("nan"), 300), (150, 85, -5, 300), (150, 160, 95, 300), (150, 85, 95, 800)):
        with pytest.raises(OutOfRange) as caught:
            venous_ratio(*values)
        assert not isinstance(caught.value, NotEvaluable)


def test_mean_pressure() -> None:
    assert mean_pressure(120, 90) == 100
    refused(lambda: mean_pressure(80, 120), "diastolic", "at most the systolic")
    refused(lambda: mean_pressure(16, 10), "systolic", "30 to 300 mmHg")


def test_outside_the_range() -> None:
    refused(lambda: static_pressure(20, 350, 90), "chamber_height_cm", "0 to 100 cm")
    refused(lambda: static_pressure(20, 35, 0), "mean_pressure", "30 to 300 mmHg")
    refused(lambda: static_pressure(-40, 35, 90), "eIAP", "at least 0")
    refused(lambda: needle_detectability(20, 100, 100), "limit", "below the venous pressure")


def test_a_needle_takes_only_the_accesss_pressure_with_it() -> None:
    seen = needle_detectability(35, 120, 100)
    assert (seen.value, seen.detectable) == (15, True)
    assert not needle_detectability(20, 120, 100).detectable
    assert needle_detectability(10, 120, 100).value == -10


@given(pressure=anything("static_pressure"), height=anything("chamber_height_cm"), mean=anything("mean_pressure"))
def test_any_static_pressure_is_a_number_or_the_error(pressure: float, height: float, mean: float) -> None:
    found = number_or_error(lambda: static_pressure(pressure, height, mean))
    assert found is None or found.positive == (found.ratio > 0.5)  # type: ignore[attr-defined]
    if found is not None and height < 99:
        assert static_pressure(pressure, height + 1, mean).value > found.value  # type: ignore[attr-defined]


@given(vdp=anything("venous_pressure"), vdp0=anything("vdp0"), mean=anything("mean_pressure"), qb=anything("qb"))
def test_any_ratio_is_a_number_or_the_error(vdp: float, vdp0: float, mean: float, qb: float) -> None:
    found = number_or_error(lambda: venous_ratio(vdp, vdp0, mean, qb))
    assert found is None or (found.value >= 0 and mean > 75 and qb > 200 and vdp > 20)  # type: ignore[attr-defined]


@given(first=anything("venous_pressure"), second=anything("venous_pressure"), inside=anything("intra_access"))
def test_any_pressures_are_judged_or_refused(first: float, second: float, inside: float) -> None:
    number_or_error(lambda: needle_detectability(inside, first, second))
    mean = number_or_error(lambda: mean_pressure(first, second))
    assert mean is None or second - 1e-9 <= mean <= first + 1e-9  # type: ignore[operator]
