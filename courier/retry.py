"""When a message that was not taken is sent again, and when no more. Pure."""

from __future__ import annotations

from typing import Final

# Seconds after the first, second, … try; the last holds for all that follow. Silence is no reason to give up.
SCHEDULE_S: Final = (1.0, 2.0, 5.0, 10.0, 30.0, 60.0)
# A receiver that says so often that it cannot take this one (AE, CE) is not asked again: what is behind it goes on.
REFUSALS: Final = 5


def delay_s(tries: int) -> float:
    """Seconds until the next try after so many (≥ 1)."""
    return SCHEDULE_S[min(tries, len(SCHEDULE_S)) - 1]


def is_given_up(refused: int) -> bool:
    """Whether a message that was refused so often (≥ 1) is parked."""
    return refused >= REFUSALS
