"""When a message goes again: later and later, and never given up because nobody answers."""

from __future__ import annotations

from courier import retry


def test_waits_grow_to_a_minute() -> None:
    waits = [retry.delay_s(tries) for tries in range(1, 1000)]
    assert waits == sorted(waits) and waits[0] == 1 and waits[-1] == 60


def test_a_receiver_that_cannot_is_asked_five_times() -> None:
    assert [retry.is_given_up(refused) for refused in (1, 4, 5, 6)] == [False, False, True, True]
