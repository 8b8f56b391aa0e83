from __future__ import annotations

from math import inf, nan

import pytest

from protocols.plausibility import separate
from telemetry import signals


def test_an_implausible_value_goes_and_the_others_stay() -> None:
    values, invalid = separate(
        {"blood_flow": 300.0, "dialysate_temperature": 99.9, "ultrafiltration_volume": 25000.0},
        {"blood_flow": "00300", "dialysate_temperature": "099.9", "ultrafiltration_volume": "25.00"},
    )
    assert values == {"blood_flow": 300.0}
    assert invalid == {
        "dialysate_temperature": "099.9: 99.9 is outside 25…45 °C",
        "ultrafiltration_volume": "25.00: 25000 is outside 0…20000 mL",
    }


@pytest.mark.parametrize("signal", [s for s in signals.CATALOGUE if s.plausible], ids=lambda s: s.name)
def test_the_range_is_closed_and_is_the_catalogue_s(signal: signals.Signal) -> None:
    assert signal.plausible is not None
    low, high = signal.plausible
    for value, stays in ((low, True), (high, True), (low - 0.01, False), (high + 0.01, False)):
        values, invalid = separate({signal.name: value}, {signal.name: "raw"})
        assert (values, list(invalid)) == (({signal.name: value}, []) if stays else ({}, [signal.name]))


@pytest.mark.parametrize("value", [nan, inf, -inf])
def test_what_is_not_finite_is_never_a_value(value: float) -> None:
    for name in ("venous_pressure", "heparin_total"):
        values, invalid = separate({name: value}, {name: "raw"})
        assert values == {}
        assert invalid[name].startswith("raw: ")
