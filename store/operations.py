"""Alarms of the system itself, for those who run it: written once they are over, and never changed.

The kinds, each with its detail:

- "nothing saved": ingest could commit nothing. `cause` (str): the database's last answer in a person's words; `alerts`
  (int): findings that were saved afterwards; `given_up` (int): those that were not, because another instance had gone
  on with those units.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from psycopg.types.json import Jsonb

from store.pool import Connection
from store.queries import run

NOTHING_SAVED: Final = "nothing saved"


@dataclass(frozen=True, slots=True)
class OperationsEvent:
    """One alarm, from its beginning to its end (server time)."""

    kind: str
    since_us: int
    until_us: int
    instance: str
    detail: Mapping[str, Any] = field(default_factory=dict)


def add(conn: Connection, event: OperationsEvent) -> None:
    """Write it down. `detail` must be JSON and is nothing personal."""
    parameters = {
        "kind": event.kind, "since": event.since_us, "until": max(event.until_us, event.since_us),
        "instance": event.instance, "detail": Jsonb(dict(event.detail)),
    }  # fmt: skip
    run(conn, "add_operations_event", parameters)


def events(conn: Connection) -> list[OperationsEvent]:
    """All of them, oldest first."""
    return [OperationsEvent(*row) for row in run(conn, "operations_events")]
