"""The three published JSDT frames, and the four ways every codec case is run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from protocols.events import Decoder, Observation, Rejected

PUBLISHED = {
    "v1": b"K1082A02.50B01.20C00.63D00300E001.0F036.5G014.0H00140I00040J00100K00115a0b0c0d0e0f0g0h03b\r\n",
    "v1-alarm": b"K1082A02.50B01.20C00.63D00300E001.0F036.5G014.0H00275I00040J00100K00115a0b0c1d0e0f0g0h045\r\n",
    "nikkiso-v2": (
        b"K2143A02.50B01.20C00.63D00300E001.0F036.5G014.0H00140I00040J00100K00115L00500a0b0c0d0e0f0g0h0"
        b"M1N0O00.00P00.00Q00.00R000.0S000/00T0000/U0000/V0000/i048\r\n"
    ),
}

Events = list[Observation | Rejected]
# decoder, stream, a good frame of the same machine -> what the stream gave, the line being quiet afterwards
Feed = Callable[[Decoder, bytes, bytes], Events]


@pytest.fixture
def published() -> dict[str, bytes]:
    """Published captures with right sums; "v1" and "v1-alarm" are of profile v1."""
    return PUBLISHED


def _whole(decoder: Decoder, stream: bytes, another: bytes) -> Events:
    return [*decoder.receive(stream), *decoder.idle()]


def _byte_by_byte(decoder: Decoder, stream: bytes, another: bytes) -> Events:
    events = [event for at in range(len(stream)) for event in decoder.receive(stream[at : at + 1])]
    return [*events, *decoder.idle()]


def _behind_noise(decoder: Decoder, stream: bytes, another: bytes) -> Events:
    noise = b"\x00K\xffK1K10K9999~"
    events = _whole(decoder, noise + stream, another)
    assert isinstance(events[0], Rejected)
    assert (events[0].offset, events[0].length) == (0, len(noise)), "the noise is one rejection, and only the noise"
    return [replace(event, offset=event.offset - len(noise)) for event in events[1:]]


def _with_the_next_behind(decoder: Decoder, stream: bytes, another: bytes) -> Events:
    events = _whole(decoder, stream + another, another)
    assert isinstance(events[-1], Observation), "the next frame is found, whatever stands before it"
    assert events[-1].offset == len(stream)
    return events[:-1]


WAYS: dict[str, Feed] = {
    "whole": _whole,
    "byte-by-byte": _byte_by_byte,
    "noise-before": _behind_noise,
    "next-behind": _with_the_next_behind,
}


@pytest.fixture(params=sorted(WAYS))
def feed(request: pytest.FixtureRequest) -> Feed:
    """One of the four ways a stream reaches a decoder. A stream must begin with a header for "noise-before"."""
    return WAYS[request.param]
