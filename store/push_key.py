"""The public key that browsers subscribe to (VAPID), as the notifier, which has the private one, says it to the API."""

from __future__ import annotations

from store.pool import AsyncConnection, Connection
from store.queries import arun, run


def publish(conn: Connection, public_key: str, now_us: int) -> bool:
    """Say which key it is, 87 characters of base64url, or with "" that there is none; whether that is news.

    StoreError for a text that is no such key. What is said last counts: all notifiers have the same key.
    """
    name = "publish_push_key" if public_key else "withdraw_push_key"
    return run(conn, name, {"key": public_key, "now": now_us}).fetchone() is not None


async def current(conn: AsyncConnection) -> str:
    """The key; empty: web push is not set up, or no notifier with this release has run yet."""
    row = await (await arun(conn, "push_key")).fetchone()
    return "" if row is None else str(row[0])
