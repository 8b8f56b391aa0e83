from __future__ import annotations

import hl7  # type: ignore[import-untyped]
import pytest

from protocols.events import Alarm, Observation
from protocols.hl7_dialysis.decoder import Hl7Decoder
from protocols.hl7_dialysis.encode import PROFILE, SaidAlarm, Sender, encode_alarm, encode_readings, stamp
from telemetry.alarms import EVENTS

T0 = 1_677_672_000_000_000
SENDER = Sender(therapy=T0)


def one(data: bytes) -> Observation:
    (seen,) = Hl7Decoder().receive(data)
    assert isinstance(seen, Observation)
    return seen


def test_a_reading_is_laid_out_as_the_guide_says() -> None:
    data = encode_readings(
        SENDER, "c1", T0, {"machine_mode": 3.0, "venous_pressure": 140.4, "dialysate_conductivity": 14.0},
        limits={"venous_pressure": "20-400"},
    )  # fmt: skip
    message = hl7.parse(data[1:-2].decode())
    msh = message.segment("MSH")
    assert [str(msh[n]) for n in (3, 7, 9, 10, 11, 12, 15, 16, 21)] == [
        "SIMULATOR^020000FFFE000001^EUI-64", "20230301120000+0000", "ORU^R01^ORU_R01", "c1", "P", "2.6", "NE", "AL",
        PROFILE,
    ]  # fmt: skip
    assert str(message.segment("PID")[3]) == "SIM-HD/SIM00001^^^^U"
    assert str(message.segment("PV1")[3]) == "^^^^^H^^^"
    assert str(message.segment("OBR")[3]).startswith("020000FFFE00000120230301120000^")
    venous = next(row for row in message.segments("OBX") if str(row[3]).startswith("158776"))
    assert [str(venous[n]) for n in (2, 3, 5, 6, 7, 11, 17)] == [
        "NM", "158776^MDC_HDIALY_BLD_PUMP_PRESS_VEN^MDC", "140", "mm[Hg]^mm[Hg]^UCUM", "20-400", "F",
        "AMEAS^auto-measurement^MDC",
    ]  # fmt: skip
    assert [str(row[1]) for row in message.segments("OBX")] == ["1", "2", "3"]


@pytest.mark.parametrize("mode", [1.0, 6.0])
def test_at_rest_only_the_machines_channel_is_there(mode: float) -> None:
    seen = one(encode_readings(SENDER, "1", T0, {"machine_mode": mode, "modality": 0.0, "venous_pressure": 1.0}))
    assert seen.values == {"machine_mode": mode, "modality": 0.0}


def test_what_the_guide_has_no_term_for_is_left_out() -> None:
    assert one(encode_readings(SENDER, "1", T0, {"dialysate_pressure": 40.0})).values == {}


def test_a_measurement_says_when_it_was_made() -> None:
    data = encode_readings(SENDER, "1", T0, {"systolic": 120.0}, measured_us={"systolic": T0 - 60_000_000})
    assert stamp(T0 - 60_000_000).encode() in data


@pytest.mark.parametrize("event", EVENTS[3:], ids=lambda event: event.name)
def test_every_event_can_be_told_both_ways(event: object) -> None:
    name, code = event.name, event.code  # type: ignore[attr-defined]
    alarm = {Alarm(name, code)}
    assert one(encode_alarm(SENDER, "1", T0, SaidAlarm(name, "start"))).alarms == alarm
    assert one(encode_readings(SENDER, "1", T0, {}, events={name: True})).alarms == alarm
    assert one(encode_readings(SENDER, "1", T0, {}, events={name: False})).ended == alarm


def test_a_numeric_alarm_brings_value_and_limits() -> None:
    seen = one(encode_alarm(SENDER, "1", T0, SaidAlarm("MDC_EVT_LO", "start", "arterial_pressure", -290.0, "-280-0")))
    assert seen.alarms == {Alarm("MDC_EVT_LO", 196670, "arterial_pressure")}
    assert seen.values == {"arterial_pressure": -290.0}
    assert seen.extras["arterial_pressure.limits"] == "-280…0"
    assert seen.extras["arterial_pressure.priority"] == "high"
