from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.events import Rejected
from protocols.framing import Framed, Framer
from protocols.hl7_dialysis.mllp import MAX_BLOCK, MllpGrammar, wrap

A, B = wrap(b"MSH|one\r"), wrap(b"MSH|two\r")


def cut(data: bytes, step: int = 0) -> list[Framed | Rejected]:
    framer = Framer(MllpGrammar())
    pieces = [data[at : at + step] for at in range(0, len(data), step)] if step else [data]
    return [found for piece in pieces for found in framer.receive(piece)] + framer.idle()


def shape(found: list[Framed | Rejected]) -> list[tuple[int, int, str]]:
    return [(f.offset, len(f.data), "") if isinstance(f, Framed) else (f.offset, f.length, f.reason) for f in found]


def test_a_block_holds_no_mark() -> None:
    assert wrap(b"x") == b"\x0bx\x1c\r"
    for bad in (b"\x0b", b"a\x1cb"):
        with pytest.raises(ValueError, match="0B or 1C"):
            wrap(bad)


@pytest.mark.parametrize("step", [0, 1, 2, 3, 7])
@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (A + B, [(0, 11, ""), (11, 11, "")]),
        (A + b"\r\n" + B, [(0, 11, ""), (13, 11, "")]),
        (b"noise" + A, [(0, 5, "outside a block"), (5, 11, "")]),
        (A[:6] + B, [(0, 6, "a block that does not end"), (6, 11, "")]),
        (b"\x0bMSH|a\x1cb" + B, [(0, 8, "a block that does not end"), (8, 11, "")]),
        (b"\x0b\x0b\x0b" + B, [(0, 3, "a block that does not end"), (3, 11, "")]),
        (A[:-1] + B, [(0, 10, "a block that does not end"), (10, 11, "")]),
        (A[:-1], [(0, 10, "a block that does not end")]),
        (wrap(b""), [(0, 3, "")]),
        (b"\x1c\r" + A, [(0, 2, "outside a block"), (2, 11, "")]),
    ],
)
def test_blocks_are_found_and_the_rest_is_named(data: bytes, expected: list[tuple[int, int, str]], step: int) -> None:
    assert shape(cut(data, step)) == expected


def test_the_largest_block_is_taken_and_one_byte_more_is_not() -> None:
    largest = wrap(b"x" * (MAX_BLOCK - 3))
    assert shape(cut(largest + A)) == [(0, MAX_BLOCK, ""), (MAX_BLOCK, 11, "")]
    found = cut(wrap(b"x" * (MAX_BLOCK - 2)) + A)
    assert isinstance(found[-1], Framed) and all(isinstance(one, Rejected) for one in found[:-1])
    assert sum(one.length for one in found if isinstance(one, Rejected)) == MAX_BLOCK + 1


def test_a_block_without_end_is_not_kept_beyond_the_bound() -> None:
    framer = Framer(MllpGrammar())
    held = 0
    framer.receive(b"\x0b")
    for _ in range(100):
        framer.receive(b"x" * 4096)
        held = max(held, framer.buffered)
    assert held <= MAX_BLOCK + 4096


@given(st.lists(st.sampled_from([b"\x0b", b"\x1c", b"\r", b"\n", b"MSH|", b"x", A, B]), max_size=30), st.integers(1, 9))
def test_however_the_bytes_are_chopped_the_same_is_found(parts: list[bytes], step: int) -> None:
    data = b"".join(parts)
    whole = cut(data)
    assert cut(data, step) == whole
    assert sum(isinstance(found, Framed) for found in whole) <= data.count(b"\x0b")
    for one in whole:
        if isinstance(one, Framed):
            assert data[one.offset : one.offset + len(one.data)] == one.data
