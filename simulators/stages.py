"""The order of a machine's day, as a table."""

from __future__ import annotations

from enum import Enum
from typing import Final

from simulators.prescription import Prescription
from telemetry.treatment import Phase


class Stage(Enum):
    """What the machine is at; finer than a phase."""

    IDLE = "idle"
    SELF_TEST = "self-test"
    PRIMING = "priming"
    CONNECTING = "connecting"
    TREATING = "treating"
    RINSE_BACK = "rinse-back"
    DRAIN = "drain"
    DISINFECT = "disinfect"
    DONE = "done"


PHASE_OF: Final[dict[Stage, Phase]] = {
    Stage.IDLE: Phase.IDL,
    Stage.SELF_TEST: Phase.PRETX,
    Stage.PRIMING: Phase.PRETX,
    Stage.CONNECTING: Phase.TX,
    Stage.TREATING: Phase.TX,
    Stage.RINSE_BACK: Phase.TX,
    Stage.DRAIN: Phase.POSTTX,
    Stage.DISINFECT: Phase.DIS,
    Stage.DONE: Phase.IDL,
}
AFTER: Final[dict[Stage, Stage]] = dict(zip(Stage, [*list(Stage)[1:], Stage.DONE], strict=True))


def length_s(stage: Stage, prescription: Prescription) -> float | None:
    """Seconds a stage lasts; None for TREATING, which counts only pumping time, and for DONE, which does not end."""
    p = prescription
    return {
        Stage.IDLE: p.idle_s,
        Stage.SELF_TEST: p.self_test_s,
        Stage.PRIMING: p.priming_s,
        Stage.CONNECTING: p.connecting_s,
        Stage.RINSE_BACK: p.rinse_back_s,
        Stage.DRAIN: p.drain_s,
        Stage.DISINFECT: p.disinfect_s,
    }.get(stage)


def preparation_s(prescription: Prescription) -> float:
    """Seconds from switching on to the first minute of treatment."""
    p = prescription
    return p.idle_s + p.self_test_s + p.priming_s + p.connecting_s


def wanted_flow(stage: Stage, since_s: float, prescription: Prescription) -> float:
    """Blood pump setting (mL/min) `since_s` seconds into a stage."""
    p = prescription
    if stage is Stage.PRIMING:
        return 150.0 if since_s > 20.0 else 0.0
    if stage is Stage.CONNECTING:
        # Slowly until blood has filled the lines, then up in one sweep.
        share = max(0.0, since_s / p.connecting_s - 0.4) / 0.5
        return min(p.blood_flow_ml_min, 100.0 + share * (p.blood_flow_ml_min - 100.0))
    if stage is Stage.TREATING:
        return p.blood_flow_ml_min
    return 100.0 if stage is Stage.RINSE_BACK else 0.0
