"""Smaller and back, bounded, and any other bytes to WireError and nothing else."""

from __future__ import annotations

import struct
import tracemalloc
import zlib

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from telemetry.compression import TooLargeError, deflate, inflate, plain_size
from telemetry.errors import WireError

LIMIT = 48 * 1024
PLAIN = bytes(range(0x90, 0xA0)) * 200


def wrapped(plain: bytes, *, says: int | None = None, more: bytes = b"") -> bytes:
    stream = zlib.compressobj(9, zlib.DEFLATED, -15)
    return (
        struct.pack("<BI", 0xC1, len(plain) if says is None else says) + stream.compress(plain) + stream.flush() + more
    )


@given(st.binary(max_size=5000).filter(lambda data: data[:1] != b"\xc1"))
@example(PLAIN)
def test_inflate_of_deflate_is_identity_and_never_longer(plain: bytes) -> None:
    data = deflate(plain)

    assert inflate(data, LIMIT) == plain
    assert len(data) <= len(plain)
    assert plain_size(data) == len(plain)


def test_what_does_not_get_smaller_stays_plain() -> None:
    assert deflate(b"\x93\x01\x02\x03") == b"\x93\x01\x02\x03"
    assert deflate(PLAIN)[0] == 0xC1


@given(st.one_of(st.none(), st.integers(), st.text(), st.lists(st.integers()), st.dictionaries(st.text(), st.text())))
def test_no_message_begins_with_the_marker(value: object) -> None:
    try:
        assert msgspec.msgpack.encode(value)[0] != 0xC1
    except OverflowError:
        return


@given(st.binary(max_size=300), st.booleans())
@example(b"", True)
@example(b"\x00\x00\x00\x00", True)
def test_any_bytes_give_bytes_within_the_limit_or_the_documented_error(data: bytes, marked: bool) -> None:
    try:
        assert len(inflate(b"\xc1" * marked + data, 1000)) <= 1000
    except WireError:
        return


@pytest.mark.parametrize(
    "data",
    [
        wrapped(PLAIN)[:-1],
        wrapped(PLAIN, more=b"\0"),
        wrapped(PLAIN, says=len(PLAIN) - 1),
        wrapped(PLAIN, says=len(PLAIN) + 1),
        wrapped(PLAIN, says=0),
        b"\xc1\x05\x00\x00\x00" + PLAIN,
        b"\xc1\x05\x00",
    ],
    ids=["cut off", "something behind", "longer than it says", "shorter", "nothing, it says", "no stream", "no head"],
)
def test_a_stream_that_is_not_what_it_says_is_refused(data: bytes) -> None:
    with pytest.raises(WireError):
        inflate(data, LIMIT)


def test_a_bomb_is_refused_whatever_it_says_and_fills_no_memory() -> None:
    bomb = bytes(50_000_000)
    honest, liar = wrapped(bomb), wrapped(bomb, says=100)
    assert len(honest) < 60_000
    del bomb

    tracemalloc.start()
    try:
        with pytest.raises(TooLargeError, match="50000000 bytes"):
            inflate(honest, LIMIT)
        with pytest.raises(WireError):
            inflate(liar, LIMIT)
        assert tracemalloc.get_traced_memory()[1] < 4 * LIMIT
    finally:
        tracemalloc.stop()


def test_the_limit_itself_is_allowed() -> None:
    assert len(inflate(wrapped(bytes(LIMIT)), LIMIT)) == LIMIT
    with pytest.raises(TooLargeError):
        inflate(wrapped(bytes(LIMIT + 1)), LIMIT)
