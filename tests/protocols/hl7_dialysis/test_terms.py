from __future__ import annotations

from pathlib import Path

import pytest

from protocols.hl7_dialysis.terms import BY_CODE, BY_NAME, BY_REFERENCE, SETTING, TERMS, UNASSIGNED, Kind, code_of, find
from telemetry import signals
from telemetry.alarms import EVENTS

OURS = (Kind.SIGNAL, Kind.SPOT, Kind.MODE, Kind.MODALITY, Kind.BOOLEAN)
PAGE = Path(__file__).resolve().parents[3] / "docs/machines/hl7_dialysis.md"


def test_the_table_and_the_catalogue_say_the_same() -> None:
    taken = {(t.name, t.code, t.reference, t.unit) for t in TERMS if t.kind in OURS}
    catalogue = {(s.name, s.mdc_code, s.mdc_reference, s.ucum) for s in signals.CATALOGUE if s.mdc_code}
    assert taken == catalogue


def test_extras_are_beyond_the_catalogue_and_every_row_is_found_again() -> None:
    extras = [t for t in TERMS if t.kind not in OURS]
    assert len(extras) > 20
    assert not {t.name for t in extras} & set(signals.BY_NAME)
    assert len(BY_NAME) == len(BY_REFERENCE) == len(TERMS)
    assert len(BY_CODE) == len([t for t in TERMS if t.code != UNASSIGNED])
    assert not BY_CODE.keys() & {event.code for event in EVENTS}
    for term in TERMS:
        assert find(str(term.code), term.reference) is term
        assert find("", term.reference) is term
        assert term.code == UNASSIGNED or find(str(term.code), "") is term
        assert (term.kind is Kind.WORD) == bool(term.words)


def test_a_setting_is_its_base_and_two_to_the_24() -> None:
    pairs = [(t, BY_REFERENCE.get(t.reference.removesuffix("_SETTING"))) for t in TERMS if t.code > SETTING]
    known = [(setting, base) for setting, base in pairs if base]
    assert len(known) >= 6
    assert all(setting.code == base.code + SETTING for setting, base in known)


def test_the_number_comes_first_the_name_second() -> None:
    assert find("158776", "MDC_SOMETHING_THEY_MISSPELT") is BY_NAME["venous_pressure"]
    assert find("0", "MDC_HDIALY_BLD_PUMP_PRESS_VEN") is BY_NAME["venous_pressure"]
    assert find("152348", "MDC_HDIALY_BLD_PUMP_BLOOD_FLOW_RATE") is BY_NAME["blood_flow"], "a number of no term"
    assert find("158800", "MDC_HDIALY_BLD_PUMP_PRESS_VEN") is None, "the number of a term that is not ours"
    assert find("", "") is find("158800", "") is find("0", "MDC_UNKNOWN") is None


def test_a_number_and_a_name_of_two_signals_are_neither() -> None:
    with pytest.raises(ValueError, match="158776 is venous_pressure, the name beside it says arterial_pressure"):
        find("158776", "MDC_HDIALY_BLD_PRESS_ART")


@pytest.mark.parametrize("text", ["", "x", "-1", "1.5", "１", "9" * 11, " 1", "0x1"])
def test_what_is_no_number_is_not_assigned(text: str) -> None:
    assert code_of(text) == UNASSIGNED


def test_the_page_shows_every_row() -> None:
    page = PAGE.read_text("utf-8")
    for term in TERMS:
        assert f"| {term.code or '0'} | {term.reference} | {term.name} |" in page, term.name
