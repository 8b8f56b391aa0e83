"""On-delay, off-delay, hysteresis: one step of many rungs at once. Pure; the one place with these semantics.

- A rung that is evaluated and in breach is *pending* from its first reading in breach, and *active* at the first
  reading at which the breach has held for the on-delay.
- Any reading not in breach, and any reading that cannot be evaluated, ends *pending*.
- An active rung ends when it has been *clear* (back by the deadband) for the off-delay, or with the treatment.
  A reading that cannot be evaluated only starts the off-delay again: silence never clears.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from alerts.detectors.base import Bools
from alerts.table import NEVER

QUIET: Final = 0
PENDING: Final = 1
ACTIVE: Final = 2

Times = npt.NDArray[np.int64]
States = npt.NDArray[np.uint8]


def advance(
    state: States,
    since: Times,
    *,
    breach: Bools,
    clear: Bools,
    evaluated: Bools,
    ended: Bools,
    held_back: Bools,
    time: Times,
    on: Times,
    off: Times,
) -> tuple[States, Times]:
    """The rungs' next state, and since when they have been in breach (pending) or clear (active); else NEVER.

    All arguments are vectors of the same length; times in microseconds. `held_back` rungs stay pending.
    """
    was_active = state == ACTIVE
    rising = breach & evaluated & ~was_active & ~ended
    began = np.where(state == PENDING, since, time)
    due = rising & (time - began >= on) & ~held_back
    leaving = was_active & clear & evaluated
    back = np.where(since == NEVER, time, since)
    over = (leaving & (time - back >= off)) | ended
    active = due | (was_active & ~over)
    pending = rising & ~due
    after = np.where(active, ACTIVE, np.where(pending, PENDING, QUIET)).astype(np.uint8)
    clearing = leaving & ~over
    return after, np.where(pending, began, np.where(clearing, back, NEVER))
