"""Ranges: edges belong to them, nothing else gets through."""

from __future__ import annotations

import pytest

from alerts.adequacy.ranges import RANGES, check
from alerts.out_of_range import OutOfRange
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


def test_what_a_machine_can_tell_has_the_catalogues_range() -> None:
    assert (RANGES["qb"].low, RANGES["qb"].high) == signals.BY_NAME["blood_flow"].plausible
    assert RANGES["qb"].ucum == signals.BY_NAME["blood_flow"].ucum
