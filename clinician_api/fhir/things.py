"""Sources of what there is without treatments: patients, clinics, machines; and of what happened beside them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

from clinician_api.access import Action
from clinician_api.fhir.looking import MAX_NUMBER, Found, Looking, Source, number, numbers
from interop.fhir import alerts, audit, devices, people
from interop.fhir.datatypes import Json, reference
from store import patient_record, registry
from store.audit import who_looked
from store.patient_record import Person
from store.pool import AsyncConnection
from store.registry import Unit
from telemetry.signals import CATALOGUE

_AT_ONCE: Final = 100


async def patients(conn: AsyncConnection, looking: Looking) -> Source:
    """Patients by number."""
    async for one in _people(conn, looking, looking.above()):
        name = one.name if looking.names else None
        yield _fitting(looking, one.patient_id, people.patient(one.patient_id, one.clinic_id, name), one.patient_id)


async def organizations(conn: AsyncConnection, looking: Looking) -> Source:
    """Clinics of the homes and patients that are seen, by number."""
    seen = {unit.clinic_id for unit in await registry.units(conn) if _sees(looking, unit)}
    seen |= {one.clinic_id async for one in _people(conn, looking, -1)}
    for clinic_id, name in await patient_record.clinics(conn):
        if clinic_id in seen and clinic_id > looking.above():
            yield _fitting(looking, clinic_id, people.organization(clinic_id, name), None)


async def machines(conn: AsyncConnection, looking: Looking) -> Source:
    """Ourselves, and the homes' machines by number."""
    if looking.above() < 0:
        yield _fitting(looking, 0, devices.ourselves(looking.version), None)
    for unit in await registry.units(conn):
        if unit.unit_id > looking.above() and _sees(looking, unit):
            whom = unit.patient_id if looking.scope.may(Action.SEE_PATIENTS) else None
            yield _fitting(looking, unit.unit_id, devices.device(unit.name, unit.clinic_id, whom), whom)


async def metrics(conn: AsyncConnection, looking: Looking) -> Source:
    """What each home's machine can measure, in the order of the catalogue."""
    first = looking.after or (-1, -1, 0)
    for unit in await registry.units(conn):
        if not _sees(looking, unit):
            continue
        for place, signal in enumerate(CATALOGUE):
            key = (unit.unit_id, place, 0)
            made = devices.metric(unit.name, signal)
            if key > first and looking.asked.fits(made):
                yield Found(key, made)


async def issues(conn: AsyncConnection, looking: Looking) -> Source:
    """Alerts of a patient as DetectedIssue or Flag, newest first."""
    if looking.ids:
        some = numbers(looking.ids)[-_AT_ONCE:]
        async for found in _issues(conn, looking, [one for one in some if one < looking.below()]):
            yield found
        return
    for patient_id in _whose(looking):
        before = looking.below()
        while some := await patient_record.alert_ids(conn, patient_id, before, _AT_ONCE):
            async for found in _issues(conn, looking, some):
                yield found
            before = some[-1]


async def _issues(conn: AsyncConnection, looking: Looking, some: list[int]) -> Source:
    for part in await patient_record.alerts(conn, some):
        alert = part.alert
        whose = alert.owner_id
        if whose is None or not looking.scope.sees(alert.owner_clinic_id, whose):
            continue
        title, subject = looking.title(alert.rule), reference("Patient", str(whose))
        made = (
            alerts.flag(alert, title, subject)
            if looking.asked.kind == "Flag"
            else alerts.detected_issue(alert, part.events, title, subject, looking.names)
        )
        yield _fitting(looking, alert.alert_id, made, whose)


async def pages(conn: AsyncConnection, looking: Looking) -> Source:
    """Pages to staff about a patient's alerts, newest first."""
    if looking.ids:
        for delivery_id in reversed(numbers(looking.ids)[-_AT_ONCE:]):
            if delivery_id < looking.below():
                some, _ = await patient_record.told(conn, None, delivery_id + 1, 1, delivery_id)
                for found in _pages(looking, some):
                    yield found
        return
    for patient_id in _whose(looking):
        before: int | None = looking.below()
        while before is not None:
            some, before = await patient_record.told(conn, patient_id, before, _AT_ONCE)
            for found in _pages(looking, some):
                yield found


def _pages(looking: Looking, some: list[patient_record.ToldPatient]) -> list[Found]:
    seen = [one for one in some if looking.scope.sees(one.clinic_id, one.patient_id)]
    return [
        _fitting(
            looking, one.told.delivery_id,
            alerts.communication(one.told, reference("Patient", str(one.patient_id)), looking.names), one.patient_id,
        )
        for one in seen
    ]  # fmt: skip


async def deeds(conn: AsyncConnection, looking: Looking) -> Source:
    """Who looked at a patient, and what was done, newest first."""
    for patient_id, event in _deeds(looking):
        if await _is_seen(conn, looking, patient_id):
            for row in await who_looked(conn, patient_id, event + 1, 1):
                if row.event_id == event:
                    yield _fitting(looking, event, audit.audit_event(row, patient_id, looking.names), patient_id)
    whose = [] if looking.ids else _whose(looking, "patient", "entity")
    for patient_id in whose:
        before = looking.below() if await _is_seen(conn, looking, patient_id) else 0
        while some := await who_looked(conn, patient_id, before, _AT_ONCE):
            for row in some:
                made = audit.audit_event(row, patient_id, looking.names)
                yield _fitting(looking, row.event_id, made, patient_id)
            before = some[-1].event_id


def _deeds(looking: Looking) -> list[tuple[int, int]]:
    """Patient and row of the ids asked for, the newest first."""
    found = []
    for text in looking.ids:
        patient_id, event = number(text.partition(".")[0], MAX_NUMBER), number(text.partition(".")[2])
        if patient_id is not None and event is not None and event < looking.below():
            found.append((patient_id, event))
    return sorted(found, key=lambda one: -one[1])


async def _is_seen(conn: AsyncConnection, looking: Looking, patient_id: int) -> bool:
    some = await patient_record.people(conn, patient_id - 1, 1)
    return any(one.patient_id == patient_id and looking.scope.sees(one.clinic_id, patient_id) for one in some)


async def _people(conn: AsyncConnection, looking: Looking, after: int) -> AsyncIterator[Person]:
    while some := await patient_record.people(conn, after, _AT_ONCE):
        for one in some:
            if looking.scope.sees(one.clinic_id, one.patient_id):
                yield one
        after = some[-1].patient_id


def _fitting(looking: Looking, place: int, made: Json, patient_id: int | None) -> Found:
    key = (place, 0, 0)
    return Found(key, made, patient_id) if looking.asked.fits(made) else Found(key)


def _sees(looking: Looking, unit: Unit) -> bool:
    return looking.scope.sees(unit.clinic_id, unit.patient_id)


def _whose(looking: Looking, *names: str) -> list[int]:
    return numbers(looking.places("Patient", *(names or ("patient", "subject"))), MAX_NUMBER)[:1]
