"""Local days and times of a zone to moments and back, over changes of clocks.

Moments are whole microseconds since 1970 UTC. A turn is so many local days, not so many hours: a duty that changes at
08:00 changes at 08:00 by the clock on the wall, the week after the clocks were changed too.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from telemetry.errors import HomehdError

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
DAY_US: Final = 86_400_000_000


class UnknownZone(HomehdError):
    """This machine does not know a time zone of that name."""

    def __init__(self, name: str) -> None:
        super().__init__("find time zone", name, hint="install or update the package tzdata on this machine")


def zone_of(name: str) -> ZoneInfo:
    """The zone of an IANA name; UnknownZone."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UnknownZone(name) from error


def instant(day: date, at: time, zone: ZoneInfo) -> int:
    """The moment of a local day and time.

    A time that a change of clocks skips is read as by the clocks before it (02:30 becomes 03:30), one that comes twice
    as the first: a hand-over takes place exactly once whatever the night.
    """
    return microseconds(datetime.combine(day, at.replace(tzinfo=None, fold=0), zone))


def microseconds(moment: datetime) -> int:
    """Of an aware datetime, exact."""
    return (moment - _EPOCH) // _MICROSECOND


def local(time_us: int, zone: ZoneInfo) -> datetime:
    """The local time at a moment, exact to the microsecond."""
    return (_EPOCH + timedelta(microseconds=time_us)).astimezone(zone)


def told(time_us: int, zone: ZoneInfo) -> str:
    """`Mon 2026-03-02 08:00 CET`; to the minute."""
    return f"{local(time_us, zone):%a %Y-%m-%d %H:%M %Z}"
