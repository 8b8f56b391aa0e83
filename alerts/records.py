"""What goes into the engine and what comes out of it.

Times are microseconds since 1970 UTC. *Sample time* is the reading's own time, as corrected by ingest; delays run on
it. *Server time* is this machine's clock; only absence is judged by it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

import numpy as np
import numpy.typing as npt

from telemetry.alarms import FindingState, Priority
from telemetry.messages import Event

_NONE: Final[Mapping[str, float]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Samples:
    """Readings of many units, several of one unit allowed; those of one unit stand in order of time.

    Attributes:
        row: int32[n], the unit's row as `Engine.register` gave it.
        time_us: int64[n], sample time.
        phase: uint8[n], `telemetry.treatment.Phase`.
        values: float32[n, signals.COUNT] in catalogue units; NaN = not measured.
        invalid: uint64[n]; bit s set = signal s was sent but is implausible.
        received_us: int64[n], server time at which the reading arrived.
        events: (row, event) in the order they happened; alarms and symptoms count, other kinds are passed over.
    """

    row: npt.NDArray[np.int32]
    time_us: npt.NDArray[np.int64]
    phase: npt.NDArray[np.uint8]
    values: npt.NDArray[np.float32]
    invalid: npt.NDArray[np.uint64]
    received_us: npt.NDArray[np.int64]
    events: Sequence[tuple[int, Event]] = ()


@dataclass(frozen=True, slots=True)
class Context:
    """What rules need to know of a patient beyond the readings; None = not known.

    Attributes:
        target_weight_kg: dry weight, kg.
        pre_systolic_mmhg: systolic pressure before this treatment, mmHg.
        prescribed_conductivity_ms_cm: dialysate conductivity as prescribed, mS/cm.
        transmembrane_limit_mmhg: the dialyser's own limit, mmHg.
        prescribed_spktv: single-pool Kt/V a treatment is to reach.
        prescribed_heparin_ml_h: heparin pump's rate as prescribed, mL/h; 0 = none is prescribed.
        heparin_stop_min: so many minutes before the end of the treatment the heparin pump is to be stopped.
        limits: a patient's own limits, by `Rule.own_name` -> number in the rule's unit ("R13 high" -> 320).
        needle: (blood flow mL/min, pressure mmHg) of needle and line alone, as calibrated; empty = nobody has.
        symptom_us: when the patient last told of a symptom themselves, beside what the machine's wire brings.
    """

    target_weight_kg: float | None = None
    pre_systolic_mmhg: float | None = None
    prescribed_conductivity_ms_cm: float | None = None
    transmembrane_limit_mmhg: float | None = None
    prescribed_spktv: float | None = None
    prescribed_heparin_ml_h: float | None = None
    heparin_stop_min: float | None = None
    limits: Mapping[str, float] = field(default_factory=lambda: _NONE)
    needle: tuple[tuple[float, float], ...] = ()
    symptom_us: int | None = None


@dataclass(frozen=True, slots=True)
class Transition:
    """One rule of one unit changed its finding (or, while active, its priority or what is known about it).

    Attributes:
        time_us: sample time of the reading that did it; server time where silence did it.
        priority: of the active or pending level, else None.
        reason: one plain sentence with numbers and units.
        inputs: what the rule looked at: signal or quantity -> value.
        limits: what it was held against: limit, delays, deadband.
        rule_version: semantic version + content hash of the rule's file.
        again: an active rule has found what it is for once more; that somebody has seen it before does not count.
    """

    row: int
    unit: str
    time_us: int
    rule: str
    rule_version: str
    priority: Priority | None
    state: FindingState
    reason: str
    inputs: dict[str, float]
    limits: dict[str, float]
    again: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """Where one rule of one unit stands now.

    Attributes:
        since_us: when it came to stand so.
        reason: one plain sentence; of a rule that is not evaluated, why not.
        at_rest: not evaluated because no treatment is on, so that nothing is lacking.
    """

    rule: str
    rule_version: str
    state: FindingState
    priority: Priority | None
    reason: str
    since_us: int
    at_rest: bool = False


@dataclass(slots=True)
class Counters:
    """What the engine did and what it passed over, for the metrics page.

    Attributes:
        evaluated: samples evaluated.
        out_of_order: samples not newer than the unit's last one (late or duplicate), ignored.
        from_the_future: samples stamped more than a minute ahead of the server, ignored.
        transitions: transitions given out.
    """

    evaluated: int = 0
    out_of_order: int = 0
    from_the_future: int = 0
    transitions: int = 0
