"""How the whole system is, in the figures the database has of it. Nothing secret, nothing of a patient."""

from __future__ import annotations

from dataclasses import dataclass

from store import audit_browse, backups, heartbeat, selftests
from store.audit_browse import Check
from store.backups import Stream
from store.heartbeat import Heartbeat
from store.pool import Connection
from store.queries import run
from store.selftests import Overview


@dataclass(frozen=True, slots=True)
class System:
    """What was read at once.

    Attributes:
        now_us: by the database's clock. size_bytes: of the database. connections: open now, of `most` at a time.
        p50_s, p99_s: from sample to commit, of the `sampled` readings of the last minutes; None without any.
        channels: (kind, pages of the last day, those that failed).
        certificate_us: when the first certificate of a server or service ends; None: there is none.
        units_ending: homes whose certificate ends within a fortnight. quarantined: messages of the last day.
        unsynchronised: of the boxes `online`, those whose clock follows nothing.
    """

    now_us: int
    beats: list[Heartbeat]
    size_bytes: float
    connections: float
    most: float
    stream: Stream
    p50_s: float | None
    p99_s: float | None
    sampled: int
    channels: list[tuple[str, float, float]]
    certificate_us: int | None
    units_ending: float
    quarantined: float
    unsynchronised: float
    online: float
    selftest: Overview | None
    audit: Check | None


def read(conn: Connection) -> System:
    """All of it; StoreError when the database is away."""
    now_us, size, connections, most = run(conn, "system_database").fetchall()[0]
    at = {"now": now_us}
    beats = heartbeat.every(conn)
    p50, p99, sampled = run(conn, "system_lag", at).fetchall()[0]
    channels = [(row[0], row[1], row[2]) for row in run(conn, "system_channels", at)]
    certificate_us, ending, quarantined, unsynchronised, online = run(conn, "system_rest", at).fetchall()[0]
    return System(
        now_us, beats, size, connections, most, backups.stream(conn), p50, p99, sampled, channels, certificate_us,
        ending, quarantined, unsynchronised, online, selftests.overview(conn), audit_browse.last_check(conn),
    )  # fmt: skip
