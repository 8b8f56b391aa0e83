"""Whether the daily self-test is as it should be: run within 26 hours, and all the way."""

from __future__ import annotations

from typing import Final

from notifier.troubles import Trouble
from store import selftests
from store.pool import Connection
from store.selftests import OVERDUE_US, TORN_US, Broken, Overview
from telemetry.alarms import Priority

CAUSE: Final = "self-test"


def troubles(conn: Connection, now_us: int) -> list[Trouble]:
    """What operations has to know about self-tests: that one failed, or was not run, or that there can be none."""
    found = _wrong(selftests.overview(conn), now_us)
    if found is None:
        return []
    subject, priority, reason = found
    return [Trouble(CAUSE, subject, None, "operations", priority, reason)]


def _wrong(seen: Overview | None, now_us: int) -> tuple[str, Priority, str] | None:
    if seen is None:
        reason = "there is no unit for tests, so nobody tries the way to people: `homehd units add NAME --test`"
        return "no unit", Priority.LOW, reason
    if now_us - (seen.begun_us or seen.since_us) > OVERDUE_US:
        return "not run", Priority.MEDIUM, "no self-test for 26 hours: `homehd selftest run` tries it now"
    if seen.ended_us is None and seen.begun_us is not None and now_us - seen.begun_us > TORN_US:
        return "failed", Priority.MEDIUM, f"{Broken.INTERRUPTED}: `homehd selftest run` tries it again"
    if seen.broken is not Broken.NOTHING:
        return "failed", Priority.MEDIUM, f"{seen.broken}: {seen.detail}"
    return None
