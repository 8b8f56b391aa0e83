from __future__ import annotations

import pytest

from alerts.adequacy import access_pressure
from alerts.between.plausible import plausible, refused
from alerts.out_of_range import OutOfRange


@pytest.mark.parametrize("value", [29.9, 300.1, float("nan"), float("inf"), None])
def test_what_cannot_be_is_none(value: float | None) -> None:
    assert plausible("systolic", value) is None
    assert plausible("systolic", 30.0) == 30.0


def test_a_formula_without_an_answer_says_what_and_what_is_allowed() -> None:
    with pytest.raises(OutOfRange) as caught:
        access_pressure.venous_ratio(150, 85, 74, 300)
    assert refused(caught.value).startswith("VAPR: MAP is 74, allowed: more than 75 mmHg")
