"""The unit's clock against ours, one estimate per unit and boot.

A row carries the agent's wall clock, which may be wrong or jump, and its monotonic clock, which within one boot does
neither. A fresh message (its newest row was taken a moment before it was sent) shows how far the server's clock is
ahead of the monotonic one: `received − sent + (time − mono of the newest row)`. Travel only ever makes that larger, so
the smallest of the last ten to twenty minutes is kept; crystal drift (under 100 ppm) stays below 0.2 s in that span. A
row taken before its agent's clock was set, or after it jumped, is then placed by its own monotonic time.

Backlog of an earlier boot has no fresh message. A row is taken at its word when the agent says that its time is right
(it writes down when each boot began, see `edge_agent.boot_journal`), and otherwise shifted by the `received − sent` of
the message that brought it: the agent has put it into the clock it sends by.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Times = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

APPLY_US: Final = 2_000_000  # design: an offset above 2 s is corrected and flagged
RELEASE_US: Final = 1_000_000  # once corrected, until it is below 1 s: time must not step to and fro at the limit
FINDING_US: Final = 60_000_000  # design: above 60 s it is a technical finding
WINDOW_US: Final = 600 * 1_000_000
FRESH_US: Final = 10_000_000  # a live message is sent within seconds of its newest row
EARLY_US: Final = 500_000  # rounding and a clock being slewed may put `sent` just before the row
# A message held up on its way makes its rows look too old, and must not move a clock that its agent calls right. Rows
# that come from the future are never explained by travel: they are corrected from the first message on.
TRUSTED_OBSERVATIONS: Final = 5
# Beyond ± 36 000 years arithmetic on 64 bits could wrap; such a time is impossible anyway.
_LIMIT: Final = 2**60


class ClockOffset:
    """Estimate for one boot of one unit.

    Attributes:
        anchor_us: server time minus monotonic time, or None while no fresh message was seen.
        correcting: whether times are being corrected by it.
    """

    __slots__ = ("_current", "_observations", "_previous", "_window", "anchor_us", "correcting")

    def __init__(self) -> None:
        self._window = 0
        self._current: int | None = None
        self._previous: int | None = None
        self._observations = 0
        self.anchor_us: int | None = None
        self.correcting = False

    def observe(self, received_us: int, sent_us: int, time_us: int, mono_ms: int) -> None:
        """Learn from a message whose newest row was taken at `time_us`/`mono_ms`; ignored unless it is fresh."""
        if not -EARLY_US <= sent_us - time_us <= FRESH_US or abs(sent_us) > _LIMIT or abs(mono_ms) > _LIMIT // 1000:
            return
        sample = received_us - sent_us + _base(time_us, mono_ms)
        window = received_us // WINDOW_US
        if window != self._window:
            self._previous, self._current, self._window = self._current, None, window
        self._current = sample if self._current is None else min(sample, self._current)
        self._observations += 1
        self.anchor_us = self._current if self._previous is None else min(self._current, self._previous)

    @property
    def is_proven(self) -> bool:
        """Whether the estimate may make rows newer whose time the agent calls right."""
        return self._observations >= TRUSTED_OBSERVATIONS

    def threshold_us(self) -> int:
        """Offsets up to this are left alone."""
        return RELEASE_US if self.correcting else APPLY_US


def _base(time_us: int, mono_ms: int) -> int:
    # An agent without a monotonic clock says 0: then the wall clock has to do.
    return time_us - mono_ms * 1000 if mono_ms else 0


@dataclass(frozen=True, slots=True)
class Shift:
    """Per batch, or per row, what there is to correct times by.

    Attributes:
        anchor: server minus monotonic time where `anchored`. proven: whether it may make rows newer whose time the
            agent calls right.
        fallback: what to add to the others where there is no anchor.
        threshold: offsets up to this are left alone.
    """

    anchor: Times
    anchored: Bools
    proven: Bools
    fallback: Times
    threshold: Times


def offsets(times: Times, monos: Times, right: Bools, shift: Shift) -> Times:
    """Per row, what must be added to the agent's time to get the server's, in microseconds.

    `right`: which times the agent calls right. Absurd times are clipped, so that the sum stays absurd and does not wrap
    round.
    """
    clipped = np.clip(times, -_LIMIT, _LIMIT)
    mono_us = np.clip(monos, -_LIMIT // 1000, _LIMIT // 1000) * 1000
    base = np.where(monos == 0, 0, clipped - mono_us)
    fallback = np.where(right, 0, np.clip(shift.fallback, -_LIMIT, _LIMIT))
    found = np.where(shift.anchored, shift.anchor - base, fallback)
    return np.where(shift.anchored & right & ~shift.proven & (found > 0), 0, found)


def corrected(times: Times, offset: Times, threshold: Times) -> tuple[Times, Bools]:
    """The times in the server's clock, and which of them were changed: those off by more than `threshold`."""
    changed = np.abs(offset) > threshold
    return np.where(changed, np.clip(times, -_LIMIT, _LIMIT) + offset, times), changed
