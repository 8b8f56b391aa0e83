"""Ranges: edges belong to them, nothing else gets through."""

from __future__ import annotations

import pytest

from alerts.adequacy.ranges import RANGES, NotEvaluable, OutOfRange, check, check_as
from telemetry import signals


@pytest.mark.parametrize("name", RANGES)
def test_the_edges_are_allowed_and_what_is_beyond_is_not(name: str) -> None:
    allowed = RANGES[name]
    assert allowed.low < allowed.high
    check("a formula", **{name: allowed.low})
    check("a formula", **{name: allowed.high})
    width = allowed.high - allowed.low
    for value in (allowed.low - 1e-9 * width, allowed.high + 1e-9 * width, float("nan"), float("inf"), -float("inf")):
        with pytest.raises(OutOfRange, match=f"calculate a formula: {name} is "):
            check("a formula", **{name: value})


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


def test_what_a_machine_can_tell_has_the_catalogues_range() -> None:
    assert (RANGES["qb"].low, RANGES["qb"].high) == signals.BY_NAME["blood_flow"].plausible
    assert RANGES["qb"].ucum == signals.BY_NAME["blood_flow"].ucum


def test_what_cannot_be_evaluated_is_out_of_range_too() -> None:
    assert issubclass(NotEvaluable, OutOfRange)
