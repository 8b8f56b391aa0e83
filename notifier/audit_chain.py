"""Whether the chain of the record of deeds held when it was last walked; the API walks it once a day."""

from __future__ import annotations

from typing import Final

from notifier.troubles import Trouble
from store import audit_browse
from store.pool import Connection
from telemetry.alarms import Priority

CAUSE: Final = "record"


def troubles(conn: Connection, _now_us: int) -> list[Trouble]:
    """That the last walk found the record broken. Over when a walk finds it whole."""
    last = audit_browse.last_check(conn)
    if last is None or last.broken is None:
        return []
    reason = (
        f"the record of deeds is broken at row {last.broken}: {last.why}. Somebody has changed the database: keep a "
        "copy of it before anything is restored"
    )
    return [Trouble(CAUSE, "broken", None, "operations", Priority.MEDIUM, reason)]
