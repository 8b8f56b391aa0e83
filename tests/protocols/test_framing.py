"""Streams to frames, with a grammar small enough to reason about: 'F' <digit n> <n bytes> '.'"""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from protocols.events import Rejected
from protocols.framing import INCOMPLETE, NO_FRAME, NOISE_LIMIT, Framed, Framer


class Toy:
    start = b"F"
    limit = 12

    def measure(self, stream: bytes, at: int) -> int:
        head = stream[at : at + 2]
        if len(head) < 2:
            return INCOMPLETE
        if not head[1:].isdigit():
            return NO_FRAME
        size = 3 + int(head[1:])
        if len(stream) < at + size:
            return INCOMPLETE
        return size if stream[at + size - 1 : at + size] == b"." else NO_FRAME

    def explain(self, noise: bytes) -> list[tuple[int, str]]:
        return [(len(noise), "noise")]


def run(*pieces: bytes) -> list[Framed | Rejected]:
    framer = Framer(Toy())
    return [event for piece in pieces for event in framer.receive(piece)] + framer.idle()


def test_a_frame_is_given_as_soon_as_it_is_whole_and_its_line_end_is_not_noise() -> None:
    framer = Framer(Toy())
    assert framer.receive(b"F2ab") == []
    assert framer.receive(b".") == [Framed(0, b"F2ab.")]
    assert framer.receive(b"\r") == []
    assert framer.receive(b"\nF0.") == [Framed(7, b"F0.")]
    assert framer.idle() == []


def test_a_line_end_is_owed_once_and_only_in_order() -> None:
    assert run(b"F0.\r\n\r\n") == [Framed(0, b"F0."), Rejected(5, 2, "noise")]
    assert run(b"F0.\n\r") == [Framed(0, b"F0."), Rejected(4, 1, "noise")]
    assert run(b"\r\nF0.") == [Rejected(0, 2, "noise"), Framed(2, b"F0.")]


def test_noise_is_one_rejection_however_it_arrived() -> None:
    expected = [Rejected(0, 5, "noise"), Framed(5, b"F1x."), Rejected(9, 3, "noise"), Framed(12, b"F0.")]
    stream = b"ab.cdF1x.xyzF0."
    assert run(stream) == expected
    assert run(*(stream[at : at + 1] for at in range(len(stream)))) == expected


def test_a_failed_candidate_costs_one_byte_so_the_frame_inside_is_found() -> None:
    assert run(b"F4abF1x.Z") == [Rejected(0, 4, "noise"), Framed(4, b"F1x."), Rejected(8, 1, "noise")]


def test_an_unfinished_candidate_does_not_hold_back_a_frame_behind_it() -> None:
    framer = Framer(Toy())
    assert framer.receive(b"F9abF1x.") == [Rejected(0, 4, "noise"), Framed(4, b"F1x.")]
    assert framer.buffered == 0


def test_idle_gives_up_a_half_frame_and_the_rest_of_it_is_noise() -> None:
    framer = Framer(Toy())
    assert framer.receive(b"F3ab") == []
    assert framer.idle() == [Rejected(0, 4, "noise")]
    assert framer.idle() == []
    assert framer.receive(b"c.F0.") == [Rejected(4, 2, "noise"), Framed(6, b"F0.")]


def test_endless_noise_is_reported_in_bounded_pieces() -> None:
    framer = Framer(Toy())
    events = framer.receive(b"x" * (2 * NOISE_LIMIT + 7))
    assert events == [Rejected(0, NOISE_LIMIT, "noise"), Rejected(NOISE_LIMIT, NOISE_LIMIT, "noise")]
    assert framer.buffered == 7
    assert framer.idle() == [Rejected(2 * NOISE_LIMIT, 7, "noise")]


streams = st.lists(st.sampled_from([b"F", b"0", b"3", b".", b"\r", b"\n", b"x", b"F1a.", b"F0.\r\n"]), max_size=60).map(
    b"".join
)


@given(stream=streams, cuts=st.lists(st.integers(0, 200), max_size=8))
def test_chopping_changes_nothing_and_every_byte_is_accounted_for(stream: bytes, cuts: list[int]) -> None:
    edges = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    framer = Framer(Toy())
    events: list[Framed | Rejected] = []
    for begin, end in pairwise(edges):
        events += framer.receive(stream[begin:end])
        assert framer.buffered < Toy.limit + NOISE_LIMIT
    events += framer.idle()
    at = 0
    for event in events:
        assert stream[at : event.offset] in (b"", b"\r", b"\n", b"\r\n"), "only line ends go without a word"
        at = event.offset + (event.length if isinstance(event, Rejected) else len(event.data))
        assert not isinstance(event, Framed) or stream[event.offset : at] == event.data
    assert stream[at:] in (b"", b"\r", b"\n", b"\r\n")
    if not any(Toy().measure(stream, i) == INCOMPLETE for i in range(len(stream)) if stream[i : i + 1] == b"F"):
        assert run(stream) == events
