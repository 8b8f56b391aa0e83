"""Signals in HL7: the catalogue's own codes and units, and words that our own reader of machines reads back."""

from __future__ import annotations

import pytest

from interop.fhir.codes import code_of
from interop.hl7 import terms
from telemetry.signals import BY_NAME, CATALOGUE, Signal
from telemetry.treatment import Modality, Phase


@pytest.mark.parametrize("signal", CATALOGUE, ids=lambda signal: signal.name)
def test_codes_are_those_of_the_other_export(signal: Signal) -> None:
    code, name, system = terms.identifier(signal).split("^")
    kept = {coding["code"]: coding["display"] for coding in code_of(signal)["coding"] if "display" in coding}
    assert kept[code] == name
    assert system == ("99HOMEHD" if signal.mdc_code is None else "MDC")


def test_every_signal_has_a_place_of_its_own() -> None:
    assert len({terms.place(signal) for signal in CATALOGUE}) == len(CATALOGUE)


@pytest.mark.parametrize(
    ("name", "value", "written"),
    [
        ("machine_mode", float(Phase.TX), ("ST", "TX")),
        ("modality", float(Modality.HDF), ("ST", "HDF")),
        ("blood_pump_running", 1.0, ("ST", "T")),
        ("fluid_bypass", 0.0, ("ST", "F")),
        ("venous_pressure", -12.5, ("NM", "-12.5")),
    ],
)
def test_values(name: str, value: float, written: tuple[str, str]) -> None:
    assert terms.written(BY_NAME[name], value) == written


def test_a_word_that_there_is_not_is_none() -> None:
    with pytest.raises(ValueError):
        terms.written(BY_NAME["machine_mode"], 99.0)


def test_how_a_value_was_come_by() -> None:
    assert terms.method(BY_NAME["blood_flow_setting"]).startswith("ASET^")
    assert terms.method(BY_NAME["online_spktv"]).startswith("ACALC^")
    assert terms.unit(BY_NAME["venous_pressure"]) == "mm[Hg]^mm[Hg]^UCUM"
    assert terms.unit(BY_NAME["modality"]) == ""
