"""Whether the database's disk has room again: small writes find a place on a full one, and say nothing about it."""

from __future__ import annotations

from store.errors import StoreError, Trouble
from store.pool import Connection, transaction
from store.queries import run


def check(conn: Connection) -> None:
    """StoreError (FULL) when there is not even room for one cycle of readings; nothing of it stays."""
    try:
        with transaction(conn, "look for room"):
            run(conn, "fill_room")
            run(conn, "empty_room")
    except StoreError as error:
        # Whoever may not make temporary tables finds out when storing.
        if error.trouble is not Trouble.CREDENTIALS:
            raise
