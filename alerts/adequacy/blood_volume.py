"""What kind of slope the relative blood volume has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from alerts.adequacy.ranges import check


@dataclass(frozen=True, slots=True)
class Profile:
    """The slope in %/h (`value`) and its profile."""

    value: float
    profile: Literal["A", "B", "C"]


def profile(slope_percent_h: float) -> Profile:
    """Profile of the relative blood volume: A flatter than −3 %/h, B from −3 to −6.5, C steeper.

    `slope_percent_h` −100…100; falling is negative. The limits themselves belong to B. Source: published profiles
    [C], contradicted as a forecast of hypotension (R23).
    """
    check("blood volume profile", slope_percent_h=slope_percent_h)
    if slope_percent_h > -3.0:
        return Profile(slope_percent_h, "A")
    return Profile(slope_percent_h, "C" if slope_percent_h < -6.5 else "B")
