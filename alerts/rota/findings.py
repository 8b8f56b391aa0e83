"""What is wrong with the rotas of the days ahead, told before it matters.

Each finding has a key that stays the same for as long as the same thing is wrong, so that an alarm can be opened with
it and closed. Limits are design defaults [D].
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from alerts.rota.able import Unable, why_not
from alerts.rota.acceptance import is_accepted
from alerts.rota.doubled import doubled
from alerts.rota.local_time import DAY_US, UnknownZone, told, zone_of
from alerts.rota.roster import rotas_of
from alerts.rota.rotation import BEGINNING_US, END_US
from alerts.rota.shifts import Shift, whole_shifts
from telemetry.rota import LINE_WORDS, PRIMARY, Audience, Book, Rota

LOOK_AHEAD_DAYS: Final = 14
TESTED_WITHIN_DAYS: Final = 7
# A shift is asked for, and anything wrong is urgent, from so long before it on: time to find somebody else.
NOTICE_US: Final = DAY_US


class Kind(StrEnum):
    """What can be wrong."""

    UNCOVERED = "uncovered"
    UNABLE = "unable"
    UNTESTED = "untested"
    UNACCEPTED = "unaccepted"
    DOUBLED = "doubled"
    NO_ROTA = "no rota"
    UNKNOWN_ZONE = "unknown zone"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong.

    Attributes:
        key: stable name. matters_us: from when on it leaves somebody without an answer; in the past if it does already.
        urgent: that is within 24 h. what, where, action: for the people who put it right; names of people are in it,
            so it is for pages behind a sign-in and never for the preview of a message.
    """

    kind: Kind
    key: str
    clinic_id: int | None
    rota_id: int | None
    user_id: int | None
    matters_us: int
    urgent: bool
    where: str
    what: str
    action: str


def findings(
    book: Book,
    tested: Mapping[int, int],
    now_us: int,
    *,
    look_ahead_days: int = LOOK_AHEAD_DAYS,
    tested_within_days: int = TESTED_WITHIN_DAYS,
) -> list[Finding]:
    """All that is wrong from now up to the look-ahead, what matters first first.

    `tested`: user id -> when a channel of theirs was last seen to work, µs; a person who is not in it never had one.
    """
    found = [*_without_rota(book, now_us)]
    for rota in book.rotas:
        if not _is_known(rota):
            found.append(_unknown_zone(book, rota, now_us))
            continue
        ahead = whole_shifts(rota, now_us, now_us + look_ahead_days * DAY_US)
        found += _of_shifts(book, rota, ahead, now_us)
        found += _doubled(book, rota, now_us, now_us + look_ahead_days * DAY_US)
        since_us = now_us - tested_within_days * DAY_US
        found += _untested(book, rota, ahead, {user for user, at_us in tested.items() if at_us >= since_us}, now_us)
    return sorted(found, key=lambda one: (one.matters_us, one.key))


def where_of(book: Book, rota: Rota) -> str:
    """`North, clinical, primary`."""
    return f"{_clinic(book, rota.clinic_id)}, {rota.audience}, {LINE_WORDS[rota.line]}"


def _of_shifts(book: Book, rota: Rota, ahead: list[Shift], now_us: int) -> Iterator[Finding]:
    unable: set[int] = set()
    for shift in ahead:
        reason = why_not(rota, shift.user_id, book.people)
        if shift.user_id is None:
            yield _uncovered(book, rota, shift, now_us)
        elif reason is not None and shift.user_id not in unable:
            unable.add(shift.user_id)
            yield _unable(book, rota, shift, reason, now_us)
        elif reason is None and not _is_answered(rota, shift, now_us):
            yield _unaccepted(book, rota, shift, now_us)


def _is_answered(rota: Rota, shift: Shift, now_us: int) -> bool:
    if shift.start_us - now_us > NOTICE_US or shift.user_id is None:
        return True
    return is_accepted(rota.acceptances, shift.user_id, shift.start_us, shift.end_us)


def _untested(book: Book, rota: Rota, ahead: list[Shift], tested: set[int], now_us: int) -> Iterator[Finding]:
    asked: set[int] = set()
    for shift in ahead:
        user_id = shift.user_id
        if user_id is None or user_id in tested | asked or why_not(rota, user_id, book.people) is not None:
            continue
        asked.add(user_id)
        yield _finding(
            book, rota, Kind.UNTESTED, f"{rota.rota_id}:{user_id}", shift, now_us,
            f"{_person(book, user_id)} has no channel that was seen to work of late",
            "have them confirm a test page, or name somebody else",
        )  # fmt: skip


def _doubled(book: Book, rota: Rota, now_us: int, to_us: int) -> Iterator[Finding]:
    pair = (rota.clinic_id, rota.audience, PRIMARY)
    primary = next((one for one in book.rotas if (one.clinic_id, one.audience, one.line) == pair), None)
    if rota.line == PRIMARY or primary is None or not _is_known(primary):
        return
    for shift in doubled(primary, rota, now_us, to_us):
        if why_not(rota, shift.user_id, book.people) is None:
            yield _finding(
                book, rota, Kind.DOUBLED, f"{rota.rota_id}:{shift.user_id}:{shift.start_us}", shift, now_us,
                f"{_person(book, shift.user_id)} is primary as well {_stretch(rota, shift)}: nobody is second",
                "name somebody else for one of the two: `homehd rota override` or `swap`",
            )  # fmt: skip


def _uncovered(book: Book, rota: Rota, shift: Shift, now_us: int) -> Finding:
    return _finding(
        book, rota, Kind.UNCOVERED, f"{rota.rota_id}:{shift.start_us}", shift, now_us,
        f"nobody is on call {_stretch(rota, shift)}", "name somebody for it: `homehd rota override` or `rotate`",
    )  # fmt: skip


def _unable(book: Book, rota: Rota, shift: Shift, reason: Unable, now_us: int) -> Finding:
    return _finding(
        book, rota, Kind.UNABLE, f"{rota.rota_id}:{shift.user_id}", shift, now_us,
        f"{_person(book, shift.user_id)} is named {_stretch(rota, shift)} and cannot answer: {reason}",
        "name somebody who can, or put the account right: `homehd users list`",
    )  # fmt: skip


def _unaccepted(book: Book, rota: Rota, shift: Shift, now_us: int) -> Finding:
    return _finding(
        book, rota, Kind.UNACCEPTED, f"{rota.rota_id}:{shift.user_id}:{shift.start_us}", shift, now_us,
        f"{_person(book, shift.user_id)} has not accepted the shift {_stretch(rota, shift)}",
        "ask them to accept it (`homehd rota accept`), or name somebody else",
    )  # fmt: skip


def _without_rota(book: Book, now_us: int) -> Iterator[Finding]:
    for clinic in book.clinics.values():
        rotas = rotas_of(book, clinic.clinic_id, Audience.CLINICAL)
        if not clinic.has_patients or any(rota.line == PRIMARY for rota in rotas):
            continue
        what = "there are patients and no primary rota" if rotas else "there are patients and no rota"
        yield Finding(
            Kind.NO_ROTA, f"no-rota:{clinic.clinic_id}:{Audience.CLINICAL}", clinic.clinic_id, None, None, now_us, True,
            f"{clinic.name}, {Audience.CLINICAL}", f"{what}: alerts go to everyone of the clinic who may answer",
            "make one: `homehd rota add`, then `homehd rota rotate`",
        )  # fmt: skip


def _is_known(rota: Rota) -> bool:
    try:
        zone_of(rota.zone)
    except UnknownZone:
        return False
    return True


def _unknown_zone(book: Book, rota: Rota, now_us: int) -> Finding:
    return Finding(
        Kind.UNKNOWN_ZONE, f"unknown-zone:{rota.rota_id}", rota.clinic_id, rota.rota_id, None, now_us, True,
        where_of(book, rota), f"this machine does not know the time zone {rota.zone}: nobody is on call",
        "install or update the package tzdata, or make the rota anew in a zone there is",
    )  # fmt: skip


def _finding(
    book: Book, rota: Rota, kind: Kind, key: str, shift: Shift, now_us: int, what: str, action: str
) -> Finding:  # fmt: skip
    urgent = shift.start_us - now_us <= NOTICE_US
    return Finding(
        kind, f"{kind}:{key}", rota.clinic_id, rota.rota_id, shift.user_id, shift.start_us, urgent,
        where_of(book, rota), what, action,
    )  # fmt: skip


def _stretch(rota: Rota, shift: Shift) -> str:
    zone = zone_of(rota.zone)
    start = "" if shift.start_us <= BEGINNING_US else f"from {told(shift.start_us, zone)} "
    return start + ("until further notice" if shift.end_us >= END_US else f"to {told(shift.end_us, zone)}")


def _person(book: Book, user_id: int | None) -> str:
    person = book.people.get(user_id) if user_id is not None else None
    return person.name if person is not None else f"account {user_id}"


def _clinic(book: Book, clinic_id: int | None) -> str:
    clinic = book.clinics.get(clinic_id) if clinic_id is not None else None
    return clinic.name if clinic is not None else "all clinics"
