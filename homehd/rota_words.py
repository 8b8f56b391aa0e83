"""What people type about a rota, checked before it is kept."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from alerts.rota.local_time import UnknownZone, microseconds, zone_of
from telemetry.errors import HomehdError, SettingsError
from telemetry.rota import LINE_WORDS, LONGEST_TURN_DAYS, MOST_PEOPLE, Audience, Book, Clinic, Person, Rota

ALL_CLINICS: Final = "-"
# Who counts turns from further off mistyped the year.
_ANCHORS: Final = (date(2000, 1, 1), date(2099, 12, 31))


def zone(name: str) -> str:
    """The name of a time zone there is; SettingsError."""
    try:
        return zone_of(name).key
    except UnknownZone as error:
        raise _fault(f"--zone {name}", "a time zone as the IANA names it, like Europe/Berlin") from error


def clinic(book: Book, name: str) -> Clinic | None:
    """The clinic of that name; None for `-`, all clinics. HomehdError when there is none."""
    if name == ALL_CLINICS:
        return None
    found = next((one for one in book.clinics.values() if one.name == name), None)
    if found is None:
        known = ", ".join(sorted(one.name for one in book.clinics.values())) or "none yet"
        raise HomehdError("find clinic", name, hint=f"clinics are made with their homes and accounts: {known}")
    return found


def rota(book: Book, clinic_name: str, audience: Audience, line: str) -> Rota:
    """The rota of a clinic (`-`: of all), an audience and a line (primary, backup); HomehdError when there is none."""
    of = clinic(book, clinic_name)
    wanted = (None if of is None else of.clinic_id, audience, line)
    for one in book.rotas:
        if (one.clinic_id, one.audience, LINE_WORDS[one.line]) == wanted:
            return one
    raise HomehdError("find rota", f"{clinic_name}, {audience}, {line}", hint="`homehd rota add` makes one")


def person(book: Book, email: str) -> Person:
    """Whose e-mail that is; its case does not matter. HomehdError when nobody has it."""
    for one in book.people.values():
        if one.email.casefold() == email.strip().casefold():
            return one
    raise HomehdError("find user", email, hint="`homehd users list` shows those there are")


def people(book: Book, emails: str) -> tuple[int, ...]:
    """The user ids of e-mails with commas between, in their order; somebody may stand there twice."""
    found = tuple(person(book, email).user_id for email in emails.split(","))
    if len(found) > MOST_PEOPLE:
        raise _fault("--people", f"{MOST_PEOPLE} turns at most")
    return found


def every_days(text: str) -> int:
    """`7d` or `1w`: the length of a turn in days, 1…56."""
    found = re.fullmatch(r"(\d{1,3})([dw])", text)
    days = int(found[1]) * (7 if found[2] == "w" else 1) if found else 0
    if not 1 <= days <= LONGEST_TURN_DAYS:
        raise _fault(f"--every {text}", f"days or weeks, like 7d or 2w; {LONGEST_TURN_DAYS} days at most")
    return days


def hand_over(text: str) -> time:
    """`08:00`, local."""
    found = re.fullmatch(r"([01]\d|2[0-3]):([0-5]\d)", text)
    if not found:
        raise _fault(f"--hand-over {text}", "local time of day, like 08:00")
    return time(int(found[1]), int(found[2]))


def anchor(text: str) -> date:
    """`2026-03-02`, local."""
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise _fault(f"--anchor {text}", "a day, like 2026-03-02") from error
    if not _ANCHORS[0] <= day <= _ANCHORS[1]:
        raise _fault(f"--anchor {text}", f"{_ANCHORS[0]} to {_ANCHORS[1]}")
    return day


def moment(text: str, flag: str, local: ZoneInfo) -> int:
    """`2026-03-02T08:00`, local time of the rota unless it says a zone; µs. SettingsError, also for no one moment.

    A local time that a change of clocks repeats or skips is asked for with its offset: whoever types it means one.
    """
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise _fault(f"{flag} {text}", "a time, like 2026-03-02T08:00 (local) or 2026-03-02T07:00:00Z") from error
    if at.tzinfo is not None:
        return microseconds(at)
    early, late = at.replace(tzinfo=local, fold=0), at.replace(tzinfo=local, fold=1)
    if early.utcoffset() != late.utcoffset():
        either = " or ".join(f"{at.isoformat()}{_offset(one)}" for one in (early, late))
        hint = f"the clocks change there: say which, {either}"
        raise _fault(f"{flag} {text}", hint)
    return microseconds(early)


def _offset(at: datetime) -> str:
    minutes = (at.utcoffset() or timedelta()) // timedelta(minutes=1)
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


def _fault(subject: str, hint: str) -> SettingsError:
    return SettingsError("read flags", subject, hint=hint)
