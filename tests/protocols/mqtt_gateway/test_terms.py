"""The keys and units a message may use are the catalogue's."""

from __future__ import annotations

from protocols.mqtt_gateway import terms
from telemetry.alarms import EVENTS
from telemetry.signals import BY_NAME, CATALOGUE


def test_every_signal_is_found_by_its_reference_and_by_its_code() -> None:
    for signal in CATALOGUE:
        keys = terms.keys_of(signal)
        assert keys == ((signal.mdc_reference, str(signal.mdc_code)) if signal.mdc_reference else (signal.name,))
        assert all(terms.SIGNAL_OF[key] is signal for key in keys)
    assert terms.keys_of(BY_NAME["dialysate_pressure"]) == ("dialysate_pressure",)
    assert len(terms.SIGNAL_OF) == 2 * len(CATALOGUE) - 1, "no key means two things"


def test_every_event_is_found_by_its_reference_and_by_its_code() -> None:
    assert all(terms.EVENT_OF[event.name] is terms.EVENT_OF[str(event.code)] is event for event in EVENTS)


def test_litres_are_the_only_other_unit() -> None:
    assert terms.units_of(BY_NAME["ultrafiltration_volume"]) == ("mL", "L")
    assert terms.units_of(BY_NAME["ultrafiltration_rate"]) == ("mL/h", "L/h")
    assert terms.units_of(BY_NAME["venous_pressure"]) == ("mm[Hg]",)
    assert terms.units_of(BY_NAME["blood_processed"]) == ("L",)
    assert terms.units_of(BY_NAME["modality"]) == terms.units_of(BY_NAME["fluid_bypass"]) == ()


def test_the_phase_has_one_place_only() -> None:
    assert "machine_mode" not in terms.READINGS
    assert terms.CUFF | terms.SCALE < terms.READINGS
