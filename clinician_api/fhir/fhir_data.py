"""What the API asks of the store for `/fhir`: a part of `clinician_api.data`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from clinician_api.access import Action
from clinician_api.fhir import courses, things
from clinician_api.fhir.looking import Key, Looking, Source
from interop.fhir import plans
from interop.fhir.bundle import stamped
from interop.fhir.datatypes import Json
from interop.fhir.referral import Referral, document
from store import patient_events, patient_record, pool, treatment_queries, treatment_record
from store.patient_record import Person
from store.pool import AsyncConnection
from store.values import LATEST_US
from telemetry.clock import Clock

# A page may take seconds of a connection, and screens have the same ones.
AT_ONCE: Final = 2
# Longer nobody waits for a page: it goes on with the next.
LONGEST_S: Final = 2.0
# Of a referral: so many treatments, and alerts and notes of so many days, at most so many of each.
LAST: Final = 6
DAYS: Final = 30
MOST: Final = 50
_DAY_US: Final = 86_400_000_000

SOURCES: Final[dict[str, Callable[[AsyncConnection, Looking], Source]]] = {
    "Patient": things.patients, "Organization": things.organizations, "Device": things.machines,
    "DeviceMetric": things.metrics, "Procedure": courses.procedures, "Observation": courses.observations,
    "DetectedIssue": things.issues, "Flag": things.issues, "Communication": things.pages,
    "CarePlan": courses.care_plans, "AuditEvent": things.deeds, "Provenance": courses.provenances,
}  # fmt: skip
# What one has to see on the dashboard to be given it here, beside the right to `/fhir` itself.
NEEDS: Final[dict[str, Action]] = {
    "Patient": Action.SEE_UNITS, "Organization": Action.SEE_UNITS, "Device": Action.SEE_UNITS,
    "DeviceMetric": Action.SEE_UNITS, "Procedure": Action.SEE_TREATMENTS, "Observation": Action.SEE_HISTORY,
    "DetectedIssue": Action.SEE_ALERTS, "Flag": Action.SEE_ALERTS, "Communication": Action.SEE_NOTICES,
    "CarePlan": Action.SEE_PRESCRIPTION, "AuditEvent": Action.SEE_WHO_LOOKED, "Provenance": Action.SEE_TREATMENTS,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a search. `patients`: whom it shows. `following`: the place where it ended, None: nothing is left."""

    resources: list[Json]
    patients: frozenset[int]
    following: Key | None


class FhirData:
    """Beside `Data`, on its pool. Every method may raise StoreError, which becomes a 503."""

    def __init__(self, opened: Callable[[], pool.Pool]) -> None:
        self._opened = opened
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def page(self, looking: Looking, count: int, clock: Clock) -> Page:
        """At most `count` resources that fit."""
        made: list[Json] = []
        patients: set[int] = set()
        last: Key | None = None
        async with self._turns, self._opened().connection() as conn:
            until_s = clock.monotonic_s() + LONGEST_S
            async for found in SOURCES[looking.asked.kind](conn, looking):
                if found.resource is not None:
                    if len(made) == count:
                        return Page(made, frozenset(patients), last)
                    made.append(stamped(found.resource))
                    patients |= set() if found.patient_id is None else {found.patient_id}
                last = found.key
                if clock.monotonic_s() > until_s:
                    return Page(made, frozenset(patients), last)
        return Page(made, frozenset(patients), None)

    async def seen(self, looking: Looking, patients: list[int]) -> list[int]:
        """Those of these patients whom the asker sees."""
        async with self._turns, self._opened().connection() as conn:
            found = [one for number in patients for one in await patient_record.people(conn, number - 1, 1)]
        return [
            one.patient_id
            for one in found
            if looking.scope.sees(one.clinic_id, one.patient_id) and one.patient_id in patients
        ]

    async def treatment(self, looking: Looking, treatment_id: int) -> tuple[list[Json], int | None] | None:
        """Everything of a treatment, and whose it is; None: there is none to be seen."""
        async with self._turns, self._opened().connection() as conn:
            found = await treatment_queries.by_id(conn, treatment_id)
            if found is None or not looking.scope.sees(found.clinic_id, found.patient_id):
                return None
            made = await courses.record(conn, looking, found)
        return [stamped(one) for one in made], found.patient_id

    async def referral(self, looking: Looking, patient_id: int, namespace: UUID) -> Json | None:
        """The document about a patient; None: there is none to be seen."""
        since_us = looking.now_us - DAYS * _DAY_US
        async with self._turns, self._opened().connection() as conn:
            some = await patient_record.people(conn, patient_id - 1, 1)
            if [one.patient_id for one in some] != [patient_id]:
                return None
            (person,) = some
            if not looking.scope.sees(person.clinic_id, patient_id):
                return None
            held = await self._referral(conn, looking, person, since_us)
        titles = {part.alert.rule: looking.title(part.alert.rule) for part in held.alerts}
        return document(held, titles, looking.version, namespace, looking.now_us, names=looking.names)

    async def _referral(self, conn: AsyncConnection, looking: Looking, person: Person, since_us: int) -> Referral:
        number = person.patient_id
        alerts = await patient_record.alerts(conn, await patient_record.alert_ids(conn, number, LATEST_US, MOST))
        notes = await patient_events.events(conn, number, since_us, looking.now_us, MOST) if looking.names else []
        return Referral(
            person,
            await treatment_record.clinic_name(conn, person.clinic_id),
            plans.in_force(*await treatment_record.prescribed(conn, number), looking.now_us),
            await treatment_queries.of_patient(conn, number, 0, LATEST_US, LAST),
            [
                part
                for part in alerts
                if part.alert.owner_id == number and (part.is_active or part.found_last_us >= since_us)
            ],
            notes,
            DAYS,
        )
