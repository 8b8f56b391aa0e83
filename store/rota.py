"""Who is on call: rotas, their rotations, overrides and acceptances. Written once; withdrawn, never deleted.

Whoever changes a rota holds its row until the transaction ends (`alone`), so that what was looked at still holds when
it is written.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from store.errors import StoreError, Trouble
from store.pool import AsyncConnection, Connection
from store.queries import arun, run
from store.values import storable_text, storable_us
from telemetry.rota import Acceptance, Audience, Book, Clinic, Override, Person, Rota, Rotation, Source

# Of overrides and acceptances older than this nothing follows any more: no shift that runs began before.
_BACK_US: Final = 400 * 86_400_000_000

# Rotas first: one that is made meanwhile is left out whole, instead of being seen without what is on it.
_QUERIES: Final = ("rotas", "rotations", "overrides", "acceptances", "rota_people", "rota_clinics")

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Written:
    """By whom something was written, why, and when."""

    author: str
    reason: str
    now_us: int


def load(conn: Connection, now_us: int, clinic_id: int | None = None) -> Book:
    """All rotas that are not withdrawn, with what decides who has them from now on, and all people and clinics.

    With `clinic_id` only the rotas that can serve that clinic: its own and those of all.
    """
    parameters = {"clinic": clinic_id, "since": storable_us(now_us - _BACK_US)}
    return _book({name: run(conn, name, parameters).fetchall() for name in _QUERIES})


async def aload(conn: AsyncConnection, now_us: int) -> Book:
    """The same of all clinics for the API."""
    parameters = {"clinic": None, "since": storable_us(now_us - _BACK_US)}
    return _book({name: await (await arun(conn, name, parameters)).fetchall() for name in _QUERIES})


def _book(found: dict[str, list[tuple[Any, ...]]]) -> Book:
    rotations = _by_rota((row[0], Rotation(row[1], tuple(row[2]), *row[3:])) for row in found["rotations"])
    overrides = _by_rota(
        (row[0], Override(row[1], row[2], row[3], row[4], Source(row[5]), row[6], row[7])) for row in found["overrides"]
    )
    acceptances = _by_rota((row[0], Acceptance(*row[1:])) for row in found["acceptances"])
    whole = tuple(
        Rota(
            rota_id, of_clinic, Audience(audience), line, zone,
            tuple(rotations[rota_id]), tuple(overrides[rota_id]), tuple(acceptances[rota_id]),
        )
        for rota_id, of_clinic, audience, line, zone in found["rotas"]
    )  # fmt: skip
    people = {row[0]: Person(*row) for row in found["rota_people"]}
    return Book(whole, people, {row[0]: Clinic(*row) for row in found["rota_clinics"]})


def add(conn: Connection, clinic_id: int | None, audience: Audience, line: int, zone: str, written: Written) -> int:
    """A new rota's id; StoreError (CONFLICT) when there is one of that clinic, audience and line."""
    parameters = {"clinic": clinic_id, "audience": str(audience), "line": line, "zone": storable_text(zone, 100)}
    return int(run(conn, "add_rota", parameters | _written(written)).fetchall()[0][0])


def withdraw(conn: Connection, rota_id: int, written: Written) -> None:
    """End a rota for good, with all that is on it; StoreError when there is none."""
    if not run(conn, "withdraw_rota", {"rota": rota_id} | _written(written)).fetchall():
        raise _gone(rota_id)


def alone(conn: Connection, rota_id: int) -> None:
    """Wait until nobody else changes this rota; nobody does until this transaction ends. StoreError: there is none."""
    if not run(conn, "rota_alone", {"rota": rota_id}).fetchall():
        raise _gone(rota_id)


def rotate(conn: Connection, rota_id: int, rotation: Rotation, written: Written) -> int:
    """A new version of the rotation; its number, which is given here. StoreError when somebody in it has no account."""
    parameters = {
        "rota": rota_id, "people": list(rotation.people), "every": rotation.every_days, "hand_over": rotation.hand_over,
        "anchor": rotation.anchor, "since": storable_us(rotation.since_us),
    }  # fmt: skip
    found = run(conn, "add_rotation", parameters | _written(written)).fetchall()
    if not found:
        hint = "`homehd users list` shows those there are"
        raise StoreError("add rotation", "somebody in it has no account", trouble=Trouble.CONFLICT, hint=hint)
    return int(found[0][0])


def override(conn: Connection, rota_id: int, change: Override, written: Written, *, swap_of: int | None = None) -> int:
    """Keep an override; its number, which is given here. `swap_of`: the number of the other half, made before."""
    of_calendar = change.source is Source.CALENDAR
    parameters = {
        "rota": rota_id, "source": str(change.source), "user": change.user_id, "swap_of": swap_of,
        "start": storable_us(change.start_us), "end": storable_us(change.end_us),
        "uid": storable_text(change.uid, 1000) if of_calendar else None,
        "recurrence": storable_text(change.recurrence, 100) if of_calendar else None,
    }  # fmt: skip
    return int(run(conn, "add_override", parameters | _written(written)).fetchall()[0][0])


def withdraw_overrides(conn: Connection, rota_id: int, numbers: Sequence[int], written: Written) -> list[int]:
    """Withdraw overrides of a rota, of a swap both halves; the numbers that were withdrawn, ascending."""
    parameters = {"rota": rota_id, "overrides": list(numbers)}
    return sorted(row[0] for row in run(conn, "withdraw_overrides", parameters | _written(written)))


def accept(conn: Connection, rota_id: int, word: Acceptance, written: Written) -> None:
    """Keep a person's word about a stretch; declining needs a reason. The number is given here."""
    parameters = {
        "rota": rota_id, "user": word.user_id, "start": storable_us(word.start_us), "end": storable_us(word.end_us),
        "accepted": word.accepted,
    }  # fmt: skip
    run(conn, "add_acceptance", parameters | _written(written))


def _written(written: Written) -> dict[str, Any]:
    return {
        "author": storable_text(written.author, 200), "reason": storable_text(written.reason, 1000),
        "now": storable_us(written.now_us),
    }  # fmt: skip


def _by_rota(rows: Iterable[tuple[int, _T]]) -> defaultdict[int, list[_T]]:
    found: defaultdict[int, list[_T]] = defaultdict(list)
    for rota_id, row in rows:
        found[rota_id].append(row)
    return found


def _gone(rota_id: int) -> StoreError:
    hint = "`homehd rota show` shows those there are"
    return StoreError("find rota", str(rota_id), trouble=Trouble.CONFLICT, hint=hint)
