"""Who writes which shard: advisory locks held by the writing connection itself.

A writer whose connection is gone has lost its locks and its means to write in one stroke, so two never write the same
shard.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from store.pool import Connection
from store.queries import run

# Any constant that no other program in this database uses as its first lock key: "HHD1".
LOCK_CLASS: Final = 0x48484431


class Writer(NamedTuple):
    """A connection as the server knows it, never mistaken for a later one of the same number."""

    pid: int
    began_us: int


def take(conn: Connection, shards: Iterable[int]) -> set[int]:
    """Try for these shards without waiting; those we hold now. A shard held already is held once, not twice."""
    wanted = set(shards) - held(conn)
    rows = run(conn, "take_shards", {"class": LOCK_CLASS, "shards": sorted(wanted)})
    rows.fetchall()
    return held(conn)


def free_hung(conn: Connection, hung_s: float) -> int:
    """End the sessions that own shards while their process has hung for so long; how many those were.

    The server's own time-outs (`pool.connect`) end a session that is idle, not one that waits for its process in the
    middle of a statement: of the rest of a COPY, or of room for an answer nobody fetches. That one would keep its
    shards for as long as its process is paused, so those who stand by look for it. One that works is left alone.
    """
    return len(run(conn, "free_hung", {"class": LOCK_CLASS, "hung": hung_s}).fetchall())


def held(conn: Connection) -> set[int]:
    """The shards this connection holds, by the database's own word."""
    return {row[0] for row in run(conn, "held_shards", {"class": LOCK_CLASS})}


def writer(conn: Connection) -> Writer:
    """This connection."""
    return Writer(*run(conn, "this_writer").fetchall()[0])


def end(conn: Connection, ghost: Writer) -> bool:
    """End a connection of our own that the server still holds though its line is cut; whether there was one.

    Its locks are free once the server has seen to it, which may take a moment.
    """
    return any(row[0] for row in run(conn, "end_writer", {"pid": ghost.pid, "began": ghost.began_us}))
