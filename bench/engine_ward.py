"""Treatments for `bench.engine`: what 24 signals of so many machines show at any second. Seeded, not measured itself.

Values wander and wobble as sensors do and are rounded as machines send them. Each home has an hour of its own and in it
one trouble of one to three minutes, so that at any second about one unit in thirty is in trouble and a few come and go;
each has its cuff at its own minutes. Windows fill sooner by a slow hour before a quick two minutes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from alerts.engine import Context, Engine, Samples
from alerts.ruleset import Ruleset
from telemetry import signals
from telemetry.treatment import Phase

SECOND: Final = 1_000_000
_START_S: Final = 1_700_000_000
_HOUR_S: Final = 3600
_SLOW_S, _QUICK_S = 40, 150  # one reading in so many seconds of the first hour, then so many one a second

# Signal: what it is about, how it differs between homes, how far it wanders, how it wobbles, what it is rounded to.
USUAL: Final[dict[str, tuple[float, float, float, float, float]]] = {
    "blood_flow": (300, 25, 0, 0.8, 1),
    "blood_flow_setting": (300, 0, 0, 0, 1),
    "arterial_pressure": (-140, 15, 5, 1.5, 1),
    "venous_pressure": (150, 15, 5, 1.5, 1),
    "transmembrane_pressure": (120, 20, 8, 2, 1),
    "dialysate_pressure": (60, 10, 5, 2, 1),
    "dialysate_flow": (500, 0, 0, 2, 1),
    "dialysate_conductivity": (14.0, 0.05, 0.03, 0.02, 0.01),
    "bicarbonate_conductivity": (3.0, 0.05, 0.02, 0.01, 0.01),
    "dialysate_temperature": (36.5, 0.3, 0.1, 0.05, 0.1),
    "ultrafiltration_rate": (600, 15, 0, 2, 1),
    "ultrafiltration_target": (2400, 0, 0, 0, 1),
    "heparin_rate": (1.0, 0, 0, 0, 0.1),
    "relative_blood_volume": (-6, 1.5, 0.5, 0.1, 0.1),
    "online_spktv": (1.6, 0.1, 0, 0, 0.01),
    "systolic": (128, 10, 0, 0, 1),
    "diastolic": (74, 6, 0, 0, 1),
    "mean_pressure": (92, 6, 0, 0, 1),
    "pulse_rate": (72, 8, 0, 0, 1),
    "blood_pump_running": (1, 0, 0, 0, 1),
}
CLOCKS: Final = ("ultrafiltration_volume", "treatment_elapsed", "treatment_remaining", "blood_processed")
# What goes wrong: the signal and by how much. The last is staff who turn the flow down.
TROUBLES: Final = (
    ("venous_pressure", 170.0), ("venous_pressure", -40.0), ("arterial_pressure", -90.0), ("arterial_pressure", -125.0),
    ("transmembrane_pressure", 220.0), ("dialysate_conductivity", 0.6), ("dialysate_temperature", 3.5),
    ("ultrafiltration_rate", 420.0), ("blood_flow", -90.0),
)  # fmt: skip
_CUFF: Final = ("systolic", "diastolic", "mean_pressure", "pulse_rate")
_CUFF_S: Final = 900
_WHOLE_MIN: Final = 240
_BEFORE_MIN: Final = 100  # how far the treatments are when they are first seen

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Ward:
    """So many homes, numbered as their rows are.

    Attributes:
        base: [units, signals of USUAL], what each home's signals are about.
        begins, lasts: second of its hour at which a home's trouble begins, and how long it is there.
        trouble: which one. cuff: second of its quarter of an hour at which its blood pressure is measured.
    """

    base: Floats
    begins: npt.NDArray[np.int64]
    lasts: npt.NDArray[np.int64]
    trouble: npt.NDArray[np.intp]
    cuff: npt.NDArray[np.int64]
    seed: int

    @classmethod
    def of(cls, units: int, seed: int = 1) -> Ward:
        """A ward that is the same for the same seed."""
        rng = np.random.default_rng(seed)
        about, spread = (np.array([usual[i] for usual in USUAL.values()], np.float32) for i in (0, 1))
        return cls(
            base=(about + spread * rng.uniform(-1, 1, (units, len(USUAL)))).astype(np.float32),
            begins=rng.integers(_HOUR_S, size=units),
            lasts=rng.integers(60, 180, units),
            trouble=rng.integers(len(TROUBLES), size=units),
            cuff=rng.integers(_CUFF_S, size=units),
            seed=seed,
        )

    def at(self, second: int) -> Samples:
        """One reading of each home, `second` seconds into the treatments."""
        count = len(self.base)
        time_us = np.full(count, (_START_S + second) * SECOND, np.int64)
        return Samples(
            row=np.arange(count, dtype=np.int32),
            time_us=time_us,
            phase=np.full(count, Phase.TX, np.uint8),
            values=self._values(second),
            invalid=np.zeros(count, np.uint64),
            received_us=time_us,
        )

    def _values(self, second: int) -> Floats:
        rng = np.random.default_rng((self.seed, second))
        wander, wobble, step = (np.array([usual[i] for usual in USUAL.values()], np.float32) for i in (2, 3, 4))
        turn = np.float32(2 * np.pi / 900) * (second + 7 * np.arange(len(self.base), dtype=np.float32))
        shown = self.base + np.sin(turn)[:, None] * wander
        shown += wobble * rng.standard_normal(shown.shape, np.float32)
        names = list(USUAL)
        in_hour = (second - self.begins) % _HOUR_S
        for number, (name, by) in enumerate(TROUBLES):
            shown[(self.trouble == number) & (in_hour < self.lasts), names.index(name)] += np.float32(by)
        measured = (second - self.cuff) // _CUFF_S  # which measurement of the cuff this home shows
        for name in _CUFF:
            shown[:, names.index(name)] += (measured * 37 + self.cuff) % 13 - 6
        gone = _BEFORE_MIN + second / 60.0
        shown[:, names.index("online_spktv")] *= gone / _WHOLE_MIN
        shown = np.rint(shown / step) * step
        values = np.full((len(self.base), signals.COUNT), np.nan, np.float32)
        values[:, [signals.BY_NAME[name].number for name in names]] = shown
        clocks = (gone * 10.0, np.floor(gone), _WHOLE_MIN - np.floor(gone), gone * 0.3)
        for name, value in zip(CLOCKS, clocks, strict=True):
            values[:, signals.BY_NAME[name].number] = value
        return values


def engine(ruleset: Ruleset, units: int) -> Engine:
    """An engine that knows its patients, who have all that any rule asks for."""
    made = Engine(ruleset, units)
    context = Context(
        target_weight_kg=75.0,
        pre_systolic_mmhg=135.0,
        prescribed_conductivity_ms_cm=14.0,
        transmembrane_limit_mmhg=300.0,
        prescribed_spktv=1.4,
        prescribed_heparin_ml_h=1.0,
        heparin_stop_min=30.0,
    )
    for number in range(units):
        made.set_context(made.register(f"home-{number}"), context)
    return made


def fill() -> Iterator[int]:
    """The seconds to show first, so that every window is full; `filled()` is the next."""
    yield from range(0, _HOUR_S, _SLOW_S)
    yield from range(_HOUR_S, filled())


def filled() -> int:
    """The first second after `fill`."""
    return _HOUR_S + _QUICK_S
