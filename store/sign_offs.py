"""Signing of treatments: what each is judged by, what of it nobody has signed yet, and who signed what.

What is new about an ended treatment is noted by triggers in the transaction that stores it; a signature takes away the
notes that were there when it looked. So nothing that came meanwhile is signed unseen, and nobody who stores waits.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from psycopg.types.json import Jsonb

from store.alert_queries import Clinic
from store.pool import AsyncConnection
from store.queries import arun
from store.treatment_queries import FoundTreatment, found_treatment
from store.values import storable_text, storable_us
from telemetry.alarms import Priority

# Revisions, newest note and newest signature of a treatment: another one, and it is to be judged anew.
Stamp = tuple[int | None, ...]
# Columns of a `FoundTreatment`.
_FOUND: Final = 25


class SignOffKind(StrEnum):
    """What a person says of a treatment; these words are stored."""

    SIGNED = "signed"
    NEEDS_A_DOCTOR = "needs a doctor"


@dataclass(frozen=True, slots=True)
class SignOff:
    """One signature, or one call for a doctor.

    Attributes:
        revision: of the treatment. rules: version of the reasons. seen: figures and reasons as they were shown.
    """

    sign_off_id: int
    kind: SignOffKind
    at_us: int
    user_id: int
    name: str
    role: str
    note: str
    in_bulk: bool
    revision: int
    rules: str
    seen: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class AlertOf:
    """An alert of a treatment; `until_us` is None while its cause stands. late: found afterwards, in late readings."""

    alert_id: int
    rule: str
    priority: Priority
    since_us: int
    until_us: int | None
    late: bool


@dataclass(frozen=True, slots=True)
class AlarmOf:
    """A machine alarm that began (`active`) or ended."""

    time_us: int
    name: str
    signal: str
    active: bool


@dataclass(frozen=True, slots=True)
class Evidence:
    """All by which a treatment is judged; None where nobody knows.

    Attributes:
        unit_seen: whether what the unit said may be looked at; not where another clinic has it now.
        planned_min, target_kg, prescribed_spktv: as prescribed when it began.
        systolic_before: of the cuff, nearest to the beginning.
        compared: items of the prescription with which what was delivered is compared, by name, as they held then.
        marks: notes of what is not signed; none: all is. news: what kinds of it.
        sign_offs: in order.
    """

    found: FoundTreatment
    unit_id: int
    unit_seen: bool
    planned_min: float | None
    target_kg: float | None
    prescribed_spktv: float | None
    weight_before_kg: float | None
    weight_after_kg: float | None
    systolic_before: float | None
    compared: Mapping[str, float | None]
    marks: tuple[int, ...]
    news: tuple[str, ...]
    alerts: tuple[AlertOf, ...]
    alarms: tuple[AlarmOf, ...]
    sign_offs: tuple[SignOff, ...]


@dataclass(frozen=True, slots=True)
class ReportedAlert:
    """An alert as a report tells it: who has seen it when, and who has accepted responsibility when."""

    alert_id: int
    rule: str
    rule_version: str
    priority: Priority
    since_us: int
    late: bool
    reason: str
    acknowledged_name: str | None
    acknowledged_us: int | None
    accepted_name: str | None
    accepted_us: int | None


@dataclass(frozen=True, slots=True)
class Where:
    """Where a treatment was; the machine as its box last named it, None where it never did."""

    label: str
    unit: str
    clinic: str | None
    machine: str | None
    protocol: str | None
    profile: str | None


async def outstanding(
    conn: AsyncConnection, of: Clinic, limit: int, patient_id: int | None = None, since_us: int | None = None
) -> dict[int, Stamp]:
    """Treatments that are over and not signed as they stand, newest first; with `since_us` also signed ones since."""
    wanted = {"clinic": of.clinic, "all": of.all, "patient": patient_id, "limit": limit}
    if since_us is None:
        rows = await arun(conn, "outstanding_treatments", wanted)
    else:
        rows = await arun(conn, "recent_or_outstanding_treatments", {**wanted, "since": storable_us(since_us)})
    return {row[0]: row[1:] async for row in rows}


async def evidence(conn: AsyncConnection, treatment_ids: Sequence[int]) -> list[Evidence]:
    """Of these treatments, as far as there are such, newest first."""
    rows = await arun(conn, "sign_off_evidence", {"ids": list(treatment_ids)})
    return [_evidence(row) async for row in rows]


async def lock(conn: AsyncConnection, treatment_id: int) -> None:
    """Be the only one who signs this treatment until the transaction ends."""
    await arun(conn, "lock_sign_off", {"id": treatment_id})


async def add(
    conn: AsyncConnection, one: Evidence, kind: SignOffKind, user_id: int, note: str, now_us: int, *,
    in_bulk: bool, rules: str, seen: Mapping[str, Any],
) -> None:  # fmt: skip
    """Keep what a person says; a signature takes away the notes of what it was made from, and no others."""
    summary = one.found.summary
    parameters = {
        "id": one.found.treatment_id, "unit": one.unit_id, "patient": one.found.patient_id, "kind": str(kind),
        "at": storable_us(now_us), "user": user_id, "note": storable_text(note), "bulk": in_bulk,
        "revision": one.found.revision, "summary": None if summary is None else summary.of_revision,
        "rules": rules, "seen": Jsonb(seen),
    }  # fmt: skip
    await arun(conn, "add_sign_off", parameters)
    if kind is SignOffKind.SIGNED:
        await arun(conn, "remove_sign_off_marks", {"marks": list(one.marks)})


async def alerts_of(conn: AsyncConnection, treatment_id: int) -> list[ReportedAlert]:
    """Alerts of a treatment, high priority first, then in order of time."""
    rows = await arun(conn, "alerts_of_treatment", {"id": treatment_id})
    return [ReportedAlert(row[0], row[1], row[2], Priority(row[3]), *row[4:]) async for row in rows]


async def where(conn: AsyncConnection, treatment_id: int) -> Where | None:
    """Unit, clinic and machine of a treatment; None where its unit may not be looked at."""
    rows = [row async for row in await arun(conn, "unit_of_report", {"id": treatment_id})]
    return Where(*rows[0]) if rows else None


def _evidence(row: Sequence[Any]) -> Evidence:
    unit_id, unit_seen, planned, target, dose, before, after, systolic, compared, marks, news, *lists = row[_FOUND:]
    alerts, alarms, signed = lists
    return Evidence(
        found_treatment(row[:_FOUND]), unit_id, unit_seen, planned, target, dose, before, after, systolic, compared,
        tuple(marks), tuple(news), tuple(_alerts(alerts)), tuple(AlarmOf(*alarm) for alarm in alarms),
        tuple(_sign_off(one) for one in signed),
    )  # fmt: skip


def _alerts(rows: Iterable[Sequence[Any]]) -> Iterable[AlertOf]:
    return (AlertOf(number, rule, Priority(priority), *rest) for number, rule, priority, *rest in rows)


def _sign_off(one: Mapping[str, Any]) -> SignOff:
    return SignOff(
        one["id"], SignOffKind(one["kind"]), one["at_us"], one["user_id"], one["name"] or "", one["role"] or "",
        one["note"], one["in_bulk"], one["revision"], one["rules"], one["seen"],
    )  # fmt: skip
