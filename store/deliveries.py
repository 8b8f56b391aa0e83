"""Deliveries: one notice to one channel of one person, from queued to answered."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from store.pool import Connection
from store.queries import run
from store.values import storable_text

_RANK: Final = {"high": 0, "medium": 1, "low": 2}
AT_ONCE: Final = 5000  # deliveries that go out with others, in one claim


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
    """A delivery, locked. Without a notice: a person's test of a channel.

    Attributes:
        wanted: whether it is still to be sent. lead: whose page it went out with, or its own.
    """

    delivery_id: int
    state: str
    claimed_by: str | None
    notice_id: int | None
    round: int
    wanted: bool
    lead: int
    queued_us: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for one channel and audience, and what that channel was asked to carry in the last ten minutes.

    Attributes:
        goes_alone: of the unit for tests, a test of the channel, or of low priority.
        high, other: the delivery to go next of high priority, and of any other; None: none waits. high_since_us,
            since_us: since when the first of high priority, and of all, waits.
        notices … last_high_us: as in alerts.load.pacing.Told.
    """

    host: str
    goes_alone: bool
    high: int | None
    high_since_us: int | None
    other: int | None
    since_us: int
    notices: int
    told_high: int
    folded: int
    high_folded: int
    singly: int
    pages: int
    last_us: int | None
    last_high_us: int | None


@dataclass(frozen=True, slots=True)
class Together:
    """What one page is about: so many homes and notices of high and of other priority, the lead's among them."""

    homes: int
    high: int
    other: int


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a delivery; `next_us`: when it is tried again, None: no more."""

    delivery_id: int
    state: str
    detail: str
    next_us: int | None = None


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


def waiting(conn: Connection, now_us: int, *, without: Collection[str] = (), high_only: bool = False) -> list[Waiting]:
    """What is to be sent now, of each channel not of a host in `without`.

    High ones first, of the others what goes alone last; of these what waits longest first.
    What a notifier had claimed whose heart has not beaten for three seconds is among it. The channels are locked to the
    end of the transaction, those that another has locked are left to it.
    """
    parameters = {"now": now_us, "without": list(without), "high": high_only}
    found = [row[0] for row in run(conn, "lock_waiting_channels", parameters)]
    if not found:
        return []
    rows = run(conn, "waiting_channels", {"now": now_us, "high": high_only, "channels": found})
    return [Waiting(*row) for row in rows]


def claim(conn: Connection, instance: str, now_us: int, delivery_ids: Sequence[int]) -> list[ClaimedDelivery]:
    """Those of these that still wait, high first, claimed for `instance`."""
    parameters = {"instance": instance, "now": now_us, "deliveries": list(delivery_ids)}
    found = [ClaimedDelivery(*row) for row in run(conn, "claim_deliveries", parameters)]
    return sorted(found, key=lambda d: (_RANK[d.priority], d.queued_us, d.delivery_id))


def fold(conn: Connection, instance: str, now_us: int, leads: Sequence[int]) -> dict[int, Together]:
    """What is to go out with deliveries just claimed, one page for each that has company: claimed for `instance`, too.

    That is all that waits for the same channel and audience and is of no higher priority. In the transaction of the
    claim, one lead for each channel and audience.
    """
    if not leads:
        return {}
    parameters = {"leads": list(leads), "instance": instance, "now": now_us, "limit": AT_ONCE}
    return {row[0]: Together(*row[1:]) for row in run(conn, "fold_deliveries", parameters)}


def release(conn: Connection, instance: str, held: Collection[int]) -> int:
    """Give back what is claimed for `instance` and neither one of `held` nor folded into one; how many that was."""
    return len(run(conn, "release_deliveries", {"instance": instance, "held": list(held)}).fetchall())


def put_off(conn: Connection, instance: str, delivery_id: int, next_us: int) -> None:
    """Give one back with what went out with it, if `instance` has it; what is still wanted is tried at `next_us`."""
    run(conn, "put_off_delivery", {"instance": instance, "delivery": delivery_id, "next": next_us})


def lock(conn: Connection, delivery_ids: Sequence[int]) -> list[HeldDelivery]:
    """Deliveries and those that went out with them, locked to the end of the transaction."""
    return [HeldDelivery(*row) for row in run(conn, "lock_deliveries", {"deliveries": list(delivery_ids)})]


def report(conn: Connection, reports: Sequence[Report], now_us: int) -> None:
    """What became of deliveries, one report of each. What is tried again is folded no longer."""
    parameters = {
        "deliveries": [one.delivery_id for one in reports], "states": [one.state for one in reports],
        "details": [storable_text(one.detail, 500) for one in reports], "nexts": [one.next_us for one in reports],
        "now": now_us,
    }  # fmt: skip
    if reports:
        run(conn, "report_deliveries", parameters)


def nothing_left(conn: Connection, notice_id: int, number: int) -> bool:
    """Whether everything sent in round `number` has failed."""
    row = run(conn, "nothing_left", {"notice": notice_id, "round": number}).fetchone()
    return row is not None and bool(row[0])


def next_due_us(conn: Connection) -> int | None:
    """When the next delivery is to be tried; None: nothing waits."""
    row = run(conn, "next_delivery_due").fetchone()
    return None if row is None else row[0]
