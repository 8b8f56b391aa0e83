"""Rows of readings in a line, for the tests of what becomes of them later."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from store.readings import ReadingColumns
from telemetry import signals

RECEIVED_US = 1_750_000_000_000_000
VENOUS = signals.BY_NAME["venous_pressure"].number


def rows(
    unit_id: int, times_us: Sequence[int], values: Sequence[float] | None = None, *, flags: int = 1, first_seq: int = 0
) -> ReadingColumns:
    """One row a time, of venous pressure, machine mode and a pump that runs every other row."""
    n = len(times_us)
    found = np.full((n, signals.COUNT), np.nan, np.float32)
    found[:, VENOUS] = np.arange(n) % 97 if values is None else values
    found[:, signals.BY_NAME["machine_mode"].number] = 3
    found[:, signals.BY_NAME["blood_pump_running"].number] = np.arange(n) % 2
    return ReadingColumns(
        np.full(n, unit_id, np.int32), np.full(n, "0123456789abcdef", "S16"), np.arange(first_seq, first_seq + n),
        np.array(times_us, np.int64), np.arange(n), np.full(n, 3, np.uint8), np.full(n, flags, np.uint8),
        np.full(n, 1 << 3, np.uint64), RECEIVED_US, found,
    )  # fmt: skip
