"""The set `bench.rules` holds the rules against: the same limits as plain comparisons, one alert at every crossing.

No on-delay, no off-delay, no deadband, no blanking after a flow change, no inhibition, no trend. The numbers are those
of the rules, so that only these differ. In its favour: limits on values are watched only from minute 5 of the treatment
to the end of it, and the lower venous limit is set there, 20 mmHg under the mean of minute 5.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from alerts.records import Context
from telemetry import signals
from telemetry.treatment import Phase

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float32]

_LEARN_FROM_MIN, _WATCH_FROM_MIN = 4.0, 5.0
_VENOUS_DROP_MMHG: Final = 20.0
_SILENT_S: Final = 2


@dataclass(frozen=True, slots=True)
class Limit:
    """Name and priority of one plain limit, and the words for the report."""

    name: str
    priority: str
    words: str


LIMITS: Final[tuple[Limit, ...]] = (
    Limit("venous pressure low", "high", "below its mean of minute 5 by more than 20 mmHg"),
    Limit("venous pressure high", "medium", "above 250 mmHg"),
    Limit("venous pressure high", "high", "above 300 mmHg"),
    Limit("arterial pressure low", "medium", "below −200 mmHg"),
    Limit("arterial pressure low", "high", "below −250 mmHg"),
    Limit("transmembrane pressure high", "medium", "above 300 mmHg"),
    Limit("systolic low", "medium", "below 90 mmHg, 100 if it was 160 or more before"),
    Limit("systolic low", "high", "below 80 mmHg"),
    Limit("systolic high", "medium", "180 mmHg or more"),
    Limit("conductivity off", "medium", "more than 5 % from the prescription"),
    Limit("conductivity off", "low", "more than 2.5 % from the prescription"),
    Limit("dialysate temperature", "high", "41 °C or more"),
    Limit("dialysate temperature", "medium", "above 39 °C"),
    Limit("dialysate temperature", "low", "below 33 °C"),
    Limit("ultrafiltration rate high", "medium", "above 13 mL/kg/h"),
    Limit("ultrafiltration rate high", "low", "above 10 mL/kg/h"),
    Limit("ultrafiltration overrun", "high", "more than 100 mL and 5 % above the goal"),
    Limit("heparin stopped", "low", "rate 0 although prescribed, before its planned end"),
    Limit("blood pump stopped", "high", "pump not running"),
    Limit("value implausible", "low", "venous, arterial or transmembrane pressure outside the catalogue's range"),
    Limit("machine alarm, safety", "high", "any that stops pump or clamps line, at once"),
    Limit("machine alarm, other", "medium", "any other, at once"),
    Limit("silence", "medium", "no reading for 2 s"),
)
_SAFETY, _OTHER, _SILENCE = len(LIMITS) - 3, len(LIMITS) - 2, len(LIMITS) - 1


def _column(name: str) -> int:
    return signals.BY_NAME[name].number


_PRESSURES: Final = tuple(
    signals.BY_NAME[n] for n in ("venous_pressure", "arterial_pressure", "transmembrane_pressure")
)


class Naive:
    """All limits over many treatments. `step` gives (row, limit) of every crossing, second by second."""

    def __init__(self, contexts: Sequence[Context], low_mmhg: Sequence[float]) -> None:
        count = len(contexts)
        self._low = np.asarray(low_mmhg)
        self._weight = np.array([c.target_weight_kg or np.nan for c in contexts])
        self._conductivity = np.array([c.prescribed_conductivity_ms_cm or np.nan for c in contexts])
        self._heparin_until = np.array([c.heparin_stop_min or np.nan for c in contexts])
        self._sum, self._seconds = np.zeros(count), np.zeros(count)
        self._beyond = np.zeros((count, len(LIMITS)), np.bool_)
        self._heard = np.full(count, -1)
        self._treated = np.zeros(count, np.bool_)

    def step(
        self, now_s: int, rows: npt.NDArray[np.intp], phase: npt.NDArray[np.uint8], values: Floats, alarms: Bools
    ) -> list[tuple[int, int]]:
        """One second: readings of `rows`, and whether a safety alarm and another stands (bool[n, 2])."""
        beyond = self._beyond.copy()
        treated = phase == int(Phase.TX)
        beyond[rows] = self._compare(rows, values) & treated[:, None]
        beyond[rows, _SAFETY], beyond[rows, _OTHER] = alarms[:, 0] & treated, alarms[:, 1] & treated
        self._heard[rows], self._treated[rows] = now_s, treated
        beyond[:, _SILENCE] = self._treated & (now_s - self._heard >= _SILENT_S)
        crossed = np.argwhere(beyond & ~self._beyond)
        self._beyond = beyond
        return [(int(row), int(limit)) for row, limit in crossed]

    def _compare(self, rows: npt.NDArray[np.intp], values: Floats) -> Bools:
        def of(name: str) -> Floats:
            return values[:, _column(name)]

        venous, arterial, elapsed = of("venous_pressure"), of("arterial_pressure"), of("treatment_elapsed")
        learning = (elapsed >= _LEARN_FROM_MIN) & (elapsed < _WATCH_FROM_MIN)
        self._sum[rows[learning]] += venous[learning]
        self._seconds[rows[learning]] += 1
        learnt = self._sum[rows] / np.maximum(self._seconds[rows], 1)
        rate = of("ultrafiltration_rate") / self._weight[rows]
        off = 100.0 * np.abs(of("dialysate_conductivity") / self._conductivity[rows] - 1.0)
        over, goal = of("ultrafiltration_volume"), of("ultrafiltration_target")
        systolic, warm, left = of("systolic"), of("dialysate_temperature"), of("treatment_remaining")
        beyond = np.zeros((len(rows), len(LIMITS)), np.bool_)
        columns = (
            venous < learnt - _VENOUS_DROP_MMHG, venous > 250, venous > 300, arterial < -200, arterial < -250,
            of("transmembrane_pressure") > 300, systolic < self._low[rows], systolic < 80, systolic >= 180,
            off > 5, off > 2.5, warm >= 41, warm > 39, warm < 33, rate > 13, rate > 10,
            over > goal + np.maximum(100, 0.05 * goal),
            (of("heparin_rate") == 0) & (left > self._heparin_until[rows] + 1),
            of("blood_pump_running") == 0,
            _implausible(values),
        )  # fmt: skip
        for index, column in enumerate(columns):
            beyond[:, index] = column
        beyond &= ((elapsed >= _WATCH_FROM_MIN) & (left > 0))[:, None]
        return beyond


def _implausible(values: Floats) -> Bools:
    found = np.zeros(len(values), np.bool_)
    for signal in _PRESSURES:
        low, high = signal.plausible or (-np.inf, np.inf)
        found |= (values[:, signal.number] < low) | (values[:, signal.number] > high)
    return found
