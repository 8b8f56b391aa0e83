"""What a person of a session does to a rota: may they, and by which change of `evaluation.rota_changes`.

Each is one transaction with its row in the record of deeds, and holds only while the shift is as the person saw it.
"""

from __future__ import annotations

from collections.abc import Callable

from alerts.rota.shifts import Shift
from clinician_api.duty.duty_views import may_change
from clinician_api.duty.shift_ids import SeenShift
from clinician_api.people.sessions import Session
from clinician_api.web.errors import ApiError
from evaluation import rota_changes
from store import audit
from store.pool import Connection
from store.rota import Written
from telemetry.rota import Override, Rota, Source

# With its particulars bound: (conn, *, rota, session, now_us[, seen]) -> whatever it came to.
Change = Callable[..., object]


def acceptance(
    conn: Connection, *, rota: Rota, session: Session, now_us: int, seen: Shift, note: str, accepted: bool
) -> object:
    """A word about one's own shift."""
    if seen.user_id != session.user_id:
        raise ApiError(409, "this shift is somebody else's", where=f"rota {rota.rota_id}", hint="accept your own")
    written = _written(session, note, now_us)
    return rota_changes.accept(
        conn, rota.rota_id, session.user_id, max(seen.start_us, now_us), written, accepted=accepted, seen=seen
    )


def override(
    conn: Connection,
    *,
    rota: Rota,
    session: Session,
    now_us: int,
    seen: Shift,
    person: int | None,
    reason: str,
    start_us: int | None,
    end_us: int | None,
) -> object:
    """Somebody else, or nobody, for the shift or a part of it; of one that runs, from now on."""
    _must_be_allowed(rota, session)
    # To the second: what is shown and exported knows nothing finer.
    start_us = start_us if start_us is not None else max(seen.start_us, now_us // 1_000_000 * 1_000_000)
    end_us = end_us if end_us is not None else seen.end_us
    if not seen.start_us <= start_us < end_us <= seen.end_us:
        raise ApiError(
            422, "not within the shift", where="body.start, body.end", hint="a part of it, or leave both out"
        )
    change = Override(0, start_us, end_us, person, Source.OVERRIDE)
    return rota_changes.override(conn, rota.rota_id, change, _written(session, reason, now_us), seen=seen)


def swap(
    conn: Connection, *, rota: Rota, session: Session, now_us: int, seen: Shift, other: SeenShift, reason: str
) -> object:
    """The people of two shifts exchange them."""
    _must_be_allowed(rota, session)
    if other.rota_id != rota.rota_id:
        raise ApiError(422, "of another rota", where="body.other", hint="both shifts are of one rota")
    both = (seen, other.shift)
    written = _written(session, reason, now_us)
    return rota_changes.exchange(conn, rota.rota_id, seen.start_us, other.shift.start_us, written, seen=both)


def withdrawal(conn: Connection, *, rota: Rota, session: Session, now_us: int, number: int, reason: str) -> object:
    """Take an override or a swap back."""
    _must_be_allowed(rota, session)
    found = next((one for one in rota.overrides if one.number == number), None)
    if found is None or found.source is Source.CALENDAR or found.end_us <= now_us:
        hint = "who had a shift that is over is on record, and a calendar's shifts are changed in the calendar"
        raise ApiError(409, "cannot be withdrawn", where=f"override {number}", hint=hint)
    return rota_changes.withdraw(conn, rota.rota_id, number, _written(session, reason, now_us))


def _must_be_allowed(rota: Rota, session: Session) -> None:
    if not may_change(session.scope, rota):
        hint = "clinical duty of one's own clinic; others are changed by `homehd rota`"
        raise ApiError(403, "not yours to change", where=f"rota {rota.rota_id}", hint=hint)


def _written(session: Session, reason: str, now_us: int) -> Written:
    return Written(audit.person(session.user_id), reason.strip(), now_us)
