"""Channels that their service has called gone for good, whose people have entered no other since."""

from __future__ import annotations

from dataclasses import dataclass

from store.pool import Connection
from store.queries import run


@dataclass(frozen=True, slots=True)
class GivenUp:
    """One of them: whose it is, in what words it ended, and whether the person has another in use but for screens."""

    channel_id: int
    clinic_id: int | None
    user_name: str
    kind: str
    label: str
    why: str
    has_another: bool


def channels(conn: Connection, now_us: int) -> list[GivenUp]:
    """Those of open accounts, given up within thirty days; what a person took away by hand is not among them."""
    return [GivenUp(*row) for row in run(conn, "channels_given_up", {"now": now_us})]
