"""Medians over the last axis with gaps left out; unlike `numpy.nanmedian`, a series of only gaps is no warning."""

from __future__ import annotations

from math import prod

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def medians(values: Floats) -> Floats:
    """[..., n] to [...]: the median of what is not NaN; NaN where nothing is."""
    rows = values.reshape(prod(values.shape[:-1]), values.shape[-1])
    counts = np.count_nonzero(~np.isnan(rows), axis=1)
    found = np.full(len(rows), np.nan)
    # Rows with equally many values share their middle; a partition leaves NaN at the end.
    for count in np.flatnonzero(np.bincount(counts)).tolist():
        if count == 0:
            continue
        at = counts == count
        low, high = (count - 1) // 2, count // 2
        parted = np.partition(rows[at], (low, high), axis=1)
        # Halves before the sum: two huge values must not overflow.
        found[at] = parted[:, low] / 2 + parted[:, high] / 2
    return found.reshape(values.shape[:-1])
