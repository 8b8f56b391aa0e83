"""Notices about homes that everybody was asked about, and that nobody has accepted."""

from __future__ import annotations

from dataclasses import dataclass

from store.pool import Connection
from store.queries import run


@dataclass(frozen=True, slots=True)
class Unanswered:
    """One that is on the documented pathway and stays with nobody.

    Attributes:
        unit: the unit's wire id. clinic_id, clinic: whose people do not answer; None: bound to no clinic.
        since_us: from when on people were asked (microseconds since 1970 UTC); what was held or accepted in between
            begins it anew.
    """

    notice_id: int
    unit: str
    clinic_id: int | None
    clinic: str | None
    priority: str
    since_us: int


def on_the_pathway(conn: Connection) -> list[Unanswered]:
    """Clinical ones of homes, from their pathway's step on, also while people are asked all over again."""
    return [Unanswered(*row) for row in run(conn, "notices_on_the_pathway")]
