"""Records of the journal and words among notifiers: what is written is read, anything else is refused by name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.escalation import StepKind
from notifier.away.records import (
    MAX_BYTES,
    Came,
    PageOf,
    Record,
    Reported,
    Said,
    Step,
    Tried,
    decode_record,
    decode_said,
    encode,
)
from telemetry.alarms import Priority
from telemetry.errors import WireError

STEP = Step("", 1, "air", 1, 0, StepKind.FIRST, Priority.HIGH, 1, 2, "first: 1 asked", [PageOf(3, 4, "ab" * 16)])


@pytest.mark.parametrize("record", [STEP, Came("ab" * 16, Tried.AGAIN, "no answer", 3, 1, 4), Reported(1, "air", 5)])
def test_what_is_written_is_read(record: Record) -> None:
    assert decode_record(encode(record)) == record
    assert b"\n" not in encode(record)


def test_what_is_said_is_understood() -> None:
    said = Said("host-1", STEP, Came("ab" * 16, Tried.SENT, "taken", 3))
    assert decode_said(encode(said)) == said


@given(st.binary(max_size=200))
def test_anything_else_is_refused_by_name(data: bytes) -> None:
    for decode in (decode_record, decode_said):
        with pytest.raises(WireError):
            decode(data)


@pytest.mark.parametrize(
    ("word", "other"),
    [
        ('"high"', '"urgent"'), ('"first"', '"last"'), ('"round":1', '"round":0'), ('"round":1', '"round":1000000000'),
        ('"sent"', '"eaten"'), ('"channel_id":3', '"channel_id":"3"'),
    ],
)  # fmt: skip
def test_a_word_that_is_none_of_ours_is_refused_before_it_is_kept(word: str, other: str) -> None:
    said = encode(Said("host-1", STEP, Came("ab" * 16, Tried.SENT, "taken", 3))).decode()
    assert word in said
    with pytest.raises(WireError):
        decode_said(said.replace(word, other).encode())


def test_what_is_too_long_is_not_even_read() -> None:
    long = Said("host-1", STEP, Came("ab" * 16, Tried.SENT, "x" * MAX_BYTES, 3))
    with pytest.raises(WireError, match="bytes"):
        decode_said(encode(long))
