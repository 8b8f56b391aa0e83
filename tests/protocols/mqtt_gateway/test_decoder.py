from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols import get_adapter
from protocols.events import Alarm, Decoder, Delivery, Observation, Rejected
from protocols.mqtt_gateway import encode
from protocols.mqtt_gateway.decoder import GatewayDecoder, observe
from protocols.mqtt_gateway.messages import MAX_MESSAGE, Readings, parse
from telemetry.errors import SettingsError
from telemetry.treatment import Phase

CASES = sorted((Path(__file__).resolve().parents[2] / "testcases").glob("mqtt-gateway-*"))
WHICH = Delivery("bedside", "s1", 42)
READINGS = encode.encode(encode.readings(WHICH, {"blood_flow": 300.0}, Phase.TX, [])) + b"\n"
ALIVE = encode.encode(encode.alive(WHICH, "connected")) + b"\n"
Events = list[Observation | Rejected]


def everything(*pieces: bytes) -> Events:
    decoder = GatewayDecoder()
    return [event for piece in pieces for event in decoder.receive(piece)] + decoder.idle()


def _whole(stream: bytes) -> Events:
    return everything(stream)


def _byte_by_byte(stream: bytes) -> Events:
    return everything(*(stream[at : at + 1] for at in range(len(stream))))


def _behind_noise(stream: bytes) -> Events:
    noise = b'\x00{"contract": 1, K\xff\n'
    first, *rest = everything(noise + stream)
    assert first == Rejected(0, len(noise) - 1, first.reason)  # type: ignore[union-attr]
    return [_moved(event, -len(noise)) for event in rest]


def _with_the_next_behind(stream: bytes) -> Events:
    *events, last = everything(stream + READINGS)
    assert isinstance(last, Observation) and last.offset == len(stream)
    return events


def _moved(event: Observation | Rejected, by: int) -> Observation | Rejected:
    if isinstance(event, Rejected):
        return Rejected(event.offset + by, event.length, event.reason)
    return Observation(event.offset + by, *(getattr(event, name) for name in Observation.__slots__[1:]))


WAYS: list[Callable[[bytes], Events]] = [_whole, _byte_by_byte, _behind_noise, _with_the_next_behind]


def as_json(seen: Observation) -> dict[str, Any]:
    return {
        "offset": seen.offset,
        "phase": seen.phase.name if seen.phase is not None else None,
        "phase_derived": seen.phase_derived,
        "readings": seen.values,
        "invalid": seen.invalid,
        "alarms": [{"event": a.name, "code": a.code, "signal": a.signal, "text": a.text} for a in _sorted(seen)],
        "extras": seen.extras,
    }


def _sorted(seen: Observation) -> list[Alarm]:
    return sorted(seen.alarms, key=lambda a: (a.code, a.signal, a.text))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_recorded_cases_four_ways(case: Path, way: Callable[[bytes], Events]) -> None:
    events = way((case / "capture.bin").read_bytes())
    expected = [json.loads(line) for line in (case / "expected.jsonl").read_text("utf-8").splitlines()]
    assert [as_json(event) for event in events if isinstance(event, Observation)] == expected
    note = (case / "note.md").read_text("utf-8")
    for rejected in (event for event in events if isinstance(event, Rejected)):
        assert f"offset {rejected.offset}: {rejected.length} bytes rejected: {rejected.reason}" in note
    assert sum(isinstance(event, Rejected) for event in events) == note.count(" bytes rejected: ")


def test_there_are_cases() -> None:
    assert len(CASES) >= 2


def test_readings_are_the_machine_and_cuff_and_scale_are_beside_it() -> None:
    (seen,) = everything(READINGS)
    assert isinstance(seen, Observation)
    assert (seen.values, seen.phase, seen.phase_derived, seen.beside) == ({"blood_flow": 300.0}, Phase.TX, False, False)
    cuff = observe(encode.cuff(WHICH, {"systolic": 120.0}))
    assert (cuff.values, cuff.phase, cuff.beside) == ({"systolic": 120.0}, None, True)
    assert (seen.delivery, cuff.delivery) == (
        Delivery("bedside/readings", "s1", 42),
        Delivery("bedside/cuff", "s1", 42),
    )


def test_a_sign_of_life_is_no_reading() -> None:
    assert everything(ALIVE) == []


def test_no_alarm_is_dropped_for_its_name() -> None:
    message = parse(
        READINGS.replace(
            b'"alarms":[]',
            b'"alarms":[{"event":"MDC_EVT_VENDOR_9","about":"158776"},{"event":"198244"},{"event":"77"}]',
        )
    )
    assert isinstance(message, Readings)
    assert observe(message).alarms == {
        Alarm("MDC_EVT_ALARM", 196616, "venous_pressure", "MDC_EVT_VENDOR_9"),
        Alarm("MDC_EVT_HDIALY_BLOOD_LEAK", 198244),
        Alarm("MDC_EVT_ALARM", 196616, "", "77"),
    }


def test_a_gateway_that_cannot_tell_alarms_says_so() -> None:
    message = encode.readings(WHICH, {}, Phase.UNKNOWN, None)
    assert observe(message).extras == {"alarms": "not told"}


def test_what_is_not_known_is_named() -> None:
    message = parse(READINGS.replace(b'"values":{', b'"values":{"MDC_TEMP_ROOM":{"value":21,"unit":"Cel"},'))
    assert isinstance(message, Readings)
    assert observe(message).extras == {"terms_not_known": "MDC_TEMP_ROOM"}
    assert observe(message).values == {"blood_flow": 300.0}


def test_a_line_that_is_too_long_is_one_rejection_and_costs_no_memory() -> None:
    decoder = GatewayDecoder()
    long = b"x" * 100_000
    assert decoder.receive(long) == []
    assert decoder.buffered <= MAX_MESSAGE + 1
    rejected, seen = decoder.receive(b"y\n" + READINGS)
    assert isinstance(rejected, Rejected) and (rejected.offset, rejected.length) == (0, 100_001)
    assert "more than 16384" in rejected.reason
    assert isinstance(seen, Observation) and seen.offset == 100_002


def test_a_half_line_is_given_up_when_the_line_is_quiet() -> None:
    decoder = GatewayDecoder()
    assert decoder.receive(READINGS[:20]) == [] and decoder.idle() == [Rejected(0, 20, "no line end")]
    assert decoder.idle() == []
    assert [event.offset for event in decoder.receive(READINGS)] == [20]


def test_line_ends_of_every_kind_and_empty_lines() -> None:
    assert [event.offset for event in everything(b"\r\n\n" + READINGS[:-1] + b"\r\n\n")] == [3]


@given(data=st.data())
def test_any_bytes_give_events_the_same_however_chopped(data: st.DataObject) -> None:
    part = st.sampled_from([READINGS, ALIVE, READINGS[:40], b"\n", b"{}\n", b"\r"]) | st.binary(max_size=12)
    stream = data.draw(st.lists(part, max_size=8).map(b"".join))
    cuts = data.draw(st.lists(st.integers(0, len(stream)), max_size=6).map(sorted))
    pieces = [stream[begin:end] for begin, end in pairwise([0, *cuts, len(stream)])]
    assert everything(*pieces) == everything(stream)


def test_the_adapter() -> None:
    adapter = get_adapter("mqtt_gateway")
    assert (adapter.transport, adapter.poll, adapter.serial, adapter.experimental) == ("mqtt", None, None, False)
    decoder: Decoder = adapter.decoder("gateway-1")
    assert decoder.receive(b"") == []
    with pytest.raises(SettingsError, match="gateway-1"):
        adapter.decoder("v1")
