"""Moments as people type them at the command line."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime, timedelta
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def argument(text: str) -> int:
    """Microseconds since 1970 of an ISO 8601 time with its zone; argparse tells what is wrong with any other."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"not a time: {text!r}; write 2026-01-31T08:00:00Z") from error
    if moment.tzinfo is None:
        raise argparse.ArgumentTypeError(f"a time without zone: {text!r}; write 2026-01-31T08:00:00Z")
    return (moment - _EPOCH) // timedelta(microseconds=1)


def told(time_us: int) -> str:
    """UTC to the second, as `argument` reads it."""
    return (_EPOCH + timedelta(seconds=time_us // 1_000_000)).strftime("%Y-%m-%dT%H:%M:%SZ")
