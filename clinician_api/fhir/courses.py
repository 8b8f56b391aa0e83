"""Sources of what belongs to treatments: themselves, what they came to and their course, prescription, provenance."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Final

from clinician_api.fhir.looking import MAX_NUMBER, Found, Key, Looking, Source, number, numbers
from interop.fhir import export, plans, treatments
from interop.fhir.datatypes import Json
from interop.fhir.search import FOR_EVER
from interop.fhir.treatments import Course
from store import patient_record, registry, treatment_queries, treatment_record
from store.care import Entry
from store.patients import Prescription
from store.pool import AsyncConnection
from store.treatment_queries import FoundTreatment
from store.treatment_record import MINUTE_US, NUMERIC
from telemetry.signals import Signal

_AT_ONCE: Final = 50
# A treatment that is still going on a week after it began is not one: what ends later is looked for among the younger.
_LONGEST_US: Final = 7 * 86_400_000_000
_NOW: Final = "now-"
_OF_TREATMENTS: Final = ("Procedure", "Observation", "CarePlan")  # by the treatment's number
_DATES: Final = ("date",)


async def procedures(conn: AsyncConnection, looking: Looking) -> Source:
    """Treatments, newest first."""
    async for one in _treatments(conn, looking, looking.ids):
        yield _told(looking, one, treatments.procedure(one))


async def provenances(conn: AsyncConnection, looking: Looking) -> Source:
    """Where the resources of each treatment come from, newest first. Each is made of all of them."""
    async for one in _treatments(conn, looking, looking.ids or _treatments_of_targets(looking)):
        yield _told(looking, one, (await record(conn, looking, one))[-1])


async def record(conn: AsyncConnection, looking: Looking, one: FoundTreatment) -> list[Json]:
    """Everything of a treatment, as `homehd export fhir` has it."""
    held = await treatment_record.read(conn, one.treatment_id, looking.now_us)
    titles = {alert.rule: looking.title(alert.rule) for alert in held.alerts}
    return export.resources(held, titles, looking.version, looking.now_us, names=looking.names)


async def care_plans(conn: AsyncConnection, looking: Looking) -> Source:
    """What is prescribed now, and what was at each treatment, newest first."""
    for patient_id in _patients_now(looking):
        if looking.after is None and (made := await plan_now(conn, looking, patient_id)) is not None:
            yield Found((FOR_EVER, 0, 0), made if looking.asked.fits(made) else None, patient_id)
    known: dict[int, tuple[Prescription, list[Entry]]] = {}
    async for one in _treatments(conn, looking, looking.ids):
        if one.patient_id is None:
            continue
        if one.patient_id not in known:
            known[one.patient_id] = await treatment_record.prescribed(conn, one.patient_id)
        span = one.treatment
        prescribed = plans.in_force(*known[one.patient_id], span.start_us)
        if prescribed:
            made = plans.care_plan(str(one.treatment_id), one.patient_id, prescribed, span.start_us, span.end_us)
            yield _told(looking, one, made)


async def plan_now(conn: AsyncConnection, looking: Looking, patient_id: int) -> Json | None:
    """The prescription that holds; None: nothing is prescribed, or the patient is not seen."""
    seen = await patient_record.people(conn, patient_id - 1, 1)
    if not seen or seen[0].patient_id != patient_id or not looking.scope.sees(seen[0].clinic_id, patient_id):
        return None
    prescribed = plans.in_force(*await treatment_record.prescribed(conn, patient_id), looking.now_us)
    return plans.care_plan(f"{_NOW}{patient_id}", patient_id, prescribed, None, None, plans.NOW) if prescribed else None


async def observations(conn: AsyncConnection, looking: Looking) -> Source:
    """What each treatment came to, then its course by signal; newest treatment first.

    Only what fits is read: a course is of every reading of hours.
    """
    of = tuple({text.partition(".")[0] for text in looking.ids}) or tuple(looking.places("Procedure", "part-of"))
    async for one in _treatments(conn, looking, of, again=True):
        start = (one.treatment.start_us, one.treatment_id)
        begun = looking.after[2] if looking.after is not None and looking.after[:2] == start else -1
        made = treatments.totals(one)
        for place, resource in enumerate(made):
            if place > begun and looking.asked.fits(resource):
                yield Found((*start, place), resource, one.patient_id)
        places = {signal.name: 100 + place for place, signal in enumerate(NUMERIC)}
        wanted = [
            signal
            for signal in NUMERIC
            if places[signal.name] > begun and looking.asked.fits(treatments.course_head(one, signal))
        ]
        # Most pages end within a treatment: not all of it is read for them.
        for some in _by(wanted, 16):
            values = await treatment_record.courses(conn, one, looking.now_us, some)
            for signal in some:
                if signal.name in values:
                    course = Course(signal, one.treatment.start_us, MINUTE_US, values[signal.name].tolist())
                    yield Found((*start, places[signal.name]), treatments.course(one, course), one.patient_id)
        yield Found((*start, 99_999))


def _treatments_of_targets(looking: Looking) -> tuple[str, ...]:
    places = [place.partition("/") for place in looking.asked.places("target")]
    return tuple(of.partition(".")[0] for kind, _, of in places if kind in _OF_TREATMENTS)


def _by(wanted: list[Signal], count: int) -> Iterator[list[Signal]]:
    for start in range(0, len(wanted), count):
        yield wanted[start : start + count]


async def _treatments(
    conn: AsyncConnection, looking: Looking, ids: tuple[str, ...], *, again: bool = False
) -> AsyncIterator[FoundTreatment]:
    """Treatments that are seen, newest first: those of these ids, of a patient, or of a home.

    `again`: the page before may have ended within one, which then comes again.
    """
    if ids:
        held = [await treatment_queries.by_id(conn, one) for one in numbers(ids)[-_AT_ONCE:]]
        some = sorted((one for one in held if one is not None), key=_place, reverse=True)
        for one in some:
            if looking.scope.sees(one.clinic_id, one.patient_id) and _follows(looking.after, one, again=again):
                yield one
        return
    end_us, before = looking.asked.begins_before_us(*_DATES), 0
    if looking.after is not None and looking.after[0] <= end_us:
        end_us, before = looking.after[0], looking.after[1] + (1 if again else 0)
    start_us = max(0, looking.asked.ends_after_us(*_DATES) - _LONGEST_US)
    while True:
        some = await _part(conn, looking, start_us, end_us, before)
        for one in some:
            if looking.scope.sees(one.clinic_id, one.patient_id):
                yield one
        if len(some) < _AT_ONCE:
            return
        end_us, before = _place(some[-1])


async def _part(
    conn: AsyncConnection, looking: Looking, start_us: int, end_us: int, before: int
) -> list[FoundTreatment]:
    span = (start_us, end_us, _AT_ONCE, before)
    for patient_id in numbers(looking.places("Patient", "patient", "subject", "target"), MAX_NUMBER)[:1]:
        return await treatment_queries.of_patient(conn, patient_id, *span)
    metrics = looking.places("DeviceMetric", "device")
    homes = [*looking.places("Device", "subject"), *(one.partition(".")[0] for one in metrics)]
    for unit in await registry.units(conn):
        if unit.name in homes[:1]:
            return await treatment_queries.of_unit(conn, unit.unit_id, *span)
    return []


def _patients_now(looking: Looking) -> list[int]:
    if looking.ids:
        found = (number(one.removeprefix(_NOW), MAX_NUMBER) for one in looking.ids if one.startswith(_NOW))
        return [one for one in found if one is not None]
    return numbers(looking.places("Patient", "patient", "subject"), MAX_NUMBER)[:1]


def _told(looking: Looking, one: FoundTreatment, made: Json) -> Found:
    return Found((*_place(one), 0), made if looking.asked.fits(made) else None, one.patient_id)


def _place(one: FoundTreatment) -> tuple[int, int]:
    return one.treatment.start_us, one.treatment_id


def _follows(after: Key | None, one: FoundTreatment, *, again: bool) -> bool:
    return after is None or _place(one) < after[:2] or (again and _place(one) == after[:2])
