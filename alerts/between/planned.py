"""Planned starts from a schedule, and which of them have been kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from telemetry.care import DAYS, Schedule


class UnknownZone(ValueError):
    """This machine does not know the time zone of a schedule."""


def starts(schedule: Schedule, since_us: int, from_us: int, to_us: int) -> list[int]:
    """Planned starts with from ≤ start ≤ to of a schedule that holds since `since_us`, ascending; UnknownZone.

    A local time that a change of clocks skips or repeats is read as before the change.
    """
    try:
        zone = ZoneInfo(schedule.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UnknownZone(schedule.zone) from error
    at = time.fromisoformat(schedule.at)
    first = _day(since_us, zone)
    begin = max(first, _day(from_us, zone) - timedelta(days=1))
    found = []
    for number in range((_day(to_us, zone) - begin).days + 1):
        day = begin + timedelta(days=number)
        if _is_planned(schedule, day, first):
            start_us = _microseconds(datetime.combine(day, at, zone))
            if max(from_us, since_us) <= start_us <= to_us:
                found.append(start_us)
    return found


def kept(planned: Sequence[int], began: Sequence[int], early_us: int) -> dict[int, int]:
    """The planned starts that have a treatment, and when that began; both ascending.

    A treatment counts for the planned start nearest to it; if that one has its treatment already, for the next one, up
    to `early_us` ahead: people move treatments.
    """
    taken: dict[int, int] = {}
    for start_us in began:
        if not planned:
            break
        nearest = min(range(len(planned)), key=lambda i: abs(planned[i] - start_us))
        for i in range(nearest, len(planned)):
            if planned[i] - start_us > early_us:
                break
            if planned[i] not in taken:
                taken[planned[i]] = start_us
                break
    return taken


def _is_planned(schedule: Schedule, day: date, first: date) -> bool:
    if schedule.every_days:
        return (day - first).days % schedule.every_days == 0
    return DAYS[day.weekday()] in schedule.days


def _day(time_us: int, zone: ZoneInfo) -> date:
    return datetime.fromtimestamp(time_us / 1e6, zone).date()


def _microseconds(moment: datetime) -> int:
    return round(moment.timestamp()) * 1_000_000
