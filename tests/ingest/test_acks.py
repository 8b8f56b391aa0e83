from __future__ import annotations

from ingest.acks import EVERY_S, MAX_RANGES, AckBook
from telemetry.messages import Ack, Refusal
from tests.ingest.building import EPOCH


def stored(book: AckBook, first: int, last: int, now_s: float, *, unit: str = "u1", urgent: bool = False) -> None:
    book.stored(7, unit, EPOCH, [(first, last)], now_s, urgent)


def test_live_rows_are_told_together_after_a_moment() -> None:
    book = AckBook()
    stored(book, 0, 0, 10.0)
    stored(book, 1, 1, 10.0 + EVERY_S / 2)

    assert book.due(10.0 + EVERY_S / 2) == []
    assert book.due(10.0 + EVERY_S) == [("hhd/1/7/u1/down", Ack(EPOCH, [(0, 1)]))]
    assert book.due(99.0) == []


def test_the_moment_is_counted_from_the_oldest_untold_row_of_each_unit() -> None:
    book = AckBook()
    stored(book, 0, 0, 10.0)
    stored(book, 5, 5, 11.0, unit="u2")

    assert [topic for topic, _ in book.due(10.0 + EVERY_S)] == ["hhd/1/7/u1/down"]
    assert [topic for topic, _ in book.due(11.0 + EVERY_S)] == ["hhd/1/7/u2/down"]


def test_backlog_and_repeats_are_told_at_once_with_all_that_waits_for_their_unit() -> None:
    book = AckBook()
    stored(book, 0, 3, 10.0)
    stored(book, 100, 160, 10.0, urgent=True)
    stored(book, 1, 1, 10.0, unit="u2")

    assert book.due(10.0) == [("hhd/1/7/u1/down", Ack(EPOCH, [(0, 3), (100, 160)]))]


def test_a_refusal_is_told_at_once() -> None:
    book = AckBook()
    book.refused(7, "u1", EPOCH, [(4, 6)], "impossible time", 10.0)

    assert book.due(10.0) == [("hhd/1/7/u1/down", Ack(EPOCH, [], [Refusal(4, 6, "impossible time")]))]


def test_at_the_end_everything_is_told() -> None:
    book = AckBook()
    stored(book, 0, 0, 10.0)
    stored(book, 0, 0, 10.0, unit="u2")

    assert len(book.due(10.0, everything=True)) == 2
    assert len(book) == 0


def test_no_acknowledgement_has_more_ranges_than_fit() -> None:
    book = AckBook()
    book.stored(7, "u1", EPOCH, [(n * 2, n * 2) for n in range(MAX_RANGES + 1)], 10.0, urgent=True)

    assert [len(ack.ranges) for _, ack in book.due(10.0)] == [MAX_RANGES, 1]
