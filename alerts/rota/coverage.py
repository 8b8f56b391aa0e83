"""Whether a clinic's alerts have somebody who answers, by whom and until when: one word, and what it rests on."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from alerts.rota.acceptance import is_accepted
from alerts.rota.findings import LOOK_AHEAD_DAYS, TESTED_WITHIN_DAYS
from alerts.rota.local_time import DAY_US, UnknownZone
from alerts.rota.roster import NO_ROTA, rotas_of
from alerts.rota.rotation import END_US
from alerts.rota.shifts import shift_at
from alerts.rota.standing import standing
from telemetry.rota import BACKUP, PRIMARY, Audience, Book, Rota

HORIZON_US: Final = LOOK_AHEAD_DAYS * DAY_US
TESTED_WITHIN_US: Final = TESTED_WITHIN_DAYS * DAY_US


class State(StrEnum):
    """How it stands, the worst last."""

    COVERED = "covered"
    UNACCEPTED = "not accepted"
    UNTESTED = "untested"
    UNCOVERED = "not covered"


@dataclass(frozen=True, slots=True)
class Hole:
    """A stretch that nobody answers. `end_us` None: it goes on beyond the look-ahead. `user_id`: who cannot answer."""

    start_us: int
    end_us: int | None
    reason: str
    user_id: int | None


@dataclass(frozen=True, slots=True)
class Line:
    """Who has a line of duty at a moment.

    Attributes:
        rota: None: there is none. user_id: who is named, also where they cannot answer.
        until_us: when it is handed over; None: never, or nobody is named.
        why_not: why nobody answers; empty: somebody does.
        accepted: that person has accepted the whole shift. tested: a channel of theirs was seen to work within a week.
        next_hole: the first up to the look-ahead, this moment's included.
    """

    rota: Rota | None
    user_id: int | None = None
    until_us: int | None = None
    why_not: str = ""
    accepted: bool = False
    tested: bool = False
    next_hole: Hole | None = None

    @property
    def state(self) -> State:
        """In a word; of two doubts the worse."""
        if self.why_not:
            return State.UNCOVERED
        if not self.tested:
            return State.UNTESTED
        return State.COVERED if self.accepted else State.UNACCEPTED


@dataclass(frozen=True, slots=True)
class Coverage:
    """Of a clinic and an audience. The word is the primary's: a backup is asked too, and that is no cover."""

    clinic_id: int
    audience: Audience
    primary: Line
    backup: Line | None

    @property
    def state(self) -> State:
        """In a word."""
        return self.primary.state


def coverages(book: Book, clinic_id: int, tested: Collection[int], now_us: int) -> Iterator[Coverage]:
    """Of every audience that has a rota, and of clinicians where there are patients. Never raises.

    `tested`: user ids of whom a channel was seen to work within `TESTED_WITHIN_US`.
    """
    clinic = book.clinics[clinic_id]
    for audience in Audience:
        lines = {rota.line: _line(book, rota, tested, now_us) for rota in rotas_of(book, clinic_id, audience)}
        if lines or (audience is Audience.CLINICAL and clinic.has_patients):
            yield Coverage(clinic_id, audience, lines.get(PRIMARY, Line(None, why_not=NO_ROTA)), lines.get(BACKUP))


def _line(book: Book, rota: Rota, tested: Collection[int], now_us: int) -> Line:
    try:
        shift = shift_at(rota, now_us)
        found = standing(rota, book.people, now_us, now_us + HORIZON_US)
    except UnknownZone:
        return Line(rota, why_not=f"this machine does not know the time zone {rota.zone}")
    hole = None
    if (gap := found.next_gap) is not None:
        end_us = None if gap.end_us >= now_us + HORIZON_US else gap.end_us
        hole = Hole(gap.start_us, end_us, str(gap.reason), gap.user_id)
    user_id = shift.user_id
    return Line(
        rota,
        user_id,
        None if user_id is None or shift.end_us >= END_US else shift.end_us,
        "" if found.why_not is None else str(found.why_not),
        user_id is not None and is_accepted(rota.acceptances, user_id, shift.start_us, shift.end_us),
        user_id in tested,
        hole,
    )
