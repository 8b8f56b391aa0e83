"""What a column can hold: times within the calendar, texts without NUL, JSON without infinities."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Final

from psycopg.types.json import Jsonb

# Years 1 to 9999: what a timestamptz and a datetime both hold.
EARLIEST_US: Final = -62_135_596_800_000_000
LATEST_US: Final = 253_402_300_799_999_999


def storable_us(time_us: int) -> int:
    """The time, or the nearest a calendar has."""
    return min(max(time_us, EARLIEST_US), LATEST_US)


def storable_text(text: str, limit: int = 10_000) -> str:
    """At most `limit` characters, what PostgreSQL refuses (NUL, lone surrogates) replaced by U+FFFD."""
    return text[:limit].replace("\0", "\ufffd").encode("utf-8", "surrogatepass").decode("utf-8", "replace")


def storable_numbers(numbers: Mapping[str, float]) -> Jsonb:
    """A JSON object; what is not finite becomes null, for which JSON has a word."""
    return Jsonb({name: float(value) if isfinite(value) else None for name, value in numbers.items()})
