"""A patient's past for whoever looks at it as a whole: what the rules between treatments see, and a little beside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from store import prescriptions
from store.errors import StoreError, Trouble
from store.pasts import TREATMENTS, past_treatment
from store.pool import AsyncConnection
from store.prescriptions import Patient
from store.queries import arun
from store.values import storable_us
from telemetry.alarms import Priority
from telemetry.care import Measured, Measurement
from telemetry.past import Past, Served


@dataclass(frozen=True, slots=True)
class Beside:
    """Of a treatment; None where the machine does not say, or no summary of this revision has been made.

    Attributes:
        unit: wire id; None where it may not be looked at. goal_ml: of ultrafiltration, as set most of the time.
        systolic_low: mmHg, the lowest. pulse: a minute, median of the cuff's. signed: as it stands now.
    """

    unit: str | None
    goal_ml: float | None
    systolic_low: float | None
    pulse: float | None
    signed: bool


@dataclass(frozen=True, slots=True)
class ActiveFinding:
    """What a rule between treatments found, and about what."""

    rule: str
    priority: Priority
    time_us: int
    about: str
    reason: str


@dataclass(frozen=True, slots=True)
class Looked:
    """A patient with their past.

    Attributes:
        unit: wire id of the one that serves them now. beside: by treatment id.
    """

    patient: Patient
    unit: str | None
    past: Past
    served: tuple[Served, ...]
    beside: Mapping[int, Beside]
    findings: tuple[ActiveFinding, ...]


async def read(conn: AsyncConnection, patient_id: int, since_us: int, now_us: int) -> Looked | None:
    """Treatments that began since then and all that was arranged; None where there is no such patient to be seen.

    StoreError BUSY where that would be more than `TREATMENTS`.
    """
    patient = await prescriptions.patient(conn, patient_id)
    if patient is None:
        return None
    wanted = {"patient": patient_id, "since": storable_us(since_us), "limit": TREATMENTS}
    rows = await (await arun(conn, "past_treatments", wanted)).fetchall()
    if len(rows) == TREATMENTS:
        raise StoreError("read trends", f"patient {patient_id}", trouble=Trouble.BUSY, hint="ask for a shorter time")
    beside = await (await arun(conn, "beside_past_treatments", wanted)).fetchall()
    entered = await (await arun(conn, "measurements", {**wanted, "unit": None})).fetchall()
    bound = await (await arun(conn, "served_by", wanted)).fetchall()
    found = await (await arun(conn, "active_findings", wanted)).fetchall()
    served = tuple(Served(*row[:4]) for row in bound)
    # A patient is served by one unit at a time.
    now = next(((one, row[4]) for one, row in zip(served, bound, strict=True) if one.until_us is None), None)
    past = Past(
        now_us=now_us,
        bound_us=now[0].since_us if now else now_us,
        treatments=tuple(past_treatment(*row) for row in rows),
        arranged=patient.arranged,
        measured=tuple(Measurement(number, Measured(what), value, taken) for number, what, value, taken in entered),
        target_weight_kg=patient.entered_with.target_weight_kg,
        heard_us=now[0].heard_us if now else None,
    )
    return Looked(
        patient,
        now[1] if now else None,
        past,
        served,
        {number: Beside(*values) for number, *values in beside},
        tuple(ActiveFinding(rule, Priority(priority), *rest) for rule, priority, *rest in found),
    )
