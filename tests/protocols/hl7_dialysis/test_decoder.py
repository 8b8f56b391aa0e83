from __future__ import annotations

import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols import get_adapter
from protocols.events import Decoder, Observation, Rejected
from protocols.hl7_dialysis.decoder import Hl7Decoder
from protocols.hl7_dialysis.encode import SaidAlarm, Sender, encode_alarm, encode_readings
from protocols.hl7_dialysis.mllp import MAX_BLOCK
from telemetry import signals
from telemetry.treatment import Phase

Events = list[Observation | Rejected]
Feed = Callable[[Decoder, bytes, bytes], Events]
CASES = sorted((Path(__file__).resolve().parents[2] / "testcases").glob("hl7-*"))
T0 = 1_677_672_000_000_000
NEXT = encode_readings(Sender(), "next", T0, {"machine_mode": 3.0, "venous_pressure": 150.0})


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_recorded_cases_say_the_same_four_ways(case: Path, feed: Feed) -> None:
    stream = (case / "capture.bin").read_bytes()
    whole = [*(decoder := Hl7Decoder()).receive(stream), *decoder.idle()]
    assert whole and feed(Hl7Decoder(), stream, NEXT) == whole


@pytest.mark.parametrize(
    "message",
    [
        encode_readings(Sender(), "1", T0, {"machine_mode": 3.0, "venous_pressure": 140.0, "blood_flow": 300.0}),
        encode_alarm(Sender(), "2", T0, SaidAlarm("MDC_EVT_HI", "start", "venous_pressure", 410.0, "20-400")),
        encode_alarm(Sender(), "3", T0, SaidAlarm("MDC_EVT_HDIALY_BLD_PUMP_STOP", "continue")),
        b"\x0bMSH|^~\\&|M||||||ADT^A01|4|P|2.6\rPID|||1^^^^MR||Doe^Jane\r\x1c\r",
        b"\x0bMSH|nonsense\x1c\r",
        b"\x0bMSH|^~\\&|half a message",
    ],
)
def test_messages_four_ways(message: bytes, feed: Feed) -> None:
    whole = [*(decoder := Hl7Decoder()).receive(message), *decoder.idle()]
    assert len(whole) == 1
    assert feed(Hl7Decoder(), message, NEXT) == whole


def test_offsets_and_answers_are_the_streams_own(words: Any) -> None:
    decoder = Hl7Decoder()
    first, second = words.message(control_id="1"), words.message(control_id="2", kind="ORU^R40^ORU_R40")
    taken = decoder.take(b"noise" + first + second, 0.0)
    assert [one.event.offset for one in taken] == [0, 5, 5 + len(first)]
    answers = [one.answer and one.answer(True, T0) for one in taken]
    assert answers[0] is None
    assert answers[1] is not None and b"MSA|AA|1\r" in answers[1] and b"ACK^R01" in answers[1]
    assert answers[2] is not None and b"MSA|AA|2\r" in answers[2] and b"ORA^R41" in answers[2]


def test_what_cannot_be_answered_is_not(words: Any) -> None:
    for block in (b"\x0b\x1c\r", b"\x0bhello\x1c\r", b"\x0bMSH|\x1c\r", b"\x0bFHS|^~\\&|x\r\x1c\r"):
        (taken,) = Hl7Decoder().take(block, 0.0)
        assert isinstance(taken.event, Rejected) and taken.answer is None


def test_too_many_delimiters_are_refused_and_said(words: Any) -> None:
    (taken,) = Hl7Decoder().take(words.message("OBX|" + "^" * 20_000), 0.0)
    assert isinstance(taken.event, Rejected) and taken.answer is not None
    assert b"MSA|AR|17\r" in taken.answer(True, T0)


def test_alarms_and_phase_stand_though_the_connection_breaks(words: Any) -> None:
    decoder = Hl7Decoder()
    decoder.take(encode_readings(Sender(), "1", T0, {"machine_mode": 3.0, "venous_pressure": 140.0}), 0.0)
    decoder.take(encode_alarm(Sender(), "2", T0, SaidAlarm("MDC_EVT_HDIALY_BLOOD_LEAK", "start")), 1.0)
    decoder.take(b"\x0bMSH|half", 2.0)
    assert len(decoder.idle()) == 1
    (taken,) = decoder.take(encode_readings(Sender(), "3", T0, {"blood_flow": 300.0}), 3.0)
    assert isinstance(taken.event, Observation)
    assert taken.event.phase is Phase.TX
    assert [alarm.code for alarm in taken.event.alarms] == [198244]
    assert taken.event.values["venous_pressure"] == 140.0


def test_nothing_of_a_person_leaves(words: Any) -> None:
    decoder = Hl7Decoder()
    said = [repr(one.event) for one in decoder.take(words.nosy(), 0.0)]
    said += [repr(one) for one in Hl7Decoder().receive(words.nosy()[:-40] + b"\x0b" + words.nosy() * 3)]
    said += [repr(one) for one in decoder.idle()]
    for broken in range(0, len(words.nosy()), 7):
        said += [repr(one) for one in Hl7Decoder().receive(words.nosy()[broken:] + words.nosy()[:broken])]
    for secret in words.SECRETS:
        assert not [line for line in said if secret in line], secret
    (taken,) = Hl7Decoder().take(words.nosy(), 0.0)
    assert isinstance(taken.event, Observation), "the message is taken all the same"
    assert taken.event.values == {"blood_flow": 300.0}
    assert taken.event.extras == {"machine_model": "SIM-HD", "serial_number": "S1"}
    assert set(taken.event.invalid) == {
        "venous_pressure", "arterial_pressure", "machine_mode", "transmembrane_pressure",
    }  # fmt: skip


def test_nothing_of_a_person_is_logged(words: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(0)
    for escape in (r"\Xzz\Doe", r"\C1\Doe", r"\Q\Doe", r"\\Doe"):
        Hl7Decoder().receive(words.message(words.obx("531972^MDC_ID_PROD_SPEC_SERIAL", escape)))
    Hl7Decoder().receive(words.nosy())
    assert not caplog.records


def test_every_value_said_is_read_as_it_was_meant() -> None:
    values = {s.name: (s.plausible or (0.0, 5.0))[0] + 1.0 for s in signals.CATALOGUE if s.mdc_code and s.ucum != "1"}
    values |= {
        "machine_mode": 3.0,
        "modality": 2.0,
        "blood_pump_running": 1.0,
        "fluid_bypass": 0.0,
        "online_spktv": 1.25,
    }
    (seen,) = Hl7Decoder().receive(encode_readings(Sender(), "1", T0, values))
    assert isinstance(seen, Observation)
    assert seen.values == values and not seen.invalid


ANYTHING = st.lists(
    st.one_of(
        st.binary(max_size=40),
        st.sampled_from([
            b"\x0b", b"\x1c\r", b"\r", b"|", b"^", b"~", b"&", b"\\", b"MSH|^~\\&|", b"PID|||", b"OBR|1", b"OBX|1|NM|",
            b"158776^X^MDC", b"196648^MDC_EVT_HI^MDC", b"68481^^MDC", b"start", b"end", b"140", b"mm[Hg]", b'""', b"TX",
            b"158594^^MDC", b"|1|", NEXT, NEXT[:80], NEXT[80:],
        ]),
    ),
    max_size=40,
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(ANYTHING, st.booleans())
def test_any_bytes_give_observations_or_rejections(parts: list[bytes], timed: bool) -> None:
    decoder = Hl7Decoder()
    events: Events = []
    for number, part in enumerate(parts):
        for taken in decoder.take(part, float(number)) if timed else ():
            events.append(taken.event)
            if taken.answer is not None:
                answer = taken.answer(True, T0)
                assert answer == b"" or answer.endswith(b"\x1c\r")
                assert len(answer) < 2000
        events += [] if timed else decoder.receive(part)
    events += decoder.idle()
    length = sum(map(len, parts))
    at = 0
    for event in events:
        assert event.offset >= at
        at = event.offset
        if isinstance(event, Observation):
            assert event.values.keys() <= signals.BY_NAME.keys()
            assert all(signals.BY_NAME[name].accepts(value) for name, value in event.values.items())
        else:
            assert 0 < event.length <= length and event.reason.isprintable()
    assert decoder.buffered <= MAX_BLOCK + 4096


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_one_wrong_byte_gives_no_value_outside_the_plausible(data: st.DataObject) -> None:
    good = encode_readings(
        Sender(), "1", T0, {"machine_mode": 3.0, "venous_pressure": 140.0, "arterial_pressure": -180.0}
    )
    at = data.draw(st.integers(0, len(good) - 1))
    bad = good[:at] + bytes([data.draw(st.integers(0, 255))]) + good[at + 1 :]
    for event in [*(decoder := Hl7Decoder()).receive(bad + NEXT), *decoder.idle()]:
        if isinstance(event, Observation):
            assert all(signals.BY_NAME[name].accepts(value) for name, value in event.values.items())
    last = Hl7Decoder().receive(bad + NEXT)[-1]
    assert isinstance(last, Observation) and last.values["venous_pressure"] == 150.0, "the next message is found"


def test_memory_is_bounded_whatever_comes(words: Any) -> None:
    decoder = Hl7Decoder()
    hostile = [
        b"\x0b" * 200_000,
        b"\x0bMSH|^~\\&|" + b"|" * 300_000,
        words.message("OBX|" + "^~&" * 20_000),
        words.message(*(f"OBX|1|ST|196616^^MDC|1|{number}^^MDC" for number in range(1000)), kind="ORU^R40"),
        words.message(*(f"OBX|1|NM|{number}^^MDC|1|1|mL" for number in range(158000, 159000))),
    ]
    tracemalloc.start()
    for data in hostile * 3:
        for at in range(0, len(data), 16384):
            decoder.take(data[at : at + 16384], 0.0)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20e6, f"{peak / 1e6:.1f} MB"


def test_the_adapter_names_its_profile_and_is_no_serial_machine() -> None:
    adapter = get_adapter("hl7_dialysis")
    assert (adapter.profiles, adapter.transport, adapter.poll, adapter.serial) == (("rev4",), "mllp", None, None)
    assert isinstance(adapter.decoder("rev4"), Hl7Decoder)
    with pytest.raises(Exception, match="rev4"):
        adapter.decoder("rev5")


def test_a_box_with_another_machine_does_not_load_the_parser() -> None:
    code = "import sys, edge_agent.agent, protocols; print('hl7' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "False"


def test_rejections_are_moved_not_changed_by_noise() -> None:
    (good,) = Hl7Decoder().receive(NEXT)
    noise, moved = Hl7Decoder().receive(b"xyz" + NEXT)
    assert isinstance(good, Observation) and isinstance(moved, Observation)
    assert isinstance(noise, Rejected) and replace(moved, offset=0) == good
