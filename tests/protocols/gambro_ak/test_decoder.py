from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols import get_adapter
from protocols.adapter import SerialLine
from protocols.events import Decoder, Observation, Rejected
from protocols.framing import NOISE_LIMIT
from protocols.gambro_ak.decoder import GambroDecoder
from protocols.gambro_ak.frames import MAX_FRAME, Frame
from telemetry.errors import SettingsError

CASES = sorted((Path(__file__).resolve().parents[2] / "testcases").glob("gambro-ak-*"))
RESET_REQUEST = bytes.fromhex("02 44 00 00 00 0E 00 46 00 01 01 FF 00 01 00 8C D8 FE 04")
GOOD = Frame(
    9, 0, 0x46, b"\x02\x01" + (3000).to_bytes(2, "little") + (-1210).to_bytes(2, "little", signed=True)
).to_bytes()
Events = list[Observation | Rejected]
Feed = Callable[[Decoder, bytes, bytes], Events]


def everything(*pieces: bytes) -> Events:
    decoder = GambroDecoder()
    return [event for piece in pieces for event in decoder.receive(piece)] + decoder.idle()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_recorded_cases_four_ways(case: Path, feed: Feed) -> None:
    events = feed(GambroDecoder(), (case / "capture.bin").read_bytes(), GOOD)
    expected = [json.loads(line) for line in (case / "expected.jsonl").read_text("utf-8").splitlines()]
    seen = [event for event in events if isinstance(event, Observation)]
    assert [(one.offset, one.values, one.extras) for one in seen] == [
        (line["offset"], line["readings"], line["extras"]) for line in expected
    ]
    rejected = [event for event in events if isinstance(event, Rejected)]
    lines = re.findall(r"^offset .*$", (case / "note.md").read_text("utf-8"), re.M)
    assert [f"offset {r.offset}: {r.length} bytes rejected: {r.reason}" for r in rejected] == lines


def test_there_are_cases() -> None:
    assert CASES


def test_the_published_frame_four_ways(feed: Feed) -> None:
    (seen,) = feed(GambroDecoder(), RESET_REQUEST, GOOD)
    assert isinstance(seen, Observation)
    assert seen.extras == {"family": "0046", "command": "0101", "raw_0101_000": "255 1"}
    assert (seen.values, seen.invalid, seen.alarms, seen.phase) == ({}, {}, frozenset(), None), "no value is known"


def test_raw_numbers_are_signed_and_under_their_index() -> None:
    words = [n - 10 for n in range(45)]
    body = b"\x07\x02" + b"".join(word.to_bytes(2, "little", signed=True) for word in words) + b"\xaa"
    (seen,) = everything(Frame(0, 0, 0x42, body).to_bytes())
    assert isinstance(seen, Observation)
    assert sorted(seen.extras) == ["command", "family", "raw_0702_000", "raw_0702_020", "raw_0702_040", "raw_0702_odd"]
    told = " ".join(seen.extras[f"raw_0702_{first:03d}"] for first in (0, 20, 40))
    assert [int(word) for word in told.split()] == words
    assert seen.extras["raw_0702_odd"] == "aa"
    assert all(len(text) <= 200 for text in seen.extras.values())


@given(data=st.data())
def test_any_bytes_give_events_the_same_however_chopped(data: st.DataObject) -> None:
    part = st.sampled_from([GOOD, RESET_REQUEST, GOOD[:9], GOOD[4:], b"\x02", b"\x04", b"\x1b", b"\x06"])
    stream = data.draw(st.lists(part | st.binary(max_size=12), max_size=8).map(b"".join))
    cuts = data.draw(st.lists(st.integers(0, len(stream)), max_size=6).map(sorted))
    decoder, events = GambroDecoder(), []
    for begin, end in pairwise([0, *cuts, len(stream)]):
        events += decoder.receive(stream[begin:end])
        assert decoder.buffered < MAX_FRAME + NOISE_LIMIT
    events += decoder.idle()
    assert decoder.buffered == 0
    assert events == everything(stream)


@given(before=st.binary(max_size=300), behind=st.binary(max_size=300))
def test_a_good_frame_is_found_in_any_noise(before: bytes, behind: bytes) -> None:
    seen = [event for event in everything(before + GOOD + behind) if isinstance(event, Observation)]
    assert [event.offset for event in seen] == [len(before)]


def test_memory_stays_flat_under_an_endless_flood() -> None:
    decoder = GambroDecoder()
    for piece in (random.Random(7).randbytes(200_000), b"\x02\x44" * 50_000, b"\x02\x44" + b"x" * 100_000):
        assert not [event for event in decoder.receive(piece) if isinstance(event, Observation)]
        assert decoder.buffered < MAX_FRAME + NOISE_LIMIT


def test_the_adapter_listens_and_says_nothing() -> None:
    adapter = get_adapter("gambro_ak")
    assert adapter.experimental and adapter.poll is None and adapter.transport == "serial"
    assert adapter.serial == SerialLine(baud=9600, bits=8, parity="N", stop=1)
    decoder = adapter.decoder("ak-framing")
    assert not [name for name in dir(decoder) if "send" in name or "write" in name or "encode" in name]
    with pytest.raises(SettingsError, match="ak-framing"):
        adapter.decoder("ak96")
