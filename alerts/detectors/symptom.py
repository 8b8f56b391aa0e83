"""Whether the patient has told of a symptom, and how long ago."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from alerts.detectors.base import Bools
from alerts.inputs import Round
from alerts.table import NEVER, Table


def told(now: Round, table: Table) -> Bools:
    """[n]: whether one has been told that has not been taken back."""
    return np.asarray(table["unit.symptom"][now.at] > NEVER)


def within(now: Round, table: Table, span_us: npt.NDArray[np.int64]) -> Bools:
    """[n, len(span_us)]: whether the last one was told less than so long before this reading."""
    at = table["unit.symptom"][now.at][:, None]
    return np.asarray((at > NEVER) & (now.time[:, None] - at < span_us))
