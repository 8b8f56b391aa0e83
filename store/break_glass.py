"""Access that somebody opened to a patient who was not theirs: opening, ending, reviewing. What happened stays."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

from store import audit
from store.audit import Deed
from store.pool import AsyncConnection, Connection
from store.queries import arun, run
from store.values import storable_text

# Of one answer.
MOST: Final = 2000


@dataclass(frozen=True, slots=True)
class Glass:
    """One opening.

    Attributes:
        user_id, name, role, clinic: who opened it. patient_id, clinic_id, patient: to whom, and whose patient that is.
        until_us: when it ends of itself; ended_us: when it was ended before.
        reviewer, reviewed_us, right, note: None and empty until somebody has judged it.
        deeds: rows of the record about the patient that this person left meanwhile.
    """

    glass_id: int
    user_id: int
    name: str
    role: str
    clinic: str | None
    patient_id: int
    clinic_id: int | None
    patient: str
    reason: str
    opened_us: int
    until_us: int
    ended_us: int | None
    reviewer: str | None
    reviewed_us: int | None
    right: bool | None
    note: str
    deeds: int


def called(conn: Connection, whom: str, clinic_id: int | None) -> tuple[int, int | None] | None:
    """Number and clinic of the patient of exactly this name, or whom exactly this home serves; None: nobody, or two.

    `clinic_id`: among its patients only; None: of whatever clinic.
    """
    parameters = {"whom": storable_text(whom.strip(), 200), "clinic": clinic_id}
    rows = run(conn, "patients_called", parameters).fetchall()
    return (rows[0][0], rows[0][1]) if len(rows) == 1 else None


def open_glass(conn: Connection, user_id: int, patient_id: int, reason: str, now_us: int, until_us: int) -> int:
    """Open it, on record; its number. The record has the reason's SHA-256: one that is changed afterwards shows."""
    said = storable_text(reason.strip(), 2000)
    parameters = {"user": user_id, "patient": patient_id, "reason": said, "now": now_us, "until": until_us}
    glass_id = int(run(conn, "break_glass", parameters).fetchall()[0][0])
    detail = {"glass": glass_id, "until_us": until_us, "reason_sha256": hashlib.sha256(said.encode()).hexdigest()}
    audit.append(conn, Deed(now_us, audit.person(user_id), "break glass", f"patient:{patient_id}", detail))
    return glass_id


def end(conn: Connection, glass_id: int, user_id: int, now_us: int) -> bool:
    """End one's own before its time; False when it is not one's own, or over."""
    rows = run(conn, "end_break_glass", {"glass": glass_id, "user": user_id, "now": now_us}).fetchall()
    for (patient_id,) in rows:
        deed = Deed(now_us, audit.person(user_id), "end break glass", f"patient:{patient_id}", {"glass": glass_id})
        audit.append(conn, deed)
    return bool(rows)


def review(conn: Connection, glass_id: int, user_id: int, now_us: int, note: str, *, right: bool) -> bool:
    """Judge it; False when somebody has, or it is one's own."""
    said = storable_text(note.strip(), 2000)
    parameters = {"glass": glass_id, "user": user_id, "now": now_us, "right": right, "note": said}
    rows = run(conn, "review_break_glass", parameters).fetchall()
    for (patient_id,) in rows:
        detail = {"glass": glass_id, "right": right}
        subject = f"patient:{patient_id}"
        audit.append(conn, Deed(now_us, audit.person(user_id), "review break glass", subject, detail))
    return bool(rows)


async def all_of(conn: AsyncConnection, glass_id: int | None = None) -> list[Glass]:
    """Those to patients whom the viewer sees (or only one of them): not reviewed first, then the newest.

    One more than MOST when there are more.
    """
    parameters = {"glass": glass_id, "limit": MOST + 1}
    return [Glass(*row) async for row in await arun(conn, "break_glass_list", parameters)]
