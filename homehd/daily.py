"""Something once a day at a local time: when it is due. Pure but for the caller's clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from telemetry.errors import SettingsError


@dataclass(frozen=True, slots=True)
class Daily:
    """At `at`, local to `zone`; None: where this machine is."""

    at: time
    zone: ZoneInfo | None = None

    def due_day(self, now_us: int) -> date | None:
        """The local day whose time has come, at `now_us` (microseconds since 1970 UTC); None: not yet today."""
        local = datetime.fromtimestamp(now_us / 1e6, UTC).astimezone(self.zone)
        return local.date() if local.time() >= self.at else None


def parse(text: str, *, named: str) -> Daily | None:
    """From `10:00` or `10:00 Europe/Berlin`; None for nothing; SettingsError for anything else."""
    if not text:
        return None
    at, _, zone = text.partition(" ")
    try:
        return Daily(time.fromisoformat(at).replace(tzinfo=None), ZoneInfo(zone) if zone else None)
    except (ValueError, OSError, KeyError) as error:
        raise SettingsError("read settings", f"{named}={text!r}", hint="HH:MM or HH:MM ZONE") from error
