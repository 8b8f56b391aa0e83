"""Once a local day, at hand-over, over changes of clocks."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest

from alerts.digest import WITHIN_US, due_day
from telemetry.rota import PRIMARY, Audience, Rota, Rotation

SECOND = 1_000_000


def at(day: str) -> int:
    return round(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()) * SECOND


def rota(hand_over: time | None, zone: str = "Europe/Berlin") -> Rota:
    turns = () if hand_over is None else (Rotation(1, (1,), 7, hand_over, date(2025, 1, 6), 0),)
    return Rota(1, 1, Audience.CLINICAL, PRIMARY, zone, turns)


@pytest.mark.parametrize(
    ("hand_over", "moment", "day"),
    [
        # 07:30 by the clock on the wall, in winter and in summer.
        (time(7, 30), "2025-01-15T06:30:00", date(2025, 1, 15)),
        (time(7, 30), "2025-01-15T06:29:59", None),
        (time(7, 30), "2025-07-15T05:30:00", date(2025, 7, 15)),
        (time(7, 30), "2025-07-15T07:29:59", date(2025, 7, 15)),
        (time(7, 30), "2025-07-15T07:30:00", None),
        # Over midnight it is still yesterday's.
        (time(23, 30), "2025-01-15T23:10:00", date(2025, 1, 15)),
        # A calendar without a rotation: at eight.
        (None, "2025-01-15T07:00:00", date(2025, 1, 15)),
        # 02:30 does not exist on this night: it is 03:30.
        (time(2, 30), "2025-03-30T01:29:59", None),
        (time(2, 30), "2025-03-30T01:30:00", date(2025, 3, 30)),
    ],
)
def test_when_it_is_due(hand_over: time | None, moment: str, day: date | None) -> None:
    assert due_day(rota(hand_over), at(moment)) == day


def test_every_day_has_one() -> None:
    step_us = WITHIN_US // 2
    start = at("2025-01-01T00:00:00")
    days = [due_day(rota(time(2, 30)), start + number * step_us) for number in range(400 * 24)]
    seen = [day for day in dict.fromkeys(days) if day is not None]
    assert seen == sorted(seen) and len(seen) == (seen[-1] - seen[0]).days + 1


def test_a_zone_that_nobody_knows_has_none() -> None:
    assert due_day(rota(time(8), "Mars/Olympus"), at("2025-01-15T07:00:00")) is None
