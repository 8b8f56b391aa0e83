from __future__ import annotations

import threading

from ingest.inbox import Inbox, Message
from telemetry import wire
from telemetry.compression import deflate


def message(number: int, size: int = 10) -> Message:
    return Message(f"t{number}", bytes(size), number)


def test_what_arrived_comes_out_in_order_in_handfuls() -> None:
    inbox = Inbox()
    for number in range(5):
        inbox.put(message(number))

    assert inbox.oldest_us() == 0
    assert [m.received_us for m in inbox.drain(3, 1000, 0)] == [0, 1, 2]
    assert [m.received_us for m in inbox.drain(3, 1000, 0)] == [3, 4]
    assert inbox.drain(3, 1000, 0) == []
    assert inbox.oldest_us() is None


def test_a_handful_is_bounded_in_bytes_but_one_always_comes() -> None:
    inbox = Inbox()
    for number in range(3):
        inbox.put(message(number, size=100))

    assert len(inbox.drain(10, 250, 0)) == 2
    assert len(inbox.drain(10, 1, 0)) == 1


def test_a_handful_is_bounded_by_what_it_is_once_inflated() -> None:
    inbox = Inbox()
    for number in range(3):
        inbox.put(Message("t", deflate(bytes(10_000)), number))
    inbox.put(Message("t", b"\xc1\xff\xff\xff\xff", 3))  # says 4 GB: refused without being inflated

    assert len(inbox.drain(10, 25_000, 0)) == 2
    assert len(inbox.drain(10, 10_000 + wire.MAX_BYTES, 0)) == 2


def test_a_full_inbox_drops_what_is_new_and_counts_it() -> None:
    inbox = Inbox(max_messages=3, max_bytes=25)

    assert [inbox.put(message(n)) for n in range(3)] == [True, True, False]
    assert inbox.dropped == 1
    inbox.drain(1, 1000, 0)
    assert inbox.put(message(9))
    assert [m.received_us for m in inbox.drain(9, 1000, 0)] == [1, 9]


def test_who_waits_is_woken_by_the_first_message() -> None:
    inbox = Inbox()
    taken: list[Message] = []
    waiting = threading.Thread(target=lambda: taken.extend(inbox.drain(9, 1000, 10.0)))
    waiting.start()
    inbox.put(message(1))
    waiting.join(5.0)

    assert not waiting.is_alive()
    assert len(taken) == 1
