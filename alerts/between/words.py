"""Times, spans and numbers in the sentences of this room."""

from __future__ import annotations

from datetime import UTC, datetime

from alerts.schema import number

MINUTE_US = 60_000_000
HOUR_US = 60 * MINUTE_US


def moment(time_us: int) -> str:
    """`2026-03-02 18:00 UTC`."""
    return f"{datetime.fromtimestamp(time_us / 1e6, UTC):%Y-%m-%d %H:%M} UTC"


def quantity(value: float, unit: str, decimals: int = 1) -> str:
    """`−1.2 kg`, to so many decimals, trailing zeros left out."""
    return f"{number(round(value, decimals))} {unit}".rstrip()


def count(amount: int, what: str) -> str:
    """`1 treatment`, `2 treatments`."""
    return f"{amount} {what}" if amount == 1 else f"{amount} {what}s"
