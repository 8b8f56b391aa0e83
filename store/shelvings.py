"""What is set aside, and what is out of service: append-only, the newest row counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from store.pool import AsyncConnection, Connection
from store.queries import arun, run
from store.values import storable_text

ENDED: Final = "ended"


@dataclass(frozen=True, slots=True)
class Shelving:
    """A row about a rule of a unit.

    Attributes:
        kind: "one-shot", "timed", or ENDED: nothing is set aside.
        priority, alert_id: of the alert it was done for. until_us: it ends by itself then (µs since 1970 UTC).
        actor: user id, None where it ended by itself.
    """

    kind: str
    priority: str
    alert_id: int
    until_us: int
    actor: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class OutOfService:
    """That a unit is out of service: until when at most (µs since 1970 UTC), who has said so, and why."""

    until_us: int
    actor: str
    reason: str


async def newest(conn: AsyncConnection, unit_id: int, rule: str) -> Shelving | None:
    """None where nothing of this unit and rule was ever set aside."""
    row = await (await arun(conn, "newest_shelving", {"unit": unit_id, "rule": rule})).fetchone()
    return None if row is None else Shelving(*row)


async def add(conn: AsyncConnection, unit_id: int, rule: str, row: Shelving, now_us: int) -> None:
    """Set it aside, or with kind ENDED bring it back."""
    await arun(conn, "shelve", _parameters(unit_id, rule, row, now_us))


def end(conn: Connection, unit_id: int, rule: str, row: Shelving, now_us: int) -> None:
    """It has ended by itself, for the reason in the row."""
    run(conn, "shelve", _parameters(unit_id, rule, row, now_us))


def set_service(conn: Connection, unit_id: int, *, until_us: int | None, actor: str, reason: str, now_us: int) -> None:
    """Take a unit out of service until then at most, or with None back into it; its notices are looked at again."""
    parameters = {
        "unit": unit_id, "out": until_us is not None, "until": until_us, "now": now_us, "actor": actor,
        "reason": storable_text(reason, 500),
    }  # fmt: skip
    run(conn, "set_unit_service", parameters)
    run(conn, "look_at_unit_again", {"unit": unit_id, "now": now_us})


def out_of_service(conn: Connection, now_us: int) -> dict[int, OutOfService]:
    """The units that are out of service now, by unit id."""
    rows = run(conn, "units_out_of_service", {"now": now_us})
    return {row[0]: OutOfService(*row[1:]) for row in rows}


def _parameters(unit_id: int, rule: str, row: Shelving, now_us: int) -> dict[str, Any]:
    return {
        "unit": unit_id, "rule": rule, "alert": row.alert_id, "kind": row.kind, "priority": row.priority,
        "until": row.until_us, "now": now_us, "actor": row.actor, "reason": storable_text(row.reason, 500),
    }  # fmt: skip
