"""The phase, for machines that do not say it. What is inferred is marked so; nothing here knows the time.

- TX begins with a running blood pump (blood flow > 0) and a treatment clock that has counted (≥ 1 min). An idle machine
  has no flow, a priming one no treatment time: neither is taken for a treatment. The first minute is not seen.
- TX is held while the pump stands: a pump that stops with blood in the circuit, after an alarm say, is what the rules
  must watch, so a pause is never read as the end.
- TX ends when the treatment clock goes back (a reset, the next treatment), or when the pump stands with the
  ultrafiltration goal reached and no alarm. A treatment ended early shows neither: it stays TX until the machine is
  reset or switched off. That is wrong on the safe side, at the price of an alert.
- Everything else is UNKNOWN, never idle: a machine that does not say its phase gives no ground to call it healthy.
"""

from __future__ import annotations

from collections.abc import Mapping

from telemetry.treatment import Phase


class DerivedPhase:
    """Remembers whether a treatment was seen, and how far its clock had come."""

    def __init__(self) -> None:
        self._treating = False
        self._elapsed = 0.0

    def update(self, values: Mapping[str, float], *, alarm: bool) -> Phase:
        """TX or UNKNOWN after one more frame: its plausible values, and whether any machine alarm stands."""
        elapsed = values.get("treatment_elapsed", self._elapsed)
        if elapsed < self._elapsed:
            self._treating = False
        self._elapsed = elapsed
        flow = values.get("blood_flow")
        if flow is not None and flow > 0:
            self._treating = elapsed >= 1
        elif flow is not None and not alarm and _goal_reached(values):
            self._treating = False
        return Phase.TX if self._treating else Phase.UNKNOWN


def _goal_reached(values: Mapping[str, float]) -> bool:
    target = values.get("ultrafiltration_target", 0.0)
    return 0 < target <= values.get("ultrafiltration_volume", 0.0)
