from __future__ import annotations

from argparse import ArgumentTypeError

import pytest

from homehd import times


def test_a_time_with_its_zone_to_the_microsecond() -> None:
    assert times.argument("2026-03-02T00:00:00Z") == 1_772_409_600_000_000
    assert times.argument("2026-03-02T01:00:00.000001+01:00") == 1_772_409_600_000_001


def test_told_as_it_is_read() -> None:
    assert times.told(1_772_409_600_999_999) == "2026-03-02T00:00:00Z"
    assert times.argument(times.told(1_772_409_600_000_000)) == 1_772_409_600_000_000


@pytest.mark.parametrize(("text", "said"), [("monday", "not a time"), ("2026-03-02T00:00", "without zone")])
def test_any_other_is_told_with_how_to_write_it(text: str, said: str) -> None:
    with pytest.raises(ArgumentTypeError, match=f"{said}.*2026-01-31T08:00:00Z"):
        times.argument(text)
