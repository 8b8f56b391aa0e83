"""What a receiver's HTTP answer means for a page, in our words. Pure."""

from __future__ import annotations

from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Final

from notifier.channels.channel import Unreachable
from telemetry.clock import MICROSECONDS

_WORDS: Final[dict[int, str]] = {
    400: "does not understand what we send",
    401: "refuses our key",
    403: "refuses our key",
    404: "does not know this address",
    410: "says that this address is gone for good",
    413: "finds the page too long",
    429: "asks for fewer pages",
}
_GONE: Final = frozenset({410})


def refusal(status: int, retry_after_s: float | None = None, gone: frozenset[int] = _GONE) -> Unreachable:
    """The error for an answer that is no success.

    Args:
        status: of HTTP, 300 … 599.
        retry_after_s: from `retry_after_s`.
        gone: answers by which this kind of receiver says that an address is gone for good. In general only 410: a 404
            or a refused key may come from a proxy in between, or from a mistake that somebody mends.
    """
    words = _WORDS.get(status)
    if words is None:
        words = "is in trouble" if status >= 500 else "sends us elsewhere" if status < 400 else "refuses the page"
    return Unreachable(f"the receiver {words} (HTTP {status})", permanent=status in gone, retry_after_s=retry_after_s)


def retry_after_s(text: str | None, now_us: int) -> float | None:
    """Seconds ≥ 0 that a `Retry-After` header asks for (RFC 9110 §10.2.3: seconds or a date), or None."""
    if not text:
        return None
    if text.strip().isascii() and text.strip().isdigit():
        return float(text.strip()[:9])
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, moment.timestamp() - now_us / MICROSECONDS)
