"""A summarised value that cannot be is none: what the catalogue says of the reading holds for its median, too."""

from __future__ import annotations

from alerts.between.words import quantity
from alerts.out_of_range import OutOfRange
from telemetry import signals


def plausible(signal: str, value: float | None) -> float | None:
    """The value, or None where it is outside the signal's plausible range."""
    return value if value is not None and signals.BY_NAME[signal].accepts(value) else None


def refused(error: OutOfRange) -> str:
    """Why a formula has no answer, as the end of a sentence."""
    return f"{error.formula}: {error.what} is {quantity(error.value, '', 3)}, allowed: {error.allowed}"
