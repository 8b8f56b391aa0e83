"""PCD-01 before independent parsers, and through our own reader of machines, which shares no line with the writer."""

from __future__ import annotations

from math import inf, nan

import pytest
from hl7apy.exceptions import HL7apyException

from interop.fhir.treatments import OF_SIGNAL
from interop.hl7 import pcd01
from interop.hl7.header import Head, Route, Whose
from interop.hl7.pcd01 import Course, Shown
from protocols.hl7_dialysis.er7 import take_apart
from protocols.hl7_dialysis.message import read_message
from store.treatment_summaries import Summary
from telemetry.signals import BY_NAME, CATALOGUE, Kind, Signal
from telemetry.treatment import Phase
from tests.interop.hl7.parsers import judged, observations, read

START = 1_750_000_000_000_000
MINUTE = 60_000_000
HEAD = Head(Route(), "0123456789abcdef0123", START + MINUTE)
WHOSE = Whose("h0000000a", 7)
COURSE = Course(12, START, START + MINUTE)
SUMMARY = Summary(99, 240.0, 60.5, 240.0, 1500.0, 60.5, 1.4, None, {})


def shown() -> list[Shown]:
    """Every signal, with a value that a machine may have."""
    return [Shown(signal, _value(signal), START + signal.number * 1_000_000) for signal in CATALOGUE]


def _value(signal: Signal) -> float:
    if signal.kind is Kind.NUMERIC:
        return 21.5 if signal.plausible is None else sum(signal.plausible) / 2 + 0.25
    return 1.0 if signal.kind is Kind.BOOLEAN else float(Phase.TX)


def test_every_signal_at_once_is_sound() -> None:
    text = pcd01.readings(HEAD, WHOSE, COURSE, shown())
    parsed = judged(text)
    found = observations(text)
    assert [int(field[1]) for field in found] == list(range(1, len(CATALOGUE) + 3))
    assert str(parsed.msh.msh_10.to_er7()) == HEAD.control_id
    assert read(text)["OBR"][0][3][0][0] == ["treatment-12"]


def test_what_is_measured_stands_below_the_machine() -> None:
    found = observations(pcd01.readings(HEAD, WHOSE, COURSE, shown()))
    assert [(field[3].split("^")[1], field[4], field[11]) for field in found[:2]] == [
        ("MDC_DEV_HDIALY_MDS", "1.0.0.0", "X"), ("MDC_DEV_HDIALY_VMD", "1.1.0.0", "X"),
    ]  # fmt: skip
    assert all(field[4].startswith("1.1.0.") and field[11] == "R" for field in found[2:])
    assert found[0][18] == "h0000000a^homehd"


def test_our_own_reader_of_machines_reads_the_same() -> None:
    text = pcd01.readings(HEAD, WHOSE, COURSE, shown())
    said = read_message(take_apart(text.encode()), alarms=False)
    # All but the one signal that the nomenclature does not know.
    assert said.values == {one.signal.name: one.value for one in shown() if one.signal.name != "dialysate_pressure"}
    assert not said.invalid


def test_a_value_has_its_own_time() -> None:
    found = observations(pcd01.readings(HEAD, WHOSE, COURSE, shown()))
    assert found[2][14] == "20250615150640.000+0000"
    assert found[3][14] == "20250615150641.000+0000"


@pytest.mark.parametrize("value", [nan, inf, -inf])
def test_what_is_no_number_is_not_told(value: float) -> None:
    text = pcd01.readings(HEAD, WHOSE, COURSE, [Shown(BY_NAME["venous_pressure"], value, START)])
    judged(text)
    assert len(observations(text)) == 2


@pytest.mark.parametrize(("corrected", "status"), [(False, "F"), (True, "C")])
def test_totals_are_what_the_machine_said_and_what_nobody_saw(corrected: bool, status: str) -> None:
    text = pcd01.totals(HEAD, WHOSE, COURSE, SUMMARY, corrected=corrected)
    judged(text)
    found = {field[3].split("^")[1]: (field[5], field[11], field[14]) for field in observations(text)[2:]}
    end = "20250615150740.000+0000"
    assert found == {
        BY_NAME["treatment_elapsed"].mdc_reference: ("240", status, end),
        BY_NAME["ultrafiltration_volume"].mdc_reference: ("1500", status, end),
        BY_NAME["blood_processed"].mdc_reference: ("60.5", status, end),
        BY_NAME["online_spktv"].mdc_reference: ("1.4", status, end),
        "Time of the treatment without readings": ("60.5", status, end),
    }
    assert len(OF_SIGNAL) == 5  # the one that the machine did not say is not there


def test_nobody_is_named_unless_asked() -> None:
    assert "Ada" not in pcd01.readings(HEAD, WHOSE, COURSE, shown())
    named = pcd01.readings(HEAD, Whose("h0000000a", 7, "Ada | Example"), COURSE, shown())
    judged(named)
    assert read(named).unescape(str(read(named)["PID"][0][5])) == "Ada | Example^^^^^^U"


def test_the_judge_does_refuse() -> None:
    text = pcd01.readings(HEAD, WHOSE, COURSE, shown())
    for broken in (
        text.replace("20250615150740.000+0000||ORU", "yesterday||ORU"),
        text.replace("PID|", "NTE|"),
        text.replace("OBR|1|", "OBX|1|", 1),
        text.replace("|P|2.6", "||2.6"),
    ):
        assert broken != text
        with pytest.raises((HL7apyException, ValueError, AssertionError)):
            judged(broken)
