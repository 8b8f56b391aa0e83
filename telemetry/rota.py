"""Who is to answer, and when: the words that store and rota share.

A *rota* is one line of duty: of a clinic, for an audience, primary or backup. Who has it follows from three layers:
what people wrote over it (overrides, swaps), else what an imported calendar says, else the rotation in force.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum
from typing import Final

PRIMARY: Final = 1
BACKUP: Final = 2
LINE_WORDS: Final[dict[int, str]] = {PRIMARY: "primary", BACKUP: "backup"}
# Turns longer than eight weeks are a slip of the finger; so are rotations of more people than a clinic has.
LONGEST_TURN_DAYS: Final = 56
MOST_PEOPLE: Final = 50


class Audience(StrEnum):
    """Whom an alert is for; these words are stored."""

    CLINICAL = "clinical"
    TECHNICAL = "technical"
    OPERATIONS = "operations"


class Source(StrEnum):
    """Why somebody has a shift; all but the first are stored words."""

    ROTATION = "rotation"
    OVERRIDE = "override"
    SWAP = "swap"
    CALENDAR = "calendar"


@dataclass(frozen=True, slots=True)
class Person:
    """An account, as far as a rota asks: `role` is a word of clinician_api.access.Role; no clinic: bound to none."""

    user_id: int
    name: str
    email: str
    role: str
    clinic_id: int | None = None
    disabled: bool = False


@dataclass(frozen=True, slots=True)
class Rotation:
    """People in turn, one version of it. It holds from its moment until the next does; of two, the later entry.

    Attributes:
        number: rises with each entry.
        people: user ids in the order of their turns; empty: the rotation ends, nobody is named from then on.
        every_days: length of a turn in local days, 1…56. hand_over: local time of day at which turns change.
        anchor: local day on which the first of `people` begins a turn; it may lie before `since_us` or after.
        since_us: from when on it holds, µs since 1970.
    """

    number: int
    people: tuple[int, ...]
    every_days: int
    hand_over: time
    anchor: date
    since_us: int


@dataclass(frozen=True, slots=True)
class Override:
    """Somebody else, or nobody, for a stretch start ≤ t < end; made by hand, as half of a swap, or from a calendar.

    Attributes:
        number: rises with each entry; of two of one layer the later counts.
        user_id: None = nobody, on purpose.
        uid, recurrence: the calendar event it is of (RFC 5545: UID and RECURRENCE-ID), else empty.
    """

    number: int
    start_us: int
    end_us: int
    user_id: int | None
    source: Source
    uid: str = ""
    recurrence: str = ""


@dataclass(frozen=True, slots=True)
class Acceptance:
    """A person's word about a stretch of a rota: accepted, or (later) declined. The later entry counts."""

    number: int
    user_id: int
    start_us: int
    end_us: int
    accepted: bool = True


@dataclass(frozen=True, slots=True)
class Rota:
    """One line of duty with all that decides who has it; withdrawn overrides are not here.

    Attributes:
        clinic_id: None = of every clinic without a rota of its own for this audience and line; never clinical.
        line: PRIMARY or BACKUP. zone: where hand-over times are local, as the IANA names it.
    """

    rota_id: int
    clinic_id: int | None
    audience: Audience
    line: int
    zone: str
    rotations: tuple[Rotation, ...] = ()
    overrides: tuple[Override, ...] = ()
    acceptances: tuple[Acceptance, ...] = ()


@dataclass(frozen=True, slots=True)
class Clinic:
    """A clinic and whether it has patients to answer for."""

    clinic_id: int
    name: str
    has_patients: bool


@dataclass(frozen=True, slots=True)
class Book:
    """All rotas with the people and clinics they speak of."""

    rotas: tuple[Rota, ...]
    people: Mapping[int, Person]
    clinics: Mapping[int, Clinic]
