"""The catalogue keeps its promises to the wire and to the store."""

from __future__ import annotations

import math

import pytest

from telemetry import signals, units
from telemetry.signals import BY_NAME, CATALOGUE, Kind


def test_numbers_are_positions_and_fit_a_signed_mask() -> None:
    assert [signal.number for signal in CATALOGUE] == list(range(signals.COUNT))
    assert signals.COUNT <= 63


def test_the_first_numbers_never_change() -> None:
    # Stored masks and recorded batches depend on these; a change here is a migration, not an edit.
    assert {name: BY_NAME[name].number for name in ("blood_flow", "venous_pressure", "systolic", "fluid_bypass")} == {
        "blood_flow": 0,
        "venous_pressure": 3,
        "systolic": 23,
        "fluid_bypass": 32,
    }


def test_names_and_codes_are_unique() -> None:
    assert len(BY_NAME) == signals.COUNT
    codes = [signal.mdc_code for signal in CATALOGUE if signal.mdc_code is not None]
    assert len(codes) == len(set(codes))


@pytest.mark.parametrize("signal", CATALOGUE, ids=lambda signal: signal.name)
def test_every_signal_is_whole(signal: signals.Signal) -> None:
    assert signal.ucum in units.PRINTED
    assert (signal.mdc_reference is None) == (signal.mdc_code is None)
    if signal.plausible and signal.usual:
        assert signal.plausible[0] <= signal.usual[0] < signal.usual[1] <= signal.plausible[1]
    if signal.kind is Kind.BOOLEAN:
        assert signal.plausible == (0, 1)


@pytest.mark.parametrize(("setting", "base"), [("blood_flow_setting", "blood_flow")])
def test_a_setting_has_its_base_code_plus_the_offset(setting: str, base: str) -> None:
    base_code = BY_NAME[base].mdc_code
    assert base_code is not None
    assert BY_NAME[setting].mdc_code == base_code + 16_777_216


@pytest.mark.parametrize(
    ("value", "accepted"),
    [
        (-100, True),
        (-100.1, False),
        (500, True),
        (501, False),
        (math.nan, False),
        (math.inf, False),
        (-math.inf, False),
    ],
)
def test_plausible_is_a_closed_range_of_finite_values(value: float, *, accepted: bool) -> None:
    assert BY_NAME["venous_pressure"].accepts(value) is accepted


def test_a_signal_without_a_range_accepts_any_finite_value_only() -> None:
    assert BY_NAME["heparin_total"].accepts(1e9)
    assert not BY_NAME["heparin_total"].accepts(math.nan)
