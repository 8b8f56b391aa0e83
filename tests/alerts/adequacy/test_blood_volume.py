"""Profiles of the relative blood volume."""

from __future__ import annotations

import pytest
from hypothesis import given

from alerts.adequacy.blood_volume import profile
from tests.alerts.adequacy.asking import anything, number_or_error, refused


@pytest.mark.parametrize(("slope", "letter"), [(1, "A"), (-2.9, "A"), (-3, "B"), (-6.5, "B"), (-6.6, "C"), (-20, "C")])
def test_limits_belong_to_b(slope: float, letter: str) -> None:
    assert profile(slope).profile == letter


@given(anything("slope_percent_h"))
def test_any_slope_has_a_profile_or_the_error(slope: float) -> None:
    number_or_error(lambda: profile(slope))


def test_outside_the_range() -> None:
    refused(lambda: profile(float("nan")), "slope_percent_h", "-100 to 100 %/h")
