from __future__ import annotations

from typing import Any

from protocols.hl7_dialysis.er7 import take_apart
from protocols.hl7_dialysis.message import Said, fingerprint, read_message, said_phase
from telemetry.treatment import Phase

VENOUS, ARTERIAL = "158776^MDC_HDIALY_BLD_PUMP_PRESS_VEN", "158744^MDC_HDIALY_BLD_PRESS_ART"


def read(data: bytes, *, alarms: bool = False) -> Said:
    return read_message(take_apart(data[1:-2]), alarms=alarms)


def test_values_limits_and_settings(words: Any) -> None:
    said = read(
        words.message(
            "PID|||SIM-HD/S1^^^^U",
            words.obx(VENOUS, "140", "mm[Hg]^mm[Hg]^UCUM", "20-400"),
            words.obx(ARTERIAL, "-180", "mm[Hg]"),
            words.obx("16935956^MDC_HDIALY_BLD_PUMP_BLOOD_FLOW_RATE_SETTING", "300", "mL/min"),
            words.obx("16936012^MDC_HDIALY_DIALYSATE_TEMP_SETTING", "36.5", "Cel"),
            words.obx("158594^MDC_HDIALY_MACH_MODE_OF_OPERATION", "TX"),
            words.obx("158598^", "^HDF"),
        )
    )
    assert said.values == {
        "venous_pressure": 140.0, "arterial_pressure": -180.0, "blood_flow_setting": 300.0, "machine_mode": 3.0,
        "modality": 2.0,
    }  # fmt: skip
    assert said.extras == {
        "venous_pressure.limits": "20…400", "dialysate_temperature_setting": "36.5 Cel",
        "machine_model": "SIM-HD", "serial_number": "S1",
    }  # fmt: skip
    assert said_phase(said) is Phase.TX
    assert (said.invalid, said.gone, said.told) == ({}, set(), [])


def test_what_has_no_value_is_gone_and_what_says_nothing_is_not_there(words: Any) -> None:
    said = read(
        words.message(
            words.obx(VENOUS, "140", "mm[Hg]", status="X"),
            words.obx(ARTERIAL, '""', "mm[Hg]"),
            words.obx("158852^X", "", "mm[Hg]"),
            words.obx("158740^X", "300", "mL/min", status=""),
            words.obx("158788^X", "14.0", "mS/cm", status="Q"),
        )
    )
    assert said.gone == {"venous_pressure", "arterial_pressure"}
    assert said.values == {"blood_flow": 300.0}
    assert said.invalid == {"dialysate_conductivity": "a status that the standard does not have"}


def test_an_implausible_value_is_taken_out_and_the_others_stay(words: Any) -> None:
    said = read(words.message(words.obx(VENOUS, "900", "mm[Hg]"), words.obx(ARTERIAL, "-180", "mm[Hg]")))
    assert said.values == {"arterial_pressure": -180.0}
    assert said.invalid == {"venous_pressure": "900: 900 is outside -100…500 mmHg"}


def test_two_signals_in_one_identifier_are_neither(words: Any) -> None:
    said = read(words.message(words.obx("158776^MDC_HDIALY_BLD_PRESS_ART", "140", "mm[Hg]")))
    assert said.values == {}
    assert "venous_pressure" in said.invalid


def test_another_code_system_is_not_ours(words: Any) -> None:
    assert read(words.message("OBX|1|NM|158776^X^LN|1|140|mm[Hg]")).values == {}
    assert read(words.message("OBX|1|NM|158776^X|1|140|mm[Hg]")).values == {"venous_pressure": 140.0}


def test_the_place_in_the_tree_does_not_matter(words: Any) -> None:
    for place in ("", "1.1.3.15", "9.9.9", "x"):
        assert read(words.message(f"OBX|1|NM|158776^^MDC|{place}|140|mm[Hg]")).values == {"venous_pressure": 140.0}


def test_events_of_a_reading_are_told_true_and_false_or_in_phases(words: Any) -> None:
    said = read(
        words.message(
            *(words.obx(f"{code}^", word) for code, word in
              ((198242, "T"), (198244, "F"), (198252, "start"), (198262, "continue"), (198258, "end"), (198216, "?"))),
            words.obx("198276^", "T", status="X"),
        )
    )  # fmt: skip
    assert [(told.alarm().code, told.phase, told.ended) for told in said.told] == [
        (198242, "start", False), (198244, "end", True), (198252, "start", False), (198262, "continue", False),
        (198258, "end", True),
    ]  # fmt: skip


def test_an_alarm_in_five_segments(words: Any) -> None:
    said = read(
        words.alarm(
            "196648^MDC_EVT_HI", "158776^MDC_HDIALY_BLD_PUMP_PRESS_VEN^MDC", "start",
            words.obx(VENOUS, "410", "mm[Hg]", "20-400"),
            "OBX|5|ST|68483^MDC_ATTR_ALARM_INACTIVATION_STATE^MDC|1|audio-paused",
        ),
        alarms=True,
    )  # fmt: skip
    (told,) = said.told
    assert (told.kind, told.signal, told.phase, told.state) == ("MDC_EVT_HI", "venous_pressure", "start", "active")
    assert (told.priority, told.inactivation) == ("high", "audio-paused")
    assert said.values == {"venous_pressure": 410.0}
    assert said.extras == {"venous_pressure.limits": "20…400"}


def test_the_source_may_stand_in_any_of_its_places(words: Any) -> None:
    about = words.obx(VENOUS, "410", "mm[Hg]")
    for data in (
        words.alarm("196648^MDC_EVT_HI", "", "start", about),
        words.alarm("196648^MDC_EVT_HI", "158776^", "start"),
        words.alarm("196648^MDC_EVT_HI", "", "start", "OBX|2|ST|68480^^MDC|1|158776^X^MDC"),
    ):
        (told,) = read(data, alarms=True).told
        assert told.alarm().signal == "venous_pressure"


def test_an_event_may_be_the_kind_or_beside_it(words: Any) -> None:
    for data in (
        words.alarm("196616^MDC_EVT_ALARM", "198242^MDC_EVT_HDIALY_BLD_PUMP_STOP^MDC", "start"),
        words.alarm("198242^MDC_EVT_HDIALY_BLD_PUMP_STOP", "69^MDC_HDIALY_BLOOD_PUMP_CHAN^MDC", "start"),
        words.alarm("0^MDC_EVT_HDIALY_ALARM_BLD_PUMP_STOP", "", "start"),
    ):
        (told,) = read(data, alarms=True).told
        assert told.alarm().name == "MDC_EVT_HDIALY_BLD_PUMP_STOP"


def test_two_alarms_in_one_message_are_two(words: Any) -> None:
    one = words.alarm("196648^MDC_EVT_HI", "158776^", "start")[1:-2].decode()
    two = words.alarm("196616^MDC_EVT_ALARM", "198244^", "end", state="inactive")[1:-2].decode()
    both = b"\x0b" + (one + two[two.index("OBR") :]).encode() + b"\x1c\r"
    assert [(told.alarm().name, told.ended) for told in read(both, alarms=True).told] == [
        ("MDC_EVT_HI", False), ("MDC_EVT_HDIALY_BLOOD_LEAK", True),
    ]  # fmt: skip


def test_the_machine_is_named_by_its_own_number_and_nobody_else_is(words: Any) -> None:
    for ids, expected in (
        ("4711007^^^^MR~SIM-HD/S1^^^^U", {"machine_model": "SIM-HD", "serial_number": "S1"}),
        ("Jane Doe^^^^U", {}),
        ("Doe, Jane/1970^^^^U", {}),
        ("SIM-HD/S1^^^^MR", {}),
        ("SIM-HD/S1", {}),
        ("", {}),
    ):
        assert read(words.message(f"PID|||{ids}||Doe^Jane")).extras == expected


def test_a_message_is_the_same_when_what_counts_of_it_is(words: Any) -> None:
    def mark(*segments: str, **options: str) -> str:
        return fingerprint(take_apart(words.message(*segments, **options)[1:-2]))

    row = words.obx(VENOUS, "140", "mm[Hg]")
    same = mark("PID|||1^^^^MR", row)
    assert same == mark("PID|||2^^^^MR||Doe", row), "a person does not come into it"
    assert len({same, mark(row, control_id="18"), mark(words.obx(VENOUS, "141", "mm[Hg]"))}) == 3
    assert len(same) == 16
