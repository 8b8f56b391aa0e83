"""What is usual for one patient at each minute of a treatment, from their own last treatments. Pure.

It is a picture to compare with, never a limit: no rule reads it, and what is usual may be bad.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from clinician_api.live.messages import Model
from clinician_api.treatments.history import shortest

TREATMENTS: Final = 10
# Of fewer nothing is usual; also at a single minute.
LEAST: Final = 3
_PERCENTILES: Final = (10.0, 50.0, 90.0)


class UsualCourse(Model):
    """One signal by minute of treatment; null where fewer than three treatments have a value."""

    low: list[float | None] = Field(description="10th percentile of the minute's means")
    median: list[float | None]
    high: list[float | None] = Field(description="90th percentile")


class Usual(Model):
    """A patient's own last treatments, to compare another with. No limit, and not what anybody prescribed."""

    patient_id: str
    before: datetime = Field(description="Only treatments that began before it")
    treatments: int = Field(ge=0, description="On how many it rests, at most ten; fewer than three: no course")
    series: dict[str, UsualCourse] = Field(description="By signal; one that fewer than three have is left out")


def answer(patient_id: int, before: datetime, names: Sequence[str], treatments: Sequence[NDArray[np.float32]]) -> bytes:
    """The JSON of a `Usual`; of each treatment its means by signal (as named) and minute."""
    known = [one for one in treatments if np.isfinite(one).any()]
    courses = _courses(names, known) if len(known) >= LEAST else {}
    told = {"patient_id": str(patient_id), "before": before, "treatments": len(known), "series": courses}
    return msgspec.json.encode(told)


def _courses(
    names: Sequence[str], treatments: Sequence[NDArray[np.float32]]
) -> Mapping[str, Mapping[str, list[float]]]:
    length = max(one.shape[1] for one in treatments)
    stacked = np.full((len(treatments), len(names), length), np.nan, np.float32)
    for place, one in enumerate(treatments):
        stacked[place, :, : one.shape[1]] = one
    enough = np.isfinite(stacked).sum(axis=0) >= LEAST
    found = {}
    for row, name in enumerate(names):
        if not enough[row].any():
            continue
        courses = np.full((len(_PERCENTILES), length), np.nan, np.float32)
        courses[:, enough[row]] = np.nanpercentile(stacked[:, row, enough[row]], _PERCENTILES, axis=0)
        found[name] = {
            key: shortest(course).tolist() for key, course in zip(("low", "median", "high"), courses, strict=True)
        }
    return found
