from __future__ import annotations

from ingest.live import EVERY_S, HEARTBEAT_S, MAX_UNITS, LiveBook
from telemetry.messages import LiveReading, Status


def reading(unit: str, seq: int) -> LiveReading:
    return LiveReading(unit, seq, seq, seq, 3, 1, 0, {0: 300.0})


def test_the_newest_of_every_unit_goes_out_once() -> None:
    book = LiveBook()
    book.reading(7, reading("u1", 1))
    book.reading(7, reading("u1", 2))
    book.reading(7, reading("u2", 1))

    ((topic, frame),) = book.due(0.0, 123, ())
    assert topic == "live/1/7"
    assert frame.server_us == 123
    assert [(r.unit, r.seq) for r in frame.readings] == [("u1", 2), ("u2", 1)]
    assert book.due(99.0, 124, ()) == []


def test_a_busy_shard_sends_only_so_often_and_forgets_nothing() -> None:
    book = LiveBook()
    book.reading(7, reading("u1", 1))
    book.due(0.0, 1, ())
    book.reading(7, reading("u1", 2))

    assert book.due(EVERY_S / 2, 2, ()) == []
    ((_, frame),) = book.due(EVERY_S, 3, ())
    assert frame.readings[0].seq == 2


def test_shards_do_not_wait_for_each_other() -> None:
    book = LiveBook()
    book.reading(7, reading("u1", 1))
    book.due(0.0, 1, ())
    book.status(8, Status(1, "u9", True, 5))

    ((topic, frame),) = book.due(EVERY_S / 2, 2, ())
    assert (topic, [s.unit for s in frame.statuses]) == ("live/1/8", ["u9"])


def test_a_heartbeat_once_a_second_on_the_lowest_shard_that_is_ours() -> None:
    book = LiveBook()

    assert [topic for topic, _ in book.due(0.0, 1, {9, 4, 63})] == ["live/1/4"]
    assert book.due(HEARTBEAT_S / 2, 2, {4}) == []
    assert len(book.due(HEARTBEAT_S, 3, {4})) == 1


def test_without_a_shard_there_is_no_heartbeat() -> None:
    assert LiveBook().due(0.0, 1, ()) == []


def test_a_frame_has_a_limit() -> None:
    book = LiveBook()
    for number in range(MAX_UNITS + 1):
        book.reading(7, reading(f"u{number}", 1))

    assert [len(frame.readings) for _, frame in book.due(0.0, 1, ())] == [MAX_UNITS, 1]
