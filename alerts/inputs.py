"""From raw samples to what rules may look at: each value is valid, missing, implausible, or of a doubtful sensor."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from alerts.schema import PUMP_RUNNING
from telemetry import signals
from telemetry.treatment import Phase

VALID: Final = 0
MISSING: Final = 1
IMPLAUSIBLE: Final = 2
DOUBTED: Final = 3  # plausible, but an active sensor rule says not to trust it

# Beyond the phases there are: none is told, and nothing speaks for a treatment.
AT_REST: Final = len(Phase)

Rows = slice | npt.NDArray[np.intp]


class Columns:
    """The signals any rule looks at, in catalogue order, and behind them whether the blood pump runs."""

    def __init__(self, names: Iterable[str]) -> None:
        wanted = {*names, "blood_flow", "blood_pump_running"} - {PUMP_RUNNING}
        chosen = sorted((signals.BY_NAME[name] for name in wanted), key=lambda s: s.number)
        self.names = (*(s.name for s in chosen), PUMP_RUNNING)
        self._place = {name: i for i, name in enumerate(self.names)}
        self.numbers = np.array([s.number for s in chosen], np.intp)
        biggest = float(np.finfo(np.float32).max)
        ranges = [s.plausible or (-biggest, biggest) for s in chosen]
        self._low = np.array([low for low, _ in ranges], np.float32)
        self._high = np.array([high for _, high in ranges], np.float32)
        self._bits = self.numbers.astype(np.uint64)
        self._flow = self.place("blood_flow")
        self._running = self.place("blood_pump_running")

    def place(self, name: str) -> int:
        """Column of a signal."""
        return self._place[name]

    def check(
        self, raw: npt.NDArray[np.float32], invalid: npt.NDArray[np.uint64]
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.uint8]]:
        """Values [n, columns] with NaN for what is not valid, and a code each. The pump's column comes last."""
        count = len(self.names)
        values = np.empty((len(raw), count), np.float32)
        codes = np.empty((len(raw), count), np.uint8)
        seen, code = values[:, :-1], codes[:, :-1]
        np.take(raw, self.numbers, axis=1, out=seen, mode="clip")
        bad = (seen < self._low) | (seen > self._high)
        if invalid.any():
            bad |= ((invalid[:, None] >> self._bits) & np.uint64(1)).astype(bool)
        # Not isnan(…, out=…): numpy 2.4 leaves most of a strided output unwritten.
        code[...] = np.isnan(seen)
        if bad.any():
            code[bad] = IMPLAUSIBLE
            seen[bad] = np.nan
        values[:, -1] = self._pump(values)
        codes[:, -1] = np.isnan(values[:, -1])
        return values, codes

    def _pump(self, values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        # fmin passes over NaN: stopped when either the flow is 0 or the machine says so, unknown when neither is known.
        flow = np.minimum(values[:, self._flow], np.float32(1.0))
        known = np.fmin(np.ceil(flow), values[:, self._running])
        return np.asarray(known, np.float32)


@dataclass(slots=True)
class Round:
    """At most one sample of each unit, checked, on its way through the detectors.

    Attributes:
        at: the units' rows in the table.
        time: sample time, µs. gap: µs since the unit's last sample, 0 for its first.
        phase: as told, or `AT_REST`. known_phase: the last phase that was not UNKNOWN.
        another: whether so much time has gone by that this sample belongs to another treatment than the last.
        values, codes: see `Columns.check`; `codes` also say DOUBTED.
        again: (places in the round, rules) that stand and are found anew, as detectors say it.
    """

    at: Rows
    time: npt.NDArray[np.int64]
    gap: npt.NDArray[np.int64]
    phase: npt.NDArray[np.uint8]
    known_phase: npt.NDArray[np.uint8]
    another: npt.NDArray[np.bool_]
    values: npt.NDArray[np.float32]
    codes: npt.NDArray[np.uint8]
    again: list[tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]] = field(default_factory=list)

    def only(self, at: npt.NDArray[np.intp]) -> Round:
        """The same round of some of its units, by their positions in it."""
        rows = at + self.at.start if isinstance(self.at, slice) else self.at[at]
        return Round(
            at=rows,
            time=self.time[at],
            gap=self.gap[at],
            phase=self.phase[at],
            known_phase=self.known_phase[at],
            another=self.another[at],
            values=self.values[at],
            codes=self.codes[at],
        )
