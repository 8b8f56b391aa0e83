"""The last ten minutes of each unit's venous pressure, small enough to be on every tile. No I/O, no clock, no threads.

Least and greatest value of every ten seconds: a spike of one second stays a spike. Venous pressure, because a needle, a
clot and a kink all show in it first. The screen goes on by itself with the readings it is told, by the same steps
(`dashboard/src/live/spark.ts`).
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, field
from math import isfinite
from typing import Final

from clinician_api.live.views import View, moment, tidy
from telemetry.messages import LiveReading
from telemetry.signals import BY_NAME

SIGNAL: Final = "venous_pressure"
STEP_S: Final = 10
STEPS: Final = 60
_NUMBER: Final = BY_NAME[SIGNAL].number
_STEP_US: Final = STEP_S * 1_000_000


@dataclass(slots=True)
class _Track:
    """`low`, `high`: by number of the step modulo STEPS, NaN where nothing was. `last`: the newest step."""

    last: int
    low: list[float] = field(default_factory=lambda: [float("nan")] * STEPS)
    high: list[float] = field(default_factory=lambda: [float("nan")] * STEPS)


class Sparks:
    """Ten minutes for each unit."""

    def __init__(self) -> None:
        self._tracks: dict[str, _Track] = {}

    def put_reading(self, live: LiveReading) -> None:
        """A reading, placed as its age on a screen is counted: by the earlier of its own time and its reception."""
        value = live.values.get(_NUMBER)
        if value is not None:
            self.put(live.unit, min(live.time_us, live.received_us) // _STEP_US, value, value)

    def put(self, unit: str, step: int, low: float, high: float) -> None:
        """Extremes of a step (its start in seconds since 1970, by STEP_S); older than ten minutes: nothing."""
        if not (isfinite(low) and isfinite(high)):
            return
        track = self._tracks.setdefault(unit, _Track(step))
        if step <= track.last - STEPS:
            return
        for passed in range(track.last + 1, min(step, track.last + STEPS) + 1):
            track.low[passed % STEPS] = track.high[passed % STEPS] = float("nan")
        track.last = max(track.last, step)
        place = step % STEPS
        # A comparison with NaN is false: the first value of a step replaces it.
        track.low[place] = track.low[place] if track.low[place] <= low else low
        track.high[place] = track.high[place] if track.high[place] >= high else high

    def keep(self, units: Container[str]) -> None:
        """Forget all other units."""
        self._tracks = {unit: track for unit, track in self._tracks.items() if unit in units}

    def view(self, unit: str) -> View | None:
        """A `SparkView`: STEPS steps up to the newest that has a value; None where there is none."""
        track = self._tracks.get(unit)
        if track is None:
            return None
        steps = range(track.last - STEPS + 1, track.last + 1)
        return {
            "signal": SIGNAL,
            "end": moment((track.last + 1) * _STEP_US),
            "step_s": STEP_S,
            "low": [tidy(track.low[step % STEPS]) for step in steps],
            "high": [tidy(track.high[step % STEPS]) for step in steps],
        }
