from __future__ import annotations

from ingest.fairness import EPOCHS_BURST, EPOCHS_PER_S, MOST_BYTES_OF_ONE, MOST_OF_ONE, EpochBudget, share_out
from ingest.inbox import Message
from telemetry import wire
from telemetry.compression import deflate


def messages(topic: str, count: int) -> list[Message]:
    return [Message(topic, str(n).encode(), n) for n in range(count)]


def test_a_usual_handful_is_taken_whole() -> None:
    many = [message for n in range(50) for message in messages(f"hhd/1/{n}/u/up", 100)]
    assert share_out(many) == (many, 0)
    one = messages("hhd/1/1/u/up", MOST_OF_ONE)
    assert share_out(one) == (one, 0)


def test_of_one_that_floods_the_oldest_are_taken_and_the_others_go_on() -> None:
    flood, honest = messages("hhd/1/1/mad/up", 3 * MOST_OF_ONE), messages("hhd/1/1/u/up", 2)
    taken, left = share_out([honest[0], *flood, honest[1]])
    assert taken == [honest[0], *flood[:MOST_OF_ONE], honest[1]]
    assert left == 2 * MOST_OF_ONE


def test_large_ones_are_counted_by_what_they_are_once_inflated() -> None:
    large = deflate(bytes(40_000))
    assert len(large) < 1000
    flood = [Message("hhd/1/1/mad/up", large, n) for n in range(500)]
    small = Message("hhd/1/1/mad/up", b"small", 500)
    taken, left = share_out([*flood, small])
    assert taken == flood[: MOST_BYTES_OF_ONE // 40_000], "a small one behind them does not overtake"
    assert left == 501 - len(taken)
    liar = [Message("hhd/1/1/mad/up", large[:1] + b"\xff" * 4 + large[5:], n) for n in range(500)]
    assert len(share_out(liar)[0]) == MOST_BYTES_OF_ONE // wire.MAX_BYTES


def test_epochs_are_looked_up_at_a_rate() -> None:
    budget = EpochBudget()
    assert sum(budget.take(100.0) for _ in range(64_000)) == EPOCHS_BURST
    assert not budget.take(100.0 + 0.5 / EPOCHS_PER_S)
    assert budget.take(100.0 + 1.01 / EPOCHS_PER_S)
    assert not budget.take(100.0 + 1.02 / EPOCHS_PER_S)
    assert sum(budget.take(1e9) for _ in range(1000)) == EPOCHS_BURST, "and no more are saved up"
