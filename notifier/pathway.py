"""The documented pathway of a notice about a home, told to operations: that people do not answer, and whom to call.

Operations may not open what is about a patient, and need not: a trouble of its own says which clinic, which unit, since
when, and who is on call. Whoever accepts it has people called; who was asked goes on being asked.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from notifier.troubles import Trouble
from store import unanswered
from store.pool import Connection
from store.unanswered import Unanswered
from telemetry.alarms import Priority
from telemetry.rota import Audience

CAUSE: Final = "pathway"

# Who is on call for a clinic's patients, in words.
Duty = Callable[[Connection, int | None, int], str]


def troubles(conn: Connection, duty: Duty, now_us: int) -> list[Trouble]:
    """One for each notice of a home that has come to its pathway and is nobody's."""
    return [_trouble(one, duty(conn, one.clinic_id, now_us)) for one in unanswered.on_the_pathway(conn)]


def _trouble(one: Unanswered, duty: str) -> Trouble:
    since = datetime.fromtimestamp(one.since_us // 1_000_000, UTC)
    whose = f"of {one.clinic}" if one.clinic else "of no clinic"
    reason = (
        f"people {whose} have not answered for unit {one.unit} since {since:%Y-%m-%d %H:%M} UTC: have them called. "
        f"{duty}. They are asked on; accepting this does not answer for the patient"
    )
    subject = f"notice {one.notice_id}"
    return Trouble(CAUSE, subject, one.clinic_id, Audience.OPERATIONS, Priority(one.priority), reason)
