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


def test_a_full_inbox_has_room_again_when_a_quarter_of_it_is_free() -> None:
    inbox = Inbox(max_messages=8, max_bytes=1000)
    inbox.put(*(message(n) for n in range(7)))
    assert inbox.has_room
    inbox.put(message(7), message(8))
    assert not inbox.has_room
    inbox.drain(2, 1000, 0)
    assert not inbox.has_room, "it would stop and go with every message"
    inbox.drain(2, 1000, 0)
    assert inbox.has_room
    assert [m.received_us for m in inbox.drain(9, 1000, 0)] == [4, 5, 6, 7, 8], "nothing is dropped"


def test_an_inbox_is_full_in_bytes_too() -> None:
    inbox = Inbox(max_messages=100, max_bytes=400)
    inbox.put(message(1, size=200), message(2, size=200))
    assert not inbox.has_room
    inbox.drain(1, 1000, 0)
    assert inbox.has_room


def test_who_waits_is_woken_by_the_first_message() -> None:
    inbox = Inbox()
    taken: list[Message] = []
    waiting = threading.Thread(target=lambda: taken.extend(inbox.drain(9, 1000, 10.0)))
    waiting.start()
    inbox.put(message(1))
    waiting.join(5.0)

    assert not waiting.is_alive()
    assert len(taken) == 1


def test_who_waits_for_many_is_not_woken_by_one_but_does_not_wait_for_ever() -> None:
    inbox = Inbox()
    seen: list[int] = []

    def wait(enough: int, timeout_s: float) -> threading.Thread:
        def run() -> None:
            inbox.wait(enough, timeout_s)
            seen.append(len(inbox))

        thread = threading.Thread(target=run)
        thread.start()
        return thread

    waiting = wait(3, 10.0)
    for number in range(3):
        inbox.put(message(number))
    waiting.join(5.0)
    assert seen == [3]
    wait(4, 0.01).join(5.0)
    assert seen == [3, 3]
