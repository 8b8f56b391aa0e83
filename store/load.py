"""What load is counted from, and what a shift hands over: read in one query each, synchronously or for the API."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from store.pool import AsyncConnection, Connection
from store.queries import arun, run
from store.values import storable_us

_T = TypeVar("_T")
Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class StandingRow:
    """A notice that is not over. `holder`: name of who has accepted, until `until_us`. `rules`: of its open alerts."""

    notice_id: int
    unit_id: int | None
    cause: str
    subject: str
    priority: str
    state: str
    opened_us: int
    holder: str | None
    until_us: int | None
    reason: str
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ShelvedRow:
    """A rule of a unit that is set aside. `kind`: one-shot or timed. `by`: a name."""

    unit_id: int
    rule: str
    kind: str
    until_us: int
    by: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class OutRow:
    """A unit that is out of service. `by`: who said so, in words of the audit trail."""

    unit_id: int
    until_us: int
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Label:
    """What staff call a unit, and whom it serves now (a name: shown only when asked for)."""

    label: str
    patient: str | None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that load and hand-over are made from.

    Attributes:
        stories, asked: rows of `alert_stories` and `asked_people`, in the order of the fields of
            alerts.load.rows.AlertStory and Asked.
        labels: by unit id.
    """

    stories: tuple[Row, ...]
    asked: tuple[Row, ...]
    standing: tuple[StandingRow, ...]
    shelved: tuple[ShelvedRow, ...]
    out: tuple[OutRow, ...]
    labels: dict[int, Label]


def read(conn: Connection, from_us: int, to_us: int, now_us: int, clinic_id: int | None) -> Snapshot:
    """Of a stretch, and what stands now; `clinic_id` None: of all clinics."""
    parameters = _parameters(from_us, to_us, now_us, clinic_id)
    return _snapshot({name: run(conn, name, parameters).fetchall() for name in _QUERIES})


async def aread(conn: AsyncConnection, from_us: int, to_us: int, now_us: int, clinic_id: int | None) -> Snapshot:
    """The same for the API."""
    parameters = _parameters(from_us, to_us, now_us, clinic_id)
    return _snapshot({name: await (await arun(conn, name, parameters)).fetchall() for name in _QUERIES})


_QUERIES = (
    "alert_stories", "asked_people", "standing_for_handover", "shelved_now", "out_of_service_now", "unit_labels",
)  # fmt: skip


def _parameters(from_us: int, to_us: int, now_us: int, clinic_id: int | None) -> dict[str, Any]:
    return {"from": storable_us(from_us), "to": storable_us(to_us), "now": storable_us(now_us), "clinic": clinic_id}


def _snapshot(found: dict[str, list[Row]]) -> Snapshot:
    return Snapshot(
        tuple(found["alert_stories"]),
        tuple(found["asked_people"]),
        tuple(_standing(row) for row in found["standing_for_handover"]),
        _made(ShelvedRow, found["shelved_now"]),
        _made(OutRow, found["out_of_service_now"]),
        {row[0]: Label(row[1], row[2]) for row in found["unit_labels"]},
    )


def _standing(row: Row) -> StandingRow:
    fields: list[Any] = [*row[:-1], tuple(row[-1])]
    return StandingRow(*fields)


def _made(kind: type[_T], rows: Iterable[Row]) -> tuple[_T, ...]:
    return tuple(kind(*row) for row in rows)
