from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.hl7_dialysis.terms import BY_NAME, TERMS, Kind
from protocols.hl7_dialysis.values import UNITS, read, read_limits, shown
from telemetry import signals, units


@pytest.mark.parametrize(
    ("signal", "text", "unit", "value"),
    [
        ("venous_pressure", "140", "mm[Hg]", 140.0),
        ("venous_pressure", "+140.", "mmHg", 140.0),
        ("arterial_pressure", "-180", "mm[Hg]", -180.0),
        ("arterial_pressure", "-0", "mm[Hg]", 0.0),
        ("blood_flow", "300", "ml/min", 300.0),
        ("dialysate_temperature", "36.5", "Cel", 36.5),
        ("dialysate_temperature", "36.5", "°C", 36.5),
        ("dialysate_temperature", "36.5", "°C".encode().decode("latin-1"), 36.5),
        ("ultrafiltration_volume", "1.2", "L", 1200.0),
        ("ultrafiltration_rate", "0.63", "L/h", 630.0),
        ("blood_processed", "54000", "mL", 54.0),
        ("online_spktv", "1.40", "", 1.4),
        ("online_spktv", "1.40", "1", 1.4),
        ("online_spktv", "1.40", "%", 1.4),
        ("pulse_rate", "72", "beats/min", 72.0),
        ("weight_before", "71.5", "Kg", 71.5),
        ("treatment_elapsed", ".5", "minutes", 0.5),
        ("machine_mode", "TX", "", 3.0),
        ("modality", "IUF", "", 1.0),
        ("blood_pump_running", "T", "", 1.0),
        ("fluid_bypass", "f", "", 0.0),
    ],
)
def test_values_arrive_in_the_catalogue_s_unit(signal: str, text: str, unit: str, value: float) -> None:
    assert read(BY_NAME[signal], text, unit) == value


@pytest.mark.parametrize(
    ("signal", "text", "unit", "why"),
    [
        ("venous_pressure", "18.7", "kPa", "no known unit"),
        ("venous_pressure", "140", "", "no unit"),
        ("venous_pressure", "140", "mL/min", "in mL/min, not mm"),
        ("dialysate_temperature", "97.7", "[degF]", "no known unit"),
        ("blood_flow", "0.3", "L/min", "no known unit"),
        ("ultrafiltration_rate", "600", "mL", "in mL, not mL/h"),
        ("ultrafiltration_volume", "600", "L/h", "in L/h, not mL"),
        ("dialysate_conductivity", "140", "mS/m", "no known unit"),
        ("venous_pressure", "NaN", "mm[Hg]", "NaN: not a number"),
        ("venous_pressure", "1e2", "mm[Hg]", "1e2: not a number"),
        ("venous_pressure", "inf", "mm[Hg]", "inf: not a number"),
        ("venous_pressure", "1,5", "mm[Hg]", "1,5: not a number"),
        ("venous_pressure", "0x10", "mm[Hg]", "text: not a number"),
        ("venous_pressure", "-", "mm[Hg]", "-: not a number"),
        ("venous_pressure", "1" * 17, "mm[Hg]", "not a number"),
        ("venous_pressure", "١٢٣", "mm[Hg]", "text: not a number"),
        ("venous_pressure", "Doe", "mm[Hg]", "text: not a number"),
        ("machine_mode", "TREATING", "", "not one of the guide's words"),
        ("machine_mode", "UNKNOWN", "", "not one of the guide's words"),
        ("modality", "PD", "", "not one of the guide's words"),
        ("blood_pump_running", "1", "", "not one of the guide's words"),
        ("blood_pump_mode", "Doe", "", "not one of the guide's words"),
        ("serial_number", "Doe, Jane", "", "not a plain word"),
    ],
)
def test_what_cannot_be_used_says_why_and_quotes_no_text(signal: str, text: str, unit: str, why: str) -> None:
    with pytest.raises(ValueError) as error:
        read(BY_NAME[signal], text, unit)
    assert why in str(error.value)
    assert "Doe" not in str(error.value)


def test_extras_are_numbers_in_their_unit_words_or_identities() -> None:
    assert read(BY_NAME["dialysate_flow_setting"], "500", "mL/min") == "500 mL/min"
    assert read(BY_NAME["dialysate_temperature_setting"], "36.5", "Cel") == "36.5 Cel"
    assert read(BY_NAME["online_spktv_projected"], "1.4", "") == "1.40"
    assert read(BY_NAME["ultrafiltration_mode"], "CONST-WT", "") == "CONST-WT"
    assert read(BY_NAME["software_version"], "4.2.1-rc1", "") == "4.2.1-rc1"


@pytest.mark.parametrize(
    ("text", "unit", "limits"),
    [
        ("20-400", "mm[Hg]", "20…400"),
        (" -200 - -50 ", "mm[Hg]", "-200…-50"),
        ("-200--50", "mmHg", "-200…-50"),
        ("> 400", "mm[Hg]", "> 400"),
        ("< -200", "mm[Hg]", "< -200"),
        (">=10.5", "mm[Hg]", ">= 10.5"),
        ("20-400", "kPa", ""),
        ("", "mm[Hg]", ""),
        ("20", "mm[Hg]", ""),
        ("Doe-Jane", "mm[Hg]", ""),
        ("1-" + "9" * 60, "mm[Hg]", ""),
    ],
)
def test_limits_are_kept_as_the_machine_means_them(text: str, unit: str, limits: str) -> None:
    assert read_limits(BY_NAME["venous_pressure"], text, unit) == limits


def test_limits_in_another_unit_say_so() -> None:
    assert read_limits(BY_NAME["ultrafiltration_rate"], "0.1-1.5", "L/h") == "0.1…1.5 L/h"
    assert read_limits(BY_NAME["dialysate_flow_setting"], "1-2", "mL/min") == "", "of a reading only"


def test_every_unit_we_keep_is_spelt_and_nothing_is_scaled_but_by_the_units_module() -> None:
    assert {term.unit for term in TERMS if term.unit} <= set(UNITS.values())
    for term in TERMS:
        if term.kind is not Kind.SIGNAL or not signals.BY_NAME[term.name].ucum:
            continue
        for spelt, unit in UNITS.items():
            try:
                value = read(term, "2", spelt)
            except ValueError:
                continue
            allowed = {2.0, units.litres_to_millilitres(2.0), units.millilitres_to_litres(2.0)}
            assert value in allowed and (value == 2.0 or unit != term.unit)


@given(st.text(max_size=80))
def test_what_is_shown_of_a_text_is_a_number_or_nothing(text: str) -> None:
    assert not {*shown(text)} - {*"+-0123456789.,eEnaifNAIFtextT"}
    for term in (BY_NAME["venous_pressure"], BY_NAME["serial_number"], BY_NAME["machine_mode"]):
        with contextlib.suppress(ValueError):
            read(term, text, "mm[Hg]")
    read_limits(BY_NAME["venous_pressure"], text, "mm[Hg]")
