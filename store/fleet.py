"""How the boxes of some shards are, all together, as they last said."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from store.pool import Connection
from store.queries import run


@dataclass(frozen=True, slots=True)
class Fleet:
    """Counts of boxes whose units are not revoked; all but the first three are of those online.

    Attributes:
        never: those that never said anything.
        waiting_rows: what waits in their outboxes. oldest_s: the age of the oldest of it, when its box said so.
        behind: boxes with something older than `behind_s`. troubled: with trouble of their own (disk, clock, …).
        no_machine: whose machine is not connected, be it switched off.
    """

    online: int
    offline: int
    never: int
    waiting_rows: float
    oldest_s: float
    behind: int
    troubled: int
    no_machine: int


def fleet(conn: Connection, shards: Iterable[int], behind_s: float) -> Fleet:
    """The boxes of these shards; StoreError when the database is away."""
    return Fleet(*run(conn, "fleet", {"shards": sorted(shards), "behind": behind_s}).fetchall()[0])
