"""Deliveries: one notice to one channel of one person, from queued to answered."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from store.pool import Connection
from store.queries import run
from store.values import storable_text

_RANK: Final = {"high": 0, "medium": 1, "low": 2}
AT_ONCE: Final = 1000  # deliveries that go out as one page


@dataclass(frozen=True, slots=True)
class ClaimedDelivery:
    """What one notifier is to send now, and no other while that one's heart beats.

    Attributes:
        attempt: 1 for the first. receipt: what the device shows to say that it has it. queued_us: since when it waits.
        is_test: of the unit for tests, or a person's own test of a channel: nobody needs to answer.
        open, days: of a digest: how many are on the work list, and how many days the oldest; else None.
    """

    delivery_id: int
    channel_id: int
    address: str
    host: str
    language: str
    audience: str
    priority: str
    attempt: int
    receipt: str
    queued_us: int
    is_test: bool
    open: int | None = None
    days: int | None = None


@dataclass(frozen=True, slots=True)
class HeldDelivery:
    """A delivery, locked. `wanted`: whether it is still to be sent. Without a notice: a person's test of a channel."""

    delivery_id: int
    state: str
    claimed_by: str | None
    notice_id: int | None
    round: int
    wanted: bool
    queued_us: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """What one step of a round asks for."""

    notice_id: int
    round: int
    step: int
    channel_ids: Sequence[int]
    priority: str


@dataclass(frozen=True, slots=True)
class UsedChannel:
    """A channel that a round has used: whose, how far that went, and whether the person has rejected since."""

    channel_id: int
    user_id: int
    state: str
    rejected: bool


def queue(conn: Connection, wanted: Sequence[Wanted], now_us: int) -> list[tuple[int, int, int]]:
    """(delivery, notice, step) of what is new; none for a channel that its round has used already."""
    flat = [(one, channel) for one in wanted for channel in one.channel_ids]
    parameters = {
        "notices": [one.notice_id for one, _ in flat], "rounds": [one.round for one, _ in flat],
        "steps": [one.step for one, _ in flat], "channels": [channel for _, channel in flat],
        "priorities": [one.priority for one, _ in flat], "now": now_us,
    }  # fmt: skip
    return [(row[0], row[1], row[2]) for row in run(conn, "queue_deliveries", parameters)] if flat else []


def used(conn: Connection, notice_id: int, number: int) -> list[UsedChannel]:
    """What round `number` has used so far."""
    return [UsedChannel(*row) for row in run(conn, "told_in_round", {"notice": notice_id, "round": number})]


def ways(conn: Connection, user_ids: Sequence[int]) -> list[tuple[int, int, int]]:
    """(channel, user, tier) of these people's channels in use."""
    return run(conn, "ways_of_people", {"users": list(user_ids)}).fetchall()


def claim(
    conn: Connection, instance: str, now_us: int, limit: int, *, without: Collection[str] = (), high_only: bool = False
) -> list[ClaimedDelivery]:
    """What is to be sent now, high first, one a host and none for hosts in `without`, claimed for `instance`.

    What a notifier had claimed whose heart has not beaten for three seconds is among it.
    """
    parameters = {"instance": instance, "now": now_us, "limit": limit, "without": list(without), "high": high_only}
    rows = run(conn, "claim_deliveries", parameters)
    found = [ClaimedDelivery(*row) for row in rows]
    return sorted(found, key=lambda d: (_RANK[d.priority], d.queued_us, d.delivery_id))


def fold(
    conn: Connection, delivery_id: int, instance: str, now_us: int, *, begins_above: int, ends_below: int
) -> list[int]:
    """What is to go out with a medium delivery just claimed, as one page: claimed for `instance`, too.

    That is every medium one due to the same channel for the same audience, while its person is in a flood: asked about
    more than `begins_above` notices in ten minutes, or after that still about `ends_below` or more. Empty otherwise.
    In the transaction of the claim.
    """
    parameters = {
        "delivery": delivery_id, "instance": instance, "now": now_us, "limit": AT_ONCE, "begins": begins_above,
        "ends": ends_below,
    }  # fmt: skip
    return [row[0] for row in run(conn, "fold_deliveries", parameters)]


def lock(conn: Connection, delivery_id: int) -> list[HeldDelivery]:
    """A delivery and those that went out with it, locked to the end of the transaction; empty where there is none."""
    return [HeldDelivery(*row) for row in run(conn, "lock_delivery", {"delivery": delivery_id})]


def report(
    conn: Connection, delivery_id: int, state: str, detail: str, now_us: int, next_us: int | None = None
) -> None:
    """What became of it; `next_us`: when it is tried again, None: no more. What is tried again is folded no longer."""
    parameters = {
        "delivery": delivery_id, "state": state, "detail": storable_text(detail, 500), "now": now_us, "next": next_us,
    }  # fmt: skip
    run(conn, "report_delivery", parameters)


def nothing_left(conn: Connection, notice_id: int, number: int) -> bool:
    """Whether everything sent in round `number` has failed."""
    row = run(conn, "nothing_left", {"notice": notice_id, "round": number}).fetchone()
    return row is not None and bool(row[0])


def next_due_us(conn: Connection) -> int | None:
    """When the next delivery is to be tried; None: nothing waits."""
    row = run(conn, "next_delivery_due").fetchone()
    return None if row is None else row[0]
