"""The envelope: whole, byte by byte, with noise around it, and with more than an answer can be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interop.hl7 import mllp
from interop.hl7.mllp import TooMuch, Unwrapper


def test_there_and_back() -> None:
    assert Unwrapper().receive(mllp.wrap("MSH|…\r")) == ["MSH|…\r".encode()]


@given(st.lists(st.binary(max_size=30).filter(lambda block: b"\x0b" not in block and b"\x1c" not in block), max_size=4))
def test_however_the_bytes_come(blocks: list[bytes]) -> None:
    stream = b"".join(b"noise\x0b" + block + b"\x1c\r\n" for block in blocks)
    whole, single = Unwrapper(), Unwrapper()
    assert whole.receive(stream) == blocks
    assert [block for at in range(len(stream)) for block in single.receive(stream[at : at + 1])] == blocks


@pytest.mark.parametrize(
    ("stream", "blocks"),
    [
        (b"no start\x1c\r", []),
        (b"\x0bhalf\x0bwhole\x1c\r", [b"whole"]),
        (b"\x0bno end", []),
        (b"\x0ba\x1cb\x1c\r", [b"a\x1cb"]),
        (b"\x0b\x1c\r\x0bnext\x1c\r", [b"", b"next"]),
    ],
)
def test_what_is_no_envelope(stream: bytes, blocks: list[bytes]) -> None:
    assert Unwrapper().receive(stream) == blocks


def test_there_is_an_end_to_what_is_listened_to() -> None:
    listening = Unwrapper()
    listening.receive(b"x" * mllp.LONGEST_ANSWER)
    with pytest.raises(TooMuch):
        listening.receive(b"x")


@pytest.mark.parametrize("text", ["a\x0bb", "a\x1cb"])
def test_a_message_with_a_mark_inside_is_not_sent(text: str) -> None:
    with pytest.raises(ValueError):
        mllp.wrap(text)
