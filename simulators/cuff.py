"""The machine's blood pressure cuff: on schedule, again soon after a low reading, and when the patient feels faint."""

from __future__ import annotations

from typing import Final

from simulators.patient import BloodPressure, Patient

_MEASURING_S: Final = 35.0
_LOW_MMHG: Final = 100.0
_REPEAT_S: Final = 180.0
_FAINT_MMHG: Final = 94.0
_FAINT_AFTER_S: Final = 45.0


class Cuff:
    """Keeps the last reading.

    Attributes:
        reading: the last result, None before the first. count: results so far. taken_at_s: machine time of the last.
    """

    def __init__(self, interval_s: float) -> None:
        self.reading: BloodPressure | None = None
        self.count = 0
        self.taken_at_s = 0.0
        self._interval_s = interval_s
        self._due_s = 0.0
        self._inflated_s = -1.0
        self._faint_s = 0.0

    def step(self, dt: float, now_s: float, patient: Patient) -> None:
        """`dt` seconds up to machine time `now_s`, with the cuff on the patient's arm."""
        if self._inflated_s >= 0.0:
            if now_s - self._inflated_s >= _MEASURING_S:
                self._finish(now_s, patient.measure_pressure())
            return
        self._faint_s = self._faint_s + dt if patient.pressure.systolic < _FAINT_MMHG else 0.0
        asks = self._faint_s >= _FAINT_AFTER_S and now_s - self.taken_at_s >= _REPEAT_S
        if now_s >= self._due_s or asks:
            self._inflated_s = now_s

    def _finish(self, now_s: float, reading: BloodPressure) -> None:
        self.reading, self.taken_at_s, self._inflated_s = reading, now_s, -1.0
        self.count += 1
        self._due_s = now_s + (_REPEAT_S if reading.systolic < _LOW_MMHG else self._interval_s)
