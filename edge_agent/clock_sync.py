"""Whether the box's clock is known to be right: what the kernel says."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from pathlib import Path
from typing import Final

_STRUCT_TIMEX_BYTES: Final = 512  # 208 on 64-bit Linux, 128 on 32-bit; all zero = only asking
_TIME_ERROR: Final = 5  # adjtimex(2): the clock is not synchronised
EARLIEST_US: Final = 1_735_689_600_000_000  # 2025-01-01, before this was written: a clock behind it is not right
_TIMESYNCD: Final = Path("/run/systemd/timesync/synchronized")


def kernel_says_synchronised() -> bool:
    """True when an NTP client has told the kernel that the clock is synchronised; False also when we may not ask."""
    try:
        state = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(_STRUCT_TIMEX_BYTES))
    except (OSError, AttributeError):
        state = -1
    return 0 <= state < _TIME_ERROR or _TIMESYNCD.exists()


def source(setting: str, now_us: Callable[[], int]) -> Callable[[], bool]:
    """The question to ask for a configuration's `clock`: "trusted" says yes to every time that can be."""
    trusted = setting == "trusted"
    return lambda: now_us() >= EARLIEST_US and (trusted or kernel_says_synchronised())
