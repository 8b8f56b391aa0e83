"""Digests: what is on the work list, told once a day to who is on call."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from store.pool import Connection
from store.queries import run


def begin(conn: Connection, rota_id: int, day: date, now_us: int) -> bool:
    """Take a line's digest of a day, with the transaction; false where another has or had it."""
    return run(conn, "begin_digest", {"rota": rota_id, "day": day, "now": now_us}).fetchone() is not None


def work_list(conn: Connection, audience: str, clinic_ids: Sequence[int], *, of_none: bool) -> tuple[int, int | None]:
    """How many notices wait on the work list of these clinics, and when the oldest was opened (µs since 1970 UTC).

    `of_none`: also those that are no clinic's.
    """
    row = run(
        conn, "work_list", {"audience": audience, "clinics": list(clinic_ids), "none": of_none}
    ).fetchone()  # fmt: skip
    assert row is not None
    return row[0], row[1]


def send(
    conn: Connection, rota_id: int, day: date, notice_id: int, user_id: int, listed: int, days: int, now_us: int
) -> None:
    """Queue its page to a person's first channel, if there is one that is no screen."""
    parameters = {
        "rota": rota_id, "day": day, "notice": notice_id, "user": user_id, "open": listed, "days": days, "now": now_us,
    }  # fmt: skip
    run(conn, "send_digest", parameters)
