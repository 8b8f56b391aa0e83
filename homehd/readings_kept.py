"""How readings are kept, as `homehd doctor` tells it: which edition, and what is in force."""

from __future__ import annotations

from datetime import UTC, datetime

from homehd.finding import Finding
from store.editions import Edition
from store.facts import Keeping, Server


def finding(server: Server, kept: Keeping) -> Finding:
    """One line on the edition, its version, compression, minutes and retention."""
    if kept.edition is Edition.NATIVE:
        if server.timescale is None:
            return Finding("ok", "timescale", "not installed: native daily partitions are used")
        text = f"TimescaleDB {server.timescale} is installed and not used: native daily partitions"
        return Finding(
            "warn", "timescale", text, "readings were there first: docs/operations/database.md says how to move"
        )
    name = f"TimescaleDB {server.timescale}, {kept.edition} edition"
    if kept.edition is Edition.APACHE:
        return Finding("ok", "timescale", f"{name}: a hypertable, days are not compressed, no minutes are kept")
    text = f"{name}: {_compression(kept)}; {_minutes(kept)}; {_retention(kept)}"
    if kept.failed_jobs:
        hint = "SELECT * FROM timescaledb_information.job_errors"
        return Finding("warn", "timescale", f"{text}; failed: {', '.join(kept.failed_jobs)}", hint)
    return Finding("ok", "timescale", text)


def _compression(kept: Keeping) -> str:
    if kept.compressed_after is None:
        return f"days are not compressed any more, {kept.compressed} of {kept.days} are"
    return f"days are compressed after {kept.compressed_after}, {kept.compressed} of {kept.days} are"


def _minutes(kept: Keeping) -> str:
    if not kept.minutes:
        return "no minutes are kept"
    if kept.minutes_until_us is None:
        return "minutes are kept, none yet"
    until = datetime.fromtimestamp(kept.minutes_until_us / 1e6, UTC)
    return f"minutes are kept up to {until:%Y-%m-%d %H:%M} UTC"


def _retention(kept: Keeping) -> str:
    if kept.retention_days is None:
        return "readings are kept for ever"
    return f"readings are kept for {kept.retention_days} days"
