"""Whom an alert of a clinic goes to at a moment: primary, backup, everyone; and why a line is empty."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from alerts.rota.able import why_not, why_not_for
from alerts.rota.local_time import DAY_US, UnknownZone
from alerts.rota.rotation import in_force
from alerts.rota.shifts import shift_at
from telemetry.rota import BACKUP, PRIMARY, Audience, Book, Rota

NO_ROTA: Final = "there is no rota"
# Who stands in, or comes, within the look-ahead is on the rota too; who stood in a month ago is not.
_AHEAD_US: Final = 14 * DAY_US
# When nobody of a rota can answer: a page must reach somebody, and a person who cannot act can call one who can.
_FALLBACK: Final[dict[Audience, tuple[Audience, ...]]] = {
    Audience.CLINICAL: (Audience.CLINICAL, Audience.TECHNICAL, Audience.OPERATIONS),
    Audience.TECHNICAL: (Audience.TECHNICAL, Audience.OPERATIONS, Audience.CLINICAL),
    Audience.OPERATIONS: (Audience.OPERATIONS, Audience.TECHNICAL, Audience.CLINICAL),
}


@dataclass(frozen=True, slots=True)
class Roster:
    """Whom to reach, by user id; only people who can answer.

    Attributes:
        everyone: all on the rota of both lines, primary and backup among them, in order of their ids. Where there is
            none, or nobody of it can answer, all accounts that may; empty only when no account at all may.
        why: line -> why nobody has it, in words.
    """

    primary: int | None
    backup: int | None
    everyone: tuple[int, ...]
    why: Mapping[int, str] = field(default_factory=dict)


def rotas_of(book: Book, clinic_id: int | None, audience: Audience) -> list[Rota]:
    """The rotas that serve a clinic for an audience, primary first: of each line its own, else that of all clinics."""
    serving: dict[int, Rota] = {}
    for of in (None, clinic_id):
        serving |= {one.line: one for one in book.rotas if one.audience is audience and one.clinic_id == of}
    return [serving[line] for line in sorted(serving)]


def roster(book: Book, clinic_id: int | None, audience: Audience, at_us: int) -> Roster:
    """Whom to reach for a clinic (None: for no clinic in particular, as when our own server fails). Never raises.

    A rota whose zone this machine does not know has nobody on call, and says so; all its people are in `everyone`.
    """
    rotas = rotas_of(book, clinic_id, audience)
    on_call: dict[int, int] = {}
    why = dict.fromkeys((PRIMARY, BACKUP), NO_ROTA)
    for rota in rotas:
        user_id, reason = _on_call(rota, book, at_us)
        why[rota.line] = reason
        if not reason and user_id is not None:
            on_call[rota.line] = user_id
    able = {
        user_id
        for rota in rotas
        for user_id in (*_named(rota, at_us), *on_call.values())
        if why_not(rota, user_id, book.people) is None
    }
    everyone = able or _all_who_may(book, clinic_id, audience)
    reasons = {line: reason for line, reason in why.items() if reason}
    return Roster(on_call.get(PRIMARY), on_call.get(BACKUP), tuple(sorted(everyone)), reasons)


def _on_call(rota: Rota, book: Book, at_us: int) -> tuple[int | None, str]:
    try:
        user_id = shift_at(rota, at_us).user_id
    except UnknownZone:
        return None, f"this machine does not know the time zone {rota.zone}"
    reason = why_not(rota, user_id, book.people)
    return user_id, "" if reason is None else str(reason)


def _named(rota: Rota, at_us: int) -> Iterable[int]:
    held = in_force(rota.rotations, at_us)
    if held is not None:
        yield from held.people
    for one in rota.overrides:
        if one.user_id is not None and one.end_us > at_us and one.start_us < at_us + _AHEAD_US:
            yield one.user_id


def _all_who_may(book: Book, clinic_id: int | None, audience: Audience) -> set[int]:
    for fallback in _FALLBACK[audience]:
        found = {person.user_id for person in book.people.values() if why_not_for(clinic_id, fallback, person) is None}
        if found:
            return found
    return set()
