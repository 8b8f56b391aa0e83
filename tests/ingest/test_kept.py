from __future__ import annotations

from ingest.inbox import Message
from ingest.kept import FEWEST_MESSAGES, MOST_BYTES, MOST_MESSAGES, Kept
from telemetry import wire


def messages(count: int, size: int = 10, first: int = 0) -> list[Message]:
    return [Message("hhd/1/7/u1/up", bytes(size), number) for number in range(first, first + count)]


def test_a_cycle_takes_the_first_and_forgets_them_once_they_are_stored() -> None:
    kept = Kept()
    assert list(kept.portion()) == []
    kept.messages = messages(MOST_MESSAGES + 7)
    assert kept.portion() == messages(MOST_MESSAGES)
    kept.went_through(MOST_MESSAGES)
    assert kept.portion() == messages(7, first=MOST_MESSAGES)


def test_a_slow_database_gets_ever_smaller_cycles_which_grow_again() -> None:
    kept = Kept()
    kept.messages = messages(MOST_MESSAGES)
    sizes = []
    for _ in range(4):
        kept.failed()
        sizes.append(len(kept.portion()))
    assert sizes == [625, 78, FEWEST_MESSAGES, FEWEST_MESSAGES]
    for _ in range(8):
        kept.went_through(0)
    assert len(kept.portion()) == MOST_MESSAGES


def test_a_cycle_is_bounded_by_bytes_too_and_takes_at_least_one_message() -> None:
    kept = Kept()
    kept.messages = messages(400, wire.MAX_BYTES)
    assert len(kept.portion()) == MOST_BYTES // wire.MAX_BYTES
    while kept.most > FEWEST_MESSAGES:
        kept.failed()
    assert len(kept.portion()) == 1


def test_while_nothing_can_be_stored_so_much_is_kept_and_no_more() -> None:
    kept = Kept()
    for start in range(0, 2 * MOST_MESSAGES, 1000):
        kept.offer(messages(1000, first=start))
    assert kept.messages == messages(MOST_MESSAGES)

    kept = Kept()
    for _ in range(100):
        kept.offer(messages(100, wire.MAX_BYTES))
    assert sum(len(message.payload) for message in kept.messages) <= MOST_BYTES


def test_what_one_cycle_had_taken_is_kept_whatever_its_size() -> None:
    kept = Kept()
    kept.messages = messages(400, wire.MAX_BYTES)
    kept.offer(messages(5, 1))
    assert kept.messages == messages(400, wire.MAX_BYTES)


def test_what_came_on_a_topic_is_let_go_and_the_rest_stays_in_order() -> None:
    kept = Kept()
    status = Message("hhd/1/7/u1/status", b"", 5)
    kept.messages = [*messages(2), status, *messages(2, first=2)]
    kept.forget({status.topic})
    assert kept.messages == messages(4)
