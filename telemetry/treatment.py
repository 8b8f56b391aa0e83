"""Machine phases and the legal moves between them, as a table.

Words are those of the Dialysis Machine HL7 Implementation Guide rev 4.0 (MDC_HDIALY_MACH_MODE_OF_OPERATION).
The numbers travel on the wire and are stored: never renumber.
"""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import Final


class Phase(IntEnum):
    """What the machine is doing. UNKNOWN means nobody said; it is never taken for health."""

    UNKNOWN = 0
    IDL = 1  # idle
    PRETX = 2  # self-test, priming: no blood in the circuit
    TX = 3  # treatment: blood in the circuit, rinse-back included
    POSTTX = 4  # drain
    DIS = 5  # disinfection or rinse
    SVC = 6  # service


class Modality(IntEnum):
    """Kind of treatment (MDC_HDIALY_MACH_TX_MODALITY)."""

    HD = 0
    IUF = 1  # isolated ultrafiltration; JSDT calls it ECUM
    HDF = 2
    HF = 3
    OHDF = 4  # online hemodiafiltration, JSDT's own word
    SLED = 5
    HP = 6


class EndKnown(StrEnum):
    """How the end of a treatment is known; these words are stored."""

    MACHINE = "said by the machine"
    DERIVED = "derived"  # the machine does not say its phase, or no longer says one
    MACHINE_LOST = "machine lost"  # switched off, unplugged or garbled, and not back in treatment
    NEXT_BEGAN = "next treatment began"
    CLOCK_LIMIT = "clock limit"  # nothing came for so long that it cannot have gone on


class Cause(StrEnum):
    """Why a treatment was interrupted; these words are stored."""

    PHASE = "phase"  # the machine was seen in another phase
    MACHINE_LOST = "machine lost"
    NO_READINGS = "no readings"  # nothing is known of it, and nothing says that the machine was lost


_ORDINARY: Final[dict[Phase, frozenset[Phase]]] = {
    Phase.UNKNOWN: frozenset(Phase),
    Phase.IDL: frozenset({Phase.PRETX, Phase.DIS}),
    Phase.PRETX: frozenset({Phase.TX, Phase.IDL, Phase.DIS}),
    Phase.TX: frozenset({Phase.POSTTX, Phase.PRETX}),
    Phase.POSTTX: frozenset({Phase.DIS, Phase.IDL}),
    Phase.DIS: frozenset({Phase.IDL, Phase.PRETX}),
    Phase.SVC: frozenset({Phase.IDL, Phase.DIS, Phase.PRETX}),
}


def is_ordinary(before: Phase, after: Phase) -> bool:
    """Whether a move is one the machine makes by itself in a normal course.

    From anywhere a machine may go to service or be lost (UNKNOWN). Other moves do happen (power cut, a missed frame):
    they are recorded as they are and only marked as out of the ordinary.
    """
    return after in (before, Phase.SVC, Phase.UNKNOWN) or after in _ORDINARY[before]
