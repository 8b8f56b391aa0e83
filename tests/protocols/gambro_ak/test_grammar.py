"""Where frames begin and end, and what is said of the rest."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from protocols.framing import INCOMPLETE, NO_FRAME
from protocols.gambro_ak.frames import MAX_FRAME, Frame
from protocols.gambro_ak.grammar import GambroGrammar

GOOD = Frame(3, 0, 0x46, b"\x01\x01\x10\x27").to_bytes()
GRAMMAR = GambroGrammar()


def test_a_frame_is_measured_wherever_it_stands() -> None:
    assert GRAMMAR.measure(b"xx" + GOOD + b"yy", 2) == len(GOOD)
    assert all(GRAMMAR.measure(GOOD[:size], 0) == INCOMPLETE for size in range(1, len(GOOD)))


def test_what_can_become_no_frame_is_not_waited_for() -> None:
    assert GRAMMAR.measure(b"\x02\x43", 0) == NO_FRAME
    assert GRAMMAR.measure(b"\x02\x44\x00" + GOOD, 0) == NO_FRAME, "another begins before it ends"
    assert GRAMMAR.measure(b"\x02\x44\x00\x02\x44", 0) == NO_FRAME, "which is known before its end comes"
    assert GRAMMAR.measure(GOOD[:-2] + b"\xff\x04", 0) == NO_FRAME
    assert GRAMMAR.measure(b"\x02\x44" + b"x" * MAX_FRAME, 0) == NO_FRAME
    assert GRAMMAR.measure(b"\x02\x44" + b"x" * (MAX_FRAME - 3), 0) == INCOMPLETE


def test_every_piece_has_its_reason() -> None:
    noise = b"\x06\x06hello\x15" + GOOD[:6] + GOOD[:-3] + b"\x1b\x04" + b"\x04rest"
    assert [reason for _, reason in GRAMMAR.explain(noise)] == [
        "acknowledgements of the other side",
        "outside a frame",
        "acknowledgements of the other side",
        "no end after 6 bytes",
        "ends with ESC",
        "outside a frame",
    ]
    assert GRAMMAR.explain(b"\x02" + b"\x44" * MAX_FRAME)[0][1] == f"no end after {MAX_FRAME + 1} bytes"


@given(st.binary(max_size=60) | st.lists(st.sampled_from([b"\x02", b"\x04", b"\x06", b"\x1b", GOOD[:8]])).map(b"".join))
def test_the_pieces_add_up(noise: bytes) -> None:
    assert sum(length for length, _ in GRAMMAR.explain(noise)) == len(noise)
