"""The shift that runs, the one before, and whether the next is covered, of the rotas that a hand-over concerns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from alerts.load.figures import HOUR_US, Stretch
from alerts.rota.findings import where_of
from alerts.rota.local_time import UnknownZone
from alerts.rota.rotation import END_US
from alerts.rota.shifts import shift_at
from alerts.rota.standing import standing
from telemetry.rota import LINE_WORDS, PRIMARY, Audience, Book, Rota

# Without a rota, or on one whose turns are longer than anybody remembers.
WITHOUT_US: Final = 12 * HOUR_US
LONGEST_US: Final = 8 * 24 * HOUR_US


@dataclass(frozen=True, slots=True)
class Turn:
    """Who has a line of duty next.

    Attributes:
        where: the rota, in words. from_us: when it is handed over. person: a name, None: nobody.
        covered: whether somebody who can answer has it from then to the next hand-over; why_not says why it is not so.
    """

    where: str
    from_us: int
    person: str | None
    covered: bool
    why_not: str = ""


def shift_of(book: Book, clinic_id: int | None, now_us: int, *, last: bool = False) -> Stretch:
    """The shift of the clinic's primary clinical rota that runs, up to now; `last`: the one before, whole.

    Without such a rota, or without a clinic: the last twelve hours, or the twelve before them. At most eight days.
    """
    rota = next(
        (r for r in book.rotas if (r.clinic_id, r.audience, r.line) == (clinic_id, Audience.CLINICAL, PRIMARY)), None
    )
    try:
        begins_us = max(shift_at(rota, now_us).start_us, now_us - LONGEST_US) if rota else now_us - WITHOUT_US
        if begins_us >= now_us:
            begins_us = now_us - 1  # handed over this very moment
        if not last:
            return Stretch(begins_us, now_us)
        before_us = shift_at(rota, begins_us - 1).start_us if rota else begins_us - WITHOUT_US
    except UnknownZone:
        return shift_of(Book((), book.people, book.clinics), clinic_id, now_us, last=last)
    return Stretch(max(before_us, begins_us - LONGEST_US), begins_us)


def next_turns(book: Book, clinic_id: int | None, now_us: int) -> Iterator[Turn]:
    """Of each rota the shift after the one that runs, and clinics without a clinical rota, as not covered.

    `clinic_id`: that clinic's and those of all clinics; None: every rota there is.
    """
    rotas = [one for one in book.rotas if clinic_id is None or one.clinic_id in (clinic_id, None)]
    answered = {one.clinic_id for one in rotas if (one.audience, one.line) == (Audience.CLINICAL, PRIMARY)}
    for clinic in book.clinics.values():
        wanted = clinic.has_patients if clinic_id is None else clinic.clinic_id == clinic_id
        if wanted and clinic.clinic_id not in answered:
            where = f"{clinic.name}, {Audience.CLINICAL}, {LINE_WORDS[PRIMARY]}"
            yield Turn(where, now_us, None, covered=False, why_not="there is no rota")
    for rota in rotas:
        where = where_of(book, rota)
        try:
            from_us, to_us = _next(rota, now_us)
            found = standing(rota, book.people, from_us, to_us)
        except UnknownZone:
            yield Turn(where, now_us, None, covered=False, why_not=f"unknown time zone {rota.zone}")
            continue
        person = None if found.shift.user_id is None else book.people.get(found.shift.user_id)
        name, gap = None if person is None else person.name, found.next_gap
        yield Turn(where, from_us, name, covered=gap is None, why_not="" if gap is None else str(gap.reason))


def _next(rota: Rota, now_us: int) -> tuple[int, int]:
    from_us = shift_at(rota, now_us).end_us
    if from_us >= END_US:
        return now_us, now_us + WITHOUT_US  # never handed over: who has it now has it then
    return from_us, shift_at(rota, from_us).end_us
