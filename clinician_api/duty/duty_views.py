"""Rotas, coverage and self-tests to what is told of them. Pure: the time is handed in.

The shapes are those of `clinician_api.duty.duty_models`; a test holds them together.
"""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final
from zoneinfo import ZoneInfo

from alerts.rota.able import ANSWERS, why_not
from alerts.rota.acceptance import is_accepted
from alerts.rota.coverage import Coverage, Line, coverages
from alerts.rota.findings import NOTICE_US
from alerts.rota.local_time import UnknownZone, local, zone_of
from alerts.rota.roster import rotas_of
from alerts.rota.rotation import BEGINNING_US, END_US
from alerts.rota.shifts import Shift, whole_shifts
from clinician_api.access import Action, Scope
from clinician_api.duty import shift_ids
from clinician_api.live.duty_board import DutySeen
from clinician_api.live.views import View, moment
from store.selftests import OVERDUE_US, TORN_US, Run
from telemetry.rota import LINE_WORDS, Audience, Book, Override, Person, Rota, Source

_UTC: Final = ZoneInfo("UTC")


def duty(book: Book, tested: Collection[int], run: Run | None, now_us: int) -> DutySeen:
    """All that screens are told, of every clinic."""
    clinics = sorted(book.clinics.values(), key=lambda one: one.name)
    return DutySeen(
        {one.clinic_id: clinic_duty(book, one.clinic_id, tested, now_us) for one in clinics},
        selftest_line(run, now_us),
        _channels_by_clinic(run, book.people),
    )


def clinic_duty(book: Book, clinic_id: int, tested: Collection[int], now_us: int) -> View:
    """A `ClinicDuty`."""
    rotas = [rota for audience in Audience for rota in rotas_of(book, clinic_id, audience)]
    return {
        "clinic": book.clinics[clinic_id].name,
        "revision": zlib.crc32(repr(rotas).encode()),
        "coverage": [_coverage(one, book.people) for one in coverages(book, clinic_id, tested, now_us)],
    }


def selftest_line(run: Run | None, now_us: int) -> View:
    """A `SelftestLine` without its counts."""
    if run is None:
        return {"state": "never", "at": None, "broken": ""}
    if now_us - run.begun_us > OVERDUE_US:
        state = "overdue"
    elif run.ended_us is None and now_us - run.begun_us <= TORN_US:
        state = "running"
    else:
        state = "passed" if run.passed else "failed"
    return {"state": state, "at": moment(run.begun_us), "broken": str(run.broken)}


def selftest(book: Book, tested: Collection[int], run: Run | None, scope: Scope, now_us: int) -> View:
    """`line`, `run` and `untested` of a `Selftest`, as far as the scope sees the people."""
    line = DutySeen({}, selftest_line(run, now_us), _channels_by_clinic(run, book.people)).view(scope)["selftest"]
    return {
        "line": line,
        "run": None if run is None else _run(run, book.people, scope),
        "untested": sorted(
            one.name for one in book.people.values() if _may_have_shifts(one, scope) and one.user_id not in tested
        ),
    }


def sees(scope: Scope, rota: Rota) -> bool:
    """Whether a rota concerns the scope: of its clinic, or of all clinics, hers among them."""
    of_all = rota.clinic_id is None and scope.clinic_id is not None
    return scope.sees_clinic(rota.clinic_id) or of_all


def may_change(scope: Scope, rota: Rota) -> bool:
    """Whether who has the shifts of a rota is the scope's to say: clinical duty of its own clinic."""
    own = rota.audience is Audience.CLINICAL and scope.sees_clinic(rota.clinic_id)
    return own and scope.may(Action.CHANGE_ROTA)


def rota_view(book: Book, rota: Rota, user_id: int, scope: Scope, span: tuple[int, int], now_us: int) -> View:
    """A `RotaView` over a stretch, for a person."""
    changes = may_change(scope, rota)
    view = {
        "rota_id": str(rota.rota_id),
        "clinic": None if rota.clinic_id is None else book.clinics[rota.clinic_id].name,
        "audience": str(rota.audience),
        "line": LINE_WORDS[rota.line],
        "zone": rota.zone,
        "people": _who_could(book, rota) if changes else [],
    }
    try:
        zone = zone_of(rota.zone)
    except UnknownZone as error:
        return {**view, "trouble": error.line(), "shifts": [], "overrides": []}
    shifts = whole_shifts(rota, *span)
    return {
        **view,
        "trouble": "",
        "shifts": [_shift(book, rota, one, zone, user_id, scope, now_us) for one in shifts],
        "overrides": [
            _override(one, zone, book.people, changes and one.end_us > now_us)
            for one in rota.overrides
            if one.source is not Source.CALENDAR and one.end_us > span[0] and one.start_us < span[1]
        ],
    }


def _shift(
    book: Book, rota: Rota, shift: Shift, zone: ZoneInfo, user_id: int, scope: Scope, now_us: int
) -> View:  # fmt: skip
    reason = why_not(rota, shift.user_id, book.people)
    has = shift.user_id
    accepted = has is not None and is_accepted(rota.acceptances, has, shift.start_us, shift.end_us)
    over = shift.end_us <= now_us
    may = []
    if has == user_id and not over and scope.may(Action.ACCEPT_SHIFTS):
        may = ["decline"] if accepted else ["accept", "decline"]
    if not over and may_change(scope, rota):
        may += ["override"] if has is None else ["override", "swap"]
    return {
        "shift_id": shift_ids.name_of(rota.rota_id, shift),
        "start": None if shift.start_us <= BEGINNING_US else local(shift.start_us, zone),
        "end": None if shift.end_us >= END_US else local(shift.end_us, zone),
        "person": _name(book.people, has),
        "yours": has == user_id,
        "source": str(shift.source),
        "covered": reason is None,
        "why_not": "" if reason is None else str(reason),
        "accepted": accepted,
        "waits": reason is None and not accepted and not over and shift.start_us - now_us <= NOTICE_US,
        "may": may,
    }


def _override(one: Override, zone: ZoneInfo, people: Mapping[int, Person], may_withdraw: bool) -> View:
    return {
        "override_id": str(one.number), "source": str(one.source), "start": local(one.start_us, zone),
        "end": local(one.end_us, zone), "person": _name(people, one.user_id), "may_withdraw": may_withdraw,
    }  # fmt: skip


def _who_could(book: Book, rota: Rota) -> Sequence[View]:
    able = [one for one in book.people.values() if why_not(rota, one.user_id, book.people) is None]
    return [{"person_id": str(one.user_id), "name": one.name} for one in sorted(able, key=lambda one: one.name)]


def _coverage(one: Coverage, people: Mapping[int, Person]) -> View:
    return {
        "audience": str(one.audience), "state": str(one.state), "primary": _line(one.primary, people),
        "backup": None if one.backup is None else _line(one.backup, people),
    }  # fmt: skip


def _line(one: Line, people: Mapping[int, Person]) -> View:
    zone = _zone(one.rota)
    hole = one.next_hole
    return {
        "person": _name(people, one.user_id),
        "until": None if one.until_us is None else local(one.until_us, zone),
        "why_not": one.why_not,
        "accepted": one.accepted,
        "tested": one.tested,
        "next_hole": None if hole is None else {
            "start": local(hole.start_us, zone), "end": None if hole.end_us is None else local(hole.end_us, zone),
            "reason": hole.reason, "person": _name(people, hole.user_id),
        },
    }  # fmt: skip


def _zone(rota: Rota | None) -> ZoneInfo:
    if rota is None:
        return _UTC
    try:
        return zone_of(rota.zone)
    except UnknownZone:
        return _UTC  # and there is no time to tell


def _name(people: Mapping[int, Person], user_id: int | None) -> str | None:
    if user_id is None:
        return None
    return people[user_id].name if user_id in people else f"account {user_id}"


def _channels_by_clinic(run: Run | None, people: Mapping[int, Person]) -> dict[int | None, tuple[int, int]]:
    found: dict[int | None, tuple[int, int]] = {}
    for channel in () if run is None else run.channels:
        clinic_id = people[channel.user_id].clinic_id if channel.user_id in people else None
        taken, count = found.get(clinic_id, (0, 0))
        found[clinic_id] = (taken + channel.taken, count + 1)
    return found


def _run(run: Run, people: Mapping[int, Person], scope: Scope) -> View:
    return {
        "begun": moment(run.begun_us),
        "ended": None if run.ended_us is None else moment(run.ended_us),
        "daily": run.asked_by == "daily",
        "broken": str(run.broken),
        # Of broken channels it names each, of every clinic.
        "detail": run.detail if scope.all_clinics or run.broken != "channels" else "",
        "alert_s": run.alert_s, "notice_s": run.notice_s, "channels_s": run.channels_s,
        "channels": list(_channels(run, people, scope)),
    }  # fmt: skip


def _channels(run: Run, people: Mapping[int, Person], scope: Scope) -> Iterator[View]:
    for one in run.channels:
        person = people.get(one.user_id)
        if scope.sees_clinic(None if person is None else person.clinic_id):
            yield {
                "person": one.user, "kind": one.kind, "label": one.label, "state": one.state, "taken": one.taken,
                "seconds": max(0.0, one.seconds), "detail": one.detail,
            }  # fmt: skip


def _may_have_shifts(person: Person, scope: Scope) -> bool:
    answers = any(person.role in roles for audience, roles in ANSWERS.items() if audience is not Audience.OPERATIONS)
    return answers and not person.disabled and scope.sees_clinic(person.clinic_id)
