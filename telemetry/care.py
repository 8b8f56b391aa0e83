"""What is arranged for a patient and measured of them outside the machine: the words that store and rules share.

Each arrangement holds from a named moment until the next of its kind does; none is ever changed. Ranges are design
defaults [D]: outside them a value is a mistake of unit or of typing.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import isfinite
from typing import Final, Literal

import msgspec

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_US: Final = 86_400_000_000


class Arrangement(StrEnum):
    """Kinds of arrangement; these words are stored."""

    SCHEDULE = "schedule"
    ACCESS = "access"
    TARGET_WEIGHT = "target weight"
    PRESCRIPTION = "prescription"
    LIMITS = "limits"


class Schedule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When treatments are planned and how long one is to last.

    Attributes:
        days: weekdays of `DAYS`; empty with `every_days`.
        every_days: so many days from one to the next, the first on the local day the schedule begins; 0 with `days`.
        at: local time of day, "18:30". zone: of the home, as the IANA names it.
        duration_min: as prescribed, 30…720.
    """

    days: tuple[str, ...] = ()
    every_days: int = 0
    at: str
    zone: str
    duration_min: float


class Access(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The vascular access and the needle in use.

    Attributes:
        kind: fistula, graft, or a catheter.
        needle: (blood flow mL/min, pressure mmHg) of needle and line alone; empty where nobody has calibrated it.
    """

    kind: Literal["fistula", "graft", "catheter"]
    needle: tuple[tuple[float, float], ...] = ()


class TargetWeight(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Weight without surplus water, kg, 10…300."""

    kg: float


class Prescribed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One item of the prescription, by its name in `alerts.prescribing.items`.

    Attributes:
        value: in the unit its name ends with; None takes it back: not known from then on.
    """

    item: str
    value: float | None


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A patient's own limits for one rule, by the names of its file; empty takes earlier ones back."""

    rule: str
    limits: dict[str, float]


Content = Schedule | Access | TargetWeight | Prescribed | Limits
CONTENTS: Final[dict[Arrangement, type[Content]]] = {
    Arrangement.SCHEDULE: Schedule,
    Arrangement.ACCESS: Access,
    Arrangement.TARGET_WEIGHT: TargetWeight,
    Arrangement.PRESCRIPTION: Prescribed,
    Arrangement.LIMITS: Limits,
}


def kind_of(content: Content) -> Arrangement:
    """The word for an arrangement of this content."""
    return next(kind for kind, shape in CONTENTS.items() if isinstance(content, shape))


@dataclass(frozen=True, slots=True)
class Arranged:
    """An arrangement and from when on it holds. Of two that hold from the same moment, the later entry."""

    since_us: int
    content: Content


class Measured(StrEnum):
    """What people measure and enter; these words are stored and typed."""

    WEIGHT_BEFORE = "weight-before"
    WEIGHT_AFTER = "weight-after"
    ACCESS_FLOW = "access-flow"
    BACTERIA = "bacteria"
    ENDOTOXIN = "endotoxin"
    CHLORINE = "chlorine"


@dataclass(frozen=True, slots=True)
class Quantity:
    """What a measured quantity is.

    Attributes:
        unit: as printed and typed. low, high: closed range of what can be.
        of_water: of the home's water and dialysate, not of the patient.
    """

    label: str
    unit: str
    low: float
    high: float
    of_water: bool = False

    def accepts(self, value: float) -> bool:
        """Whether a value is finite and can be."""
        return isfinite(value) and self.low <= value <= self.high


QUANTITIES: Final[dict[Measured, Quantity]] = {
    Measured.WEIGHT_BEFORE: Quantity("Weight before", "kg", 10, 300),
    Measured.WEIGHT_AFTER: Quantity("Weight after", "kg", 10, 300),
    Measured.ACCESS_FLOW: Quantity("Access flow", "mL/min", 50, 5000),
    Measured.BACTERIA: Quantity("Bacteria", "CFU/mL", 0, 1_000_000, of_water=True),
    Measured.ENDOTOXIN: Quantity("Endotoxin", "EU/mL", 0, 1000, of_water=True),
    Measured.CHLORINE: Quantity("Total chlorine", "mg/L", 0, 20, of_water=True),
}


@dataclass(frozen=True, slots=True)
class Measurement:
    """One value. `number` rises with each entry; of two of a kind and a moment the later entry counts."""

    number: int
    what: Measured
    value: float
    taken_us: int
