"""Messages that could not be taken, with the reason, for operations to look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from store.pool import Connection
from store.queries import run
from store.values import storable_text, storable_us

# Enough for every message within the size limit; what is larger is not worth a table of its own.
MAX_PAYLOAD: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class QuarantineRow:
    """One message; `topic` and `unit` are whatever was sent."""

    received_us: int
    topic: str
    unit: str
    reason: str
    payload: bytes


def add(conn: Connection, rows: Sequence[QuarantineRow]) -> None:
    """Keep messages; a payload is cut at MAX_PAYLOAD."""
    if not rows:
        return
    columns = {
        "received": [storable_us(row.received_us) for row in rows],
        "topics": [storable_text(row.topic, 200) for row in rows],
        "units": [storable_text(row.unit, 100) for row in rows],
        "reasons": [storable_text(row.reason, 500) for row in rows],
        "payloads": [row.payload[:MAX_PAYLOAD] for row in rows],
    }
    run(conn, "add_quarantine", columns)


def latest(conn: Connection, limit: int = 100) -> list[QuarantineRow]:
    """The newest first."""
    return [QuarantineRow(*row) for row in run(conn, "latest_quarantine", {"limit": limit})]
