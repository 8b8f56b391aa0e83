"""What `homehd rota show` and `check` print: rows of columns, times local to the rota."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from alerts.rota.acceptance import is_accepted
from alerts.rota.findings import Finding, where_of
from alerts.rota.local_time import UnknownZone, told, zone_of
from alerts.rota.roster import roster
from alerts.rota.rotation import END_US
from alerts.rota.shifts import Shift, whole_shifts
from alerts.rota.standing import Standing, standing
from telemetry.rota import Audience, Book, Rota, Source

Row = tuple[str, ...]


def coverage(book: Book, rotas: Sequence[Rota], now_us: int, to_us: int) -> Iterator[Row]:
    """A row a rota: covered or not, who, until when, and the next stretch that nobody answers."""
    for rota in rotas:
        try:
            found = standing(rota, book.people, now_us, to_us)
        except UnknownZone:
            yield "NOT COVERED", where_of(book, rota), "-", f"unknown time zone {rota.zone}"
            continue
        state = "covered" if found.covered else "NOT COVERED"
        yield state, where_of(book, rota), _name(book, found.shift.user_id), _until(rota, found, to_us)


def reach(book: Book, clinic_ids: Sequence[int], now_us: int) -> Iterator[Row]:
    """A row a clinic: all whom its clinical alerts can reach now, and why a line of it is empty."""
    for clinic_id in clinic_ids:
        found = roster(book, clinic_id, Audience.CLINICAL, now_us)
        everyone = ", ".join(_name(book, user_id) for user_id in found.everyone) or "NOBODY"
        why = "; ".join(f"line {line}: {reason}" for line, reason in found.why.items())
        yield "everyone", book.clinics[clinic_id].name, everyone, why or "-"


def plan(book: Book, rota: Rota, now_us: int, to_us: int) -> Iterator[Row]:
    """The shifts of the days ahead, every rotation, and what was written by hand and is not over."""
    try:
        zone = zone_of(rota.zone)
    except UnknownZone:
        yield "not shown", f"unknown time zone {rota.zone}"
        return
    for shift in whole_shifts(rota, now_us, to_us):
        times = f"{told(shift.start_us, zone)} – {'…' if shift.end_us >= END_US else told(shift.end_us, zone)}"
        yield "shift", times, _name(book, shift.user_id), str(shift.source), _word(rota, shift)
    for rotation in rota.rotations:
        names = ", ".join(_name(book, user_id) for user_id in rotation.people) or "nobody"
        turn = f"every {rotation.every_days} d at {rotation.hand_over:%H:%M} from {rotation.anchor}"
        yield "rotation", f"from {told(rotation.since_us, zone)}", names, turn, "-"
    for one in rota.overrides:
        if one.end_us > now_us and one.source is not Source.CALENDAR:
            times = f"{told(one.start_us, zone)} – {told(one.end_us, zone)}"
            yield f"{one.source} {one.number}", times, _name(book, one.user_id), "-", "-"


def told_findings(found: Sequence[Finding]) -> Iterator[Row]:
    """A row a finding: how urgent, where, what, and what to do."""
    for one in found:
        yield "URGENT" if one.urgent else "soon", one.where, one.what, one.action


def _until(rota: Rota, found: Standing, to_us: int) -> str:
    zone = zone_of(rota.zone)
    if found.why_not is not None:
        return str(found.why_not)
    if found.next_gap is None:
        return f"no gap up to {told(to_us, zone)}"
    return f"gap from {told(found.next_gap.start_us, zone)}: {found.next_gap.reason}"


def _word(rota: Rota, shift: Shift) -> str:
    if shift.user_id is None:
        return "-"
    accepted = is_accepted(rota.acceptances, shift.user_id, shift.start_us, shift.end_us)
    return "accepted" if accepted else "not accepted"


def _name(book: Book, user_id: int | None) -> str:
    if user_id is None:
        return "nobody"
    person = book.people.get(user_id)
    return person.name if person is not None else f"account {user_id}"
