from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from homehd.daily import parse
from telemetry.errors import SettingsError


def at(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1e6)


def test_it_is_due_from_its_local_time_to_the_end_of_the_day() -> None:
    daily = parse("10:00 Asia/Shanghai", named="x")
    assert daily is not None
    assert daily.due_day(at("2026-06-01T01:59:59")) is None
    assert daily.due_day(at("2026-06-01T02:00:00")) == date(2026, 6, 1)
    assert daily.due_day(at("2026-06-01T15:59:59")) == date(2026, 6, 1)
    assert daily.due_day(at("2026-06-01T16:00:00")) is None


@pytest.mark.parametrize("day", [date(2026, 3, 29), date(2026, 10, 25)])
def test_also_on_the_nights_on_which_clocks_change(day: date) -> None:
    daily = parse("02:30 Europe/Berlin", named="x")
    assert daily is not None
    minutes = [at(f"{day}T00:00:00") + minute * 60_000_000 for minute in range(22 * 60)]
    assert {daily.due_day(minute) for minute in minutes} == {None, day}


def test_nothing_is_never_and_nonsense_is_refused() -> None:
    assert parse("", named="x") is None
    for text in ("ten", "25:00", "10:00 Nowhere/Land", "10:00 ../etc/passwd"):
        with pytest.raises(SettingsError, match="HH:MM"):
            parse(text, named="selftest_at")
