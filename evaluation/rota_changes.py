"""What people do to a rota, each in one transaction with its row in the record of deeds.

Whatever is judged (whose shift it is, what a calendar changes) is judged while nobody else can change the rota.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Final

from alerts.rota import calendar_change, calendar_import, swap
from alerts.rota.able import why_not
from alerts.rota.acceptance import is_accepted
from alerts.rota.calendar_change import Change
from alerts.rota.calendar_import import Imported
from alerts.rota.calendar_text import CalendarError
from alerts.rota.findings import LOOK_AHEAD_DAYS
from alerts.rota.local_time import DAY_US, told, zone_of
from alerts.rota.shifts import Shift, shift_at, whole_shifts
from store import audit, pool
from store import rota as store
from store.audit import Deed
from store.pool import Connection
from store.rota import Written
from telemetry.errors import HomehdError
from telemetry.rota import Acceptance, Audience, Book, Override, Rota, Rotation

# Nobody stands in for longer than a year; and what is entered "from now on" may have been typed a while.
LONGEST_OVERRIDE_US: Final = 366 * DAY_US
_TYPED_US: Final = 300_000_000


class Overtaken(HomehdError):
    """A shift is no longer as whoever wants to change it has seen it: somebody was quicker."""


class CannotAnswer(HomehdError):
    """The person named may not have a shift of this rota."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What an import found and what it changed; `change` is None when nothing was kept because of the problems."""

    imported: Imported
    change: Change | None


def add(conn: Connection, clinic_id: int | None, audience: Audience, line: int, zone: str, written: Written) -> int:
    """A new rota's id; StoreError when there is one of that clinic, audience and line."""
    with pool.transaction(conn, "add rota"):
        rota_id = store.add(conn, clinic_id, audience, line, zone, written)
        _note(conn, "add rota", rota_id, written, clinic=clinic_id, audience=str(audience), line=line)
    return rota_id


def end(conn: Connection, rota_id: int, written: Written) -> None:
    """End a rota for good."""
    with _alone(conn, "end rota", rota_id, written):
        store.withdraw(conn, rota_id, written)
        _note(conn, "end rota", rota_id, written)


def rotate(conn: Connection, rota_id: int, rotation: Rotation, written: Written) -> None:
    """A new version of the rotation, from now on or later. HomehdError when somebody in it cannot answer."""
    with _alone(conn, "set rotation", rota_id, written) as (book, rota):
        _not_of_the_past("set rotation", rotation.since_us, written)
        for user_id in rotation.people:
            _must_answer("set rotation", book, rota, user_id)
        number = store.rotate(conn, rota_id, rotation, written)
        _note(conn, "set rotation", rota_id, written, number=number, people=list(rotation.people))


def override(conn: Connection, rota_id: int, change: Override, written: Written, *, seen: Shift | None = None) -> int:
    """Somebody else, or nobody, for a stretch from now on or later; its number. HomehdError if they cannot answer.

    `seen`: the shift it is of, as whoever decided saw it; Overtaken when that is no longer so.
    """
    with _alone(conn, "override", rota_id, written) as (book, rota):
        _must_stand("override", book, rota, seen)
        _not_of_the_past("override", change.start_us, written)
        if not 0 < change.end_us - change.start_us <= LONGEST_OVERRIDE_US:
            raise HomehdError(
                "override", _where(rota, change.start_us), hint="its end is after its beginning, within a year"
            )
        if change.user_id is not None:
            _must_answer("override", book, rota, change.user_id)
        number = store.override(conn, rota_id, change, written)
        _note(conn, "override", rota_id, written, number=number, person=change.user_id)
    return number


def exchange(
    conn: Connection, rota_id: int, first_us: int, second_us: int, written: Written, *, seen: Sequence[Shift] = ()
) -> tuple[Override, Override]:
    """The people of two shifts exchange them; the two halves with their numbers. HomehdError when they cannot.

    `seen`: the two as whoever decided saw them; Overtaken when that is no longer so.
    """
    with _alone(conn, "swap", rota_id, written) as (book, rota):
        for shift in seen:
            _must_stand("swap", book, rota, shift)
        try:
            one, other = swap.swap(rota, first_us, second_us, written.now_us)
        except ValueError as error:
            raise HomehdError("swap", f"rota {rota_id}", hint=str(error)) from error
        for half in (one, other):
            _must_answer("swap", book, rota, half.user_id)
        one = replace(one, number=store.override(conn, rota_id, one, written))
        other = replace(other, number=store.override(conn, rota_id, other, written, swap_of=one.number))
        people = [one.user_id, other.user_id]
        _note(conn, "swap", rota_id, written, numbers=[one.number, other.number], people=people)
    return one, other


def withdraw(conn: Connection, rota_id: int, number: int, written: Written) -> list[int]:
    """Withdraw an override, of a swap both halves; the numbers withdrawn. HomehdError when there is none."""
    with _alone(conn, "withdraw override", rota_id, written):
        gone = store.withdraw_overrides(conn, rota_id, [number], written)
        if not gone:
            hint = "there is none of that number, or it was withdrawn: `homehd rota show`"
            raise HomehdError("withdraw override", str(number), hint=hint)
        _note(conn, "withdraw override", rota_id, written, numbers=gone)
    return gone


def accept(
    conn: Connection,
    rota_id: int,
    user_id: int,
    at_us: int | None,
    written: Written,
    *,
    accepted: bool = True,
    seen: Shift | None = None,
) -> Shift:
    """A person's word about their shift at a moment, or about their next that waits for it; the shift.

    HomehdError when they have none there, or none waits. `seen`: the shift as they saw it; Overtaken when that is no
    longer so. What is accepted already is not written again.
    """
    operation = "accept shift" if accepted else "decline shift"
    with _alone(conn, operation, rota_id, written) as (book, rota):
        _must_stand(operation, book, rota, seen)
        shift = _next(rota, user_id, written.now_us, accepted) if at_us is None else shift_at(rota, at_us)
        if shift is None or shift.user_id != user_id or shift.end_us <= written.now_us:
            hint = "`homehd rota show` shows whose which shift is"
            raise HomehdError(operation, f"account {user_id} has none there", hint=hint)
        if accepted and is_accepted(rota.acceptances, user_id, shift.start_us, shift.end_us):
            return shift
        store.accept(conn, rota_id, Acceptance(0, user_id, shift.start_us, shift.end_us, accepted), written)
        _note(conn, operation, rota_id, written, person=user_id, start_us=shift.start_us)
    return shift


def take_calendar(
    conn: Connection, rota_id: int, data: bytes, to_us: int, written: Written, *, partly: bool = False
) -> Taken:
    """Make the rota say what a calendar says, from now to a moment. With a problem nothing changes, unless `partly`.

    HomehdError for a file that is no calendar.
    """
    with _alone(conn, "import calendar", rota_id, written) as (book, rota):
        try:
            imported = calendar_import.take(data, rota, book.people, written.now_us, to_us)
        except CalendarError as error:
            raise HomehdError("import calendar", f"rota {rota_id}", hint=str(error)) from error
        if imported.problems and not partly:
            return Taken(imported, None)
        change = calendar_change.change(rota.overrides, imported.shifts, written.now_us, to_us)
        if change.withdrawn:
            store.withdraw_overrides(conn, rota_id, change.withdrawn, written)
        for one in change.new:
            store.override(conn, rota_id, one, written)
        if change.new or change.withdrawn:
            _note(conn, "import calendar", rota_id, written, new=len(change.new), withdrawn=len(change.withdrawn))
    return Taken(imported, change)


@contextmanager
def _alone(conn: Connection, operation: str, rota_id: int, written: Written) -> Iterator[tuple[Book, Rota]]:
    with pool.transaction(conn, operation):
        store.alone(conn, rota_id)
        book = store.load(conn, written.now_us)
        yield book, next(rota for rota in book.rotas if rota.rota_id == rota_id)


def _next(rota: Rota, user_id: int, now_us: int, accepted: bool) -> Shift | None:
    ahead = whole_shifts(rota, now_us, now_us + LOOK_AHEAD_DAYS * DAY_US)
    return next(
        (
            shift
            for shift in ahead
            if shift.user_id == user_id
            and is_accepted(rota.acceptances, user_id, shift.start_us, shift.end_us) is not accepted
        ),
        None,
    )


def _must_stand(operation: str, book: Book, rota: Rota, seen: Shift | None) -> None:
    if seen is None:
        return
    now = shift_at(rota, seen.start_us)
    if (now.start_us, now.end_us, now.user_id) == (seen.start_us, seen.end_us, seen.user_id):
        return
    person = book.people.get(now.user_id) if now.user_id is not None else None
    has = "nobody has it" if person is None else f"{person.name} has it"
    zone = zone_of(rota.zone)
    hint = f"{has} from {told(now.start_us, zone)} to {told(now.end_us, zone)}"
    raise Overtaken(operation, "this shift was changed meanwhile", hint=hint)


def _must_answer(operation: str, book: Book, rota: Rota, user_id: int | None) -> None:
    reason = why_not(rota, user_id, book.people)
    if reason is not None:
        person = book.people.get(user_id) if user_id is not None else None
        raise CannotAnswer(operation, person.email if person else f"account {user_id}", hint=str(reason))


def _not_of_the_past(operation: str, since_us: int, written: Written) -> None:
    if since_us < written.now_us - _TYPED_US:
        raise HomehdError(operation, "in the past", hint="who had it then is on record; from now on, or later")


def _where(rota: Rota, at_us: int) -> str:
    return f"rota {rota.rota_id}, {told(at_us, zone_of(rota.zone))}"


def _note(conn: Connection, action: str, rota_id: int, written: Written, **detail: Any) -> None:
    audit.append(conn, Deed(written.now_us, written.author, action, f"rota:{rota_id}", detail))
