from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.admission import Reason, decode
from ingest.newer import is_newer
from telemetry import signals, wire
from telemetry.messages import SCHEMA_VERSION
from tests.ingest.building import batch, event, reading, seconds

WHOLE = batch([reading(1), reading(2)], [event(3)])
KIND, COLUMNS, EVENTS = 4, 14, 15  # places in the arrays of the wire


def changed(place: int, value: object) -> bytes:
    """A good batch with another thing in one place, as a program with another vocabulary would send it."""
    fields = msgspec.msgpack.decode(wire.encode_batch(WHOLE))
    fields[place] = value
    return msgspec.msgpack.encode(fields)


def with_kind(kind: object) -> bytes:
    (noted,) = msgspec.msgpack.decode(wire.encode_batch(WHOLE))[EVENTS]
    noted[KIND] = kind
    return changed(EVENTS, [noted])


@pytest.mark.parametrize(
    "payload",
    [
        changed(0, SCHEMA_VERSION + 1),
        changed(COLUMNS, {0: bytes(8), signals.COUNT: bytes(8)}),
        changed(COLUMNS, {63: bytes(8)}),
        with_kind("maintenance"),
    ],
)
def test_words_this_ingest_does_not_know_come_from_a_newer_agent(payload: bytes) -> None:
    assert is_newer(payload)
    assert decode(payload) is Reason.NEWER


@pytest.mark.parametrize(
    "payload",
    [
        changed(0, SCHEMA_VERSION - 1),
        changed(0, True),
        changed(COLUMNS, {64: bytes(8)}),  # the mask of invalid signals has 64 bits: no vocabulary ever has it
        changed(COLUMNS, {-1: bytes(8)}),
        changed(COLUMNS, {"a": bytes(8)}),
        with_kind(7),
        with_kind("alarm\n"),
        with_kind("x" * 100),
        changed(EVENTS, 5),
        changed(EVENTS, [[]]),
        wire.encode_batch(seconds(1))[:-1],
        b"\xc1",
        b"",
    ],
)
def test_what_is_only_wrong_does_not(payload: bytes) -> None:
    assert not is_newer(payload)
    assert isinstance(decode(payload), Reason)


@given(st.binary(max_size=200))
def test_any_bytes_have_an_answer(payload: bytes) -> None:
    assert is_newer(payload) in (True, False)
