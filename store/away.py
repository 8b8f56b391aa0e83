"""For paging without the database: what has to be known beforehand, and the record of it afterwards."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from store.notices import HomeRow
from store.pool import Connection
from store.queries import run
from store.values import storable_text


@dataclass(frozen=True, slots=True)
class NamedHome:
    """A unit with its name on the wire."""

    name: str
    home: HomeRow


@dataclass(frozen=True, slots=True)
class WayRow:
    """A channel in use of an account in use; `address` may hold a secret."""

    channel_id: int
    user_id: int
    kind: str
    address: str
    host: str
    tier: int
    language: str


@dataclass(frozen=True, slots=True)
class ShelfRow:
    """What is set aside of a unit and rule, until µs since 1970."""

    unit_id: int
    rule: str
    kind: str
    priority: str
    alert_id: int
    until_us: int


@dataclass(frozen=True, slots=True)
class OpenNotice:
    """An open notice of a home. `began_us`: when its round began, 0 without one; `done`: kinds of its steps done."""

    notice_id: int
    unit_id: int
    cause: str
    state: str
    priority: str
    round: int
    accepted_by: int | None
    accepted_until_us: int | None
    began_us: int
    done: list[str]


@dataclass(frozen=True, slots=True)
class UsedWay:
    """A channel that a notice's present round has used."""

    channel_id: int
    user_id: int
    state: str
    rejected: bool


@dataclass(frozen=True, slots=True)
class SentPage:
    """A page that was sent while the database was away.

    Attributes:
        receipt: that it carries; what it is known by. at_us: when.
    """

    receipt: str
    round: int
    step: int
    channel_id: int
    priority: str
    at_us: int
    state: str
    detail: str


def homes(conn: Connection) -> list[NamedHome]:
    """All units."""
    return [NamedHome(row[1], HomeRow(row[0], *row[2:])) for row in run(conn, "card_units")]


def ways(conn: Connection) -> list[WayRow]:
    """All channels in use, first tiers first."""
    return [WayRow(*row) for row in run(conn, "card_channels")]


def shelves(conn: Connection) -> list[ShelfRow]:
    """All that is set aside now."""
    return [ShelfRow(*row) for row in run(conn, "card_shelves")]


def open_notices(conn: Connection) -> list[OpenNotice]:
    """Those of homes; what rules between treatments found is not among them."""
    return [OpenNotice(*row) for row in run(conn, "card_notices")]


def used(conn: Connection, notice_ids: Sequence[int]) -> dict[int, list[UsedWay]]:
    """What the present rounds of these notices have used."""
    found: defaultdict[int, list[UsedWay]] = defaultdict(list)
    for notice_id, *rest in run(conn, "card_used", {"notices": list(notice_ids)}):
        found[notice_id].append(UsedWay(*rest))
    return found


def notifiers(conn: Connection) -> list[str]:
    """Notifiers whose hearts beat, by name."""
    return [row[0] for row in run(conn, "card_notifiers")]


def reported_in(conn: Connection, receipts: Sequence[str]) -> int | None:
    """The newest notice under which any of these pages is on record; None: none of them is."""
    found = [row[0] for row in run(conn, "reported_pages", {"receipts": list(receipts)})]
    return max(found, default=None)


def report(conn: Connection, notice_id: int, pages: Sequence[SentPage]) -> int:
    """Put pages on record, each once, whoever reports it how often; how many were new.

    What waits for the same channel in the same round was queued before the database went away: this is its page.
    """
    if not pages:
        return 0
    parameters = {
        "notice": notice_id, "receipts": [one.receipt for one in pages],
        "rounds": [one.round for one in pages], "steps": [one.step for one in pages],
        "channels": [one.channel_id for one in pages], "priorities": [one.priority for one in pages],
        "at": [one.at_us for one in pages], "states": [one.state for one in pages],
        "details": [storable_text(one.detail, 500) for one in pages],
    }  # fmt: skip
    return len(run(conn, "report_away_pages", parameters).fetchall())


def end_step(conn: Connection, notice_id: int, number: int, step: int, at_us: int, outcome: str) -> bool:
    """A step of round `number` was taken without us; False where it was done already, or there is none."""
    parameters = {
        "notice": notice_id, "round": number, "number": step, "at": at_us, "outcome": storable_text(outcome),
    }  # fmt: skip
    return run(conn, "end_away_step", parameters).fetchone() is not None
