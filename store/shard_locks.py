"""Who writes which shard: advisory locks held by the writing connection itself.

A writer whose connection is gone has lost its locks and its means to write in one stroke, so two never write the same
shard.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from store.pool import Connection
from store.queries import run

# Any constant that no other program in this database uses as its first lock key: "HHD1".
LOCK_CLASS: Final = 0x48484431


def take(conn: Connection, shards: Iterable[int]) -> set[int]:
    """Try for these shards without waiting; those we hold now. A shard held already is held once, not twice."""
    wanted = set(shards) - held(conn)
    rows = run(conn, "take_shards", {"class": LOCK_CLASS, "shards": sorted(wanted)})
    rows.fetchall()
    return held(conn)


def held(conn: Connection) -> set[int]:
    """The shards this connection holds, by the database's own word."""
    return {row[0] for row in run(conn, "held_shards", {"class": LOCK_CLASS})}
