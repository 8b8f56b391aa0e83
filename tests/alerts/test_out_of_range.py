"""The error of a formula asked outside its range."""

from __future__ import annotations

import pytest

from alerts.adequacy.ranges import RANGES, check_as
from alerts.out_of_range import NotEvaluable, OutOfRange


def test_the_error_says_what_value_and_range_in_one_line() -> None:
    with pytest.raises(OutOfRange) as caught:
        check_as("spKt/V", "hours", "hours", 240.0)
    error = caught.value
    assert (error.formula, error.what, error.value, error.allowed) == ("spKt/V", "hours", 240.0, "0.1 to 24 h")
    assert error.line() == "calculate spKt/V: hours is 240 – allowed: 0.1 to 24 h"


def test_units_are_said_as_clinicians_read_them() -> None:
    assert RANGES["mean_pressure"].words == "30 to 300 mmHg"
    assert RANGES["ratio"].words == "0.01 to 0.99"
    assert RANGES["pre"].words == "0.01 to 1000"


def test_what_cannot_be_evaluated_is_out_of_range_too() -> None:
    assert issubclass(NotEvaluable, OutOfRange)
