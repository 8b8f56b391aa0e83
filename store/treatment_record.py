"""All that is on record of one treatment, as of one moment, for whoever passes it on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray
from psycopg import sql

from store import alert_queries, treatment_queries
from store.alert_parts import Part, Span, part_of
from store.alert_queries import AlertEvent, CurrentAlert
from store.care import Entry
from store.errors import StoreError, Trouble, translate
from store.patients import Prescription
from store.pool import AsyncConnection
from store.queries import arun, query
from store.treatment_queries import FoundTreatment
from telemetry import signals
from telemetry.care import CONTENTS, Arranged, Arrangement
from telemetry.messages import Flag

MINUTE_US: Final = 60_000_000
NUMERIC: Final = [signal for signal in signals.CATALOGUE if signal.kind is signals.Kind.NUMERIC]


@dataclass(frozen=True, slots=True)
class Told:
    """One page to one person by one channel, about these alerts.

    Attributes:
        sent_us: when the channel's service first took it. arrived_us: when the device or the person first said so.
    """

    delivery_id: int
    notice_id: int
    cause: str
    priority: str
    user_id: int
    user_name: str
    kind: str
    state: str
    queued_us: int
    changed_us: int
    sent_us: int | None
    arrived_us: int | None
    alert_ids: Sequence[int]


@dataclass(frozen=True, slots=True)
class TreatmentRecord:
    """A treatment with what was measured, found, told and prescribed.

    Attributes:
        clinic: its name, None of a unit bound to none.
        courses: by signal, the mean of each minute from the beginning; NaN where nothing valid was measured. Signals
            that were never measured are left out.
        entered, arranged: the patient's prescription as first entered, and what was arranged later.
    """

    found: FoundTreatment
    clinic: str | None
    courses: Mapping[str, NDArray[np.float64]]
    alerts: Sequence[CurrentAlert]
    events: Mapping[int, Sequence[AlertEvent]]
    told: Sequence[Told]
    entered: Prescription
    arranged: Sequence[Entry]


async def read(conn: AsyncConnection, treatment_id: int, now_us: int) -> TreatmentRecord:
    """The record, of one moment whatever arrives meanwhile. StoreError CONFLICT: there is no such treatment."""
    async with conn.transaction():
        await arun(conn, "one_moment")
        found = await treatment_queries.by_id(conn, treatment_id)
        if found is None:
            hint = "the number is the treatment_id in the table `treatment`"
            raise StoreError("export", f"treatment {treatment_id}", trouble=Trouble.CONFLICT, hint=hint)
        parts = await _alerts(conn, found)
        told = await (await arun(conn, "told_of_alerts", {"alerts": list(parts)})).fetchall()
        entered, arranged = await prescribed(conn, found.patient_id)
        return TreatmentRecord(
            found,
            await clinic_name(conn, found.clinic_id),
            await courses(conn, found, now_us),
            [part.alert for part in parts.values()],
            {number: part.events for number, part in parts.items()},
            [one for row in told if (one := _told(Told(*row), parts)).alert_ids],
            entered,
            arranged,
        )


async def _alerts(conn: AsyncConnection, found: FoundTreatment) -> dict[int, Part]:
    """Those that stood at any moment of it, as far as they are not another patient's."""
    asked = {"treatment": found.treatment_id}
    (span,) = await (await arun(conn, "not_anothers", asked)).fetchall()
    rows = await (await arun(conn, "alerts_in_treatment", asked)).fetchall()
    own = {number: Span(None, None) if is_theirs else Span(*span) for number, is_theirs in rows}
    parts: dict[int, Part] = {}
    for alert in sorted(await alert_queries.by_ids(conn, list(own)), key=lambda alert: alert.alert_id):
        part = part_of(alert, await alert_queries.events_of(conn, alert.alert_id), own[alert.alert_id])
        if part is not None and _stood(part, found):
            parts[alert.alert_id] = part
    return parts


def _stood(part: Part, found: FoundTreatment) -> bool:
    end_us = found.treatment.end_us
    began = end_us is None or part.alert.since_us <= end_us
    return began and (part.is_active or part.found_last_us >= found.treatment.start_us)


def _told(told: Told, parts: Mapping[int, Part]) -> Told:
    """Of these alerts only, and of none before or after it was this patient's."""
    return replace(told, alert_ids=[number for number in told.alert_ids if parts[number].has(told.queued_us)])


async def clinic_name(conn: AsyncConnection, clinic_id: int | None) -> str | None:
    """What a clinic is called; None where there is none."""
    row = await (await arun(conn, "clinic_name", {"clinic": clinic_id})).fetchone()
    return None if row is None else str(row[0])


async def prescribed(conn: AsyncConnection, patient_id: int | None) -> tuple[Prescription, list[Entry]]:
    """A patient's prescription as first entered, and what was arranged later, in the order of entry."""
    row = await (await arun(conn, "entered_prescription", {"patient": patient_id})).fetchone()
    if row is None:
        return Prescription(), []
    rows = await (await arun(conn, "arrangements", {"patient": patient_id})).fetchall()
    arranged = [
        Entry(Arranged(since_us, msgspec.convert(content, CONTENTS[Arrangement(kind)])), author, reason, entered_us)
        for since_us, kind, content, author, reason, entered_us in rows
    ]
    return Prescription(*row), arranged


async def courses(
    conn: AsyncConnection, found: FoundTreatment, now_us: int, among: Sequence[signals.Signal] = NUMERIC
) -> dict[str, NDArray[np.float64]]:
    """By signal the mean of each minute from the beginning, as `TreatmentRecord.courses`; of these signals only."""
    if not among:
        return {}
    row = await (await arun(conn, "unit_of_treatment", {"treatment": found.treatment_id})).fetchone()
    start_us = found.treatment.start_us
    # The time of its last reading belongs to it.
    end_us = now_us if found.treatment.end_us is None else found.treatment.end_us + 1
    means = sql.SQL(", ").join(sql.SQL("avg({})::float8").format(sql.Identifier(signal.name)) for signal in among)
    parameters = {
        "unit": row[0] if row else None, "start": start_us, "end": end_us, "width": MINUTE_US,
        "uncertain": int(Flag.TIME_UNCERTAIN),
    }  # fmt: skip
    with translate("read a treatment's course", found.unit):
        rows = await (
            await conn.execute(sql.SQL(query("treatment_minutes")).format(means=means), parameters, binary=True)
        ).fetchall()
    table = np.full((max(0, -(-(end_us - start_us) // MINUTE_US)), len(among)), np.nan)
    for minute, *values in rows:
        table[minute] = [np.nan if value is None else value for value in values]
    return {signal.name: table[:, column] for column, signal in enumerate(among) if np.isfinite(table[:, column]).any()}
