"""Values in standard deviations from their own baseline, as the charts want them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def standard_scores(values: npt.ArrayLike, mean: npt.ArrayLike, deviation: npt.ArrayLike) -> Floats:
    """(x − μ)/σ for [..., n] values; `mean` and `deviation` [...] per series, or one for all.

    What is not finite, and every value of a series without a baseline or without any spread, is NaN: a gap.
    """
    x = np.asarray(values, np.float64)
    mu, sigma = (np.asarray(given, np.float64)[..., None] for given in (mean, deviation))
    known = np.isfinite(x) & np.isfinite(mu) & np.isfinite(sigma) & (sigma > 0)
    scores = np.full(known.shape, np.nan)
    np.subtract(x, mu, out=scores, where=known)
    np.divide(scores, sigma, out=scores, where=known)
    return scores
