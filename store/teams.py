"""Care teams: who belongs to one, until when, and which patients it has. Who may change one is not asked here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from store.errors import StoreError, Trouble
from store.pool import AsyncConnection, Connection
from store.queries import arun, run
from store.values import storable_text, storable_us

# Whoever helps out in another clinic: the longest usual cover, then somebody says anew that it goes on [D].
GUEST_DAYS: Final = 90


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody of a team; `until_us` None: without an end. `clinic`: the account's own."""

    user_id: int
    name: str
    email: str
    role: str
    clinic_id: int | None
    clinic: str | None
    until_us: int | None


@dataclass(frozen=True, slots=True)
class Team:
    """A team of a clinic, its members who belong to it now, and its patients (number, name).

    Attributes:
        by_team: whether the clinic's clinical accounts see their teams' patients only.
    """

    team_id: int
    name: str
    clinic_id: int
    clinic: str
    by_team: bool
    members: tuple[Member, ...]
    patients: tuple[tuple[int, str], ...]


def all_of(conn: Connection, now_us: int) -> list[Team]:
    """Every team there is, in order of their numbers."""
    return _teams(run(conn, "teams").fetchall(), run(conn, "team_members", {"now": now_us}), run(conn, "team_patients"))


async def aall_of(conn: AsyncConnection, now_us: int) -> list[Team]:
    """The same for a task, with those patients whom its viewer sees."""
    teams = await (await arun(conn, "teams")).fetchall()
    members = await (await arun(conn, "team_members", {"now": now_us})).fetchall()
    return _teams(teams, members, await (await arun(conn, "team_patients")).fetchall())


def named(conn: Connection, name: str, clinic: str | None, now_us: int) -> Team:
    """The team of that name, in any case of letters; StoreError when there is none, or several clinics have one."""
    found = [
        team
        for team in all_of(conn, now_us)
        if team.name.lower() == name.strip().lower() and clinic in (None, team.clinic)
    ]
    if len(found) == 1:
        return found[0]
    hint = "`homehd team list` shows those there are" if not found else "several clinics have one: say --clinic"
    raise StoreError("find team", name, trouble=Trouble.CONFLICT, hint=hint)


def add(conn: Connection, clinic_id: int, name: str, now_us: int) -> int:
    """A new team's number; StoreError (CONFLICT) when the clinic has one of that name in any spelling of case."""
    parameters = {"clinic": clinic_id, "name": storable_text(name.strip(), 200), "now": now_us}
    return int(run(conn, "add_team", parameters).fetchall()[0][0])


def remove(conn: Connection, team_id: int, now_us: int) -> list[str]:
    """It is no team any more. Names of screens that showed it only: they show their clinic again."""
    run(conn, "remove_team", {"team": team_id, "now": now_us})
    return [row[0] for row in run(conn, "unbind_kiosks_of_team", {"team": team_id})]


def guest_has_end(team: Team, clinic_id: int | None, until_us: int | None, now_us: int) -> bool:
    """False for a guest (an account of another clinic than the team's, or of none) who would stay for too long."""
    if clinic_id == team.clinic_id:
        return True
    return until_us is not None and until_us <= now_us + GUEST_DAYS * 86_400_000_000


def put_member(conn: Connection, team_id: int, user_id: int, until_us: int | None) -> None:
    """This account belongs to it until then (None: without an end), whatever was so before. In the past: no more."""
    until = None if until_us is None else storable_us(until_us)
    run(conn, "put_team_member", {"team": team_id, "user": user_id, "until": until})


def put_patient(conn: Connection, team_id: int, patient_id: int, removed_us: int | None = None) -> bool:
    """This patient is of it, or with `removed_us` is not any more. False: not a patient of the team's clinic."""
    parameters = {"team": team_id, "patient": patient_id, "removed": removed_us}
    return bool(run(conn, "put_team_patient", parameters).fetchall())


def go_by_team(conn: Connection, clinic: str, *, by_team: bool) -> tuple[int, str]:
    """Whether the clinic's clinical accounts see their teams' patients only; its number and name."""
    rows: Sequence[Any] = run(conn, "clinic_goes_by_team", {"name": clinic.strip(), "by_team": by_team}).fetchall()
    if not rows:
        raise StoreError("find clinic", clinic, trouble=Trouble.CONFLICT, hint="`homehd units list` shows clinics")
    return int(rows[0][0]), str(rows[0][1])


def clinic_named(conn: Connection, name: str) -> int | None:
    """The number of a clinic, or None."""
    rows = run(conn, "clinic_named", {"name": storable_text(name.strip(), 200)}).fetchall()
    return int(rows[0][0]) if rows else None


def of_no_team(conn: Connection, clinic_id: int) -> list[int]:
    """Patients of a clinic that goes by team who are in none: all of the clinic see them."""
    return sorted(row[1] for row in run(conn, "patients_of_no_team") if row[0] == clinic_id)


def _teams(found: Iterable[Any], members: Iterable[Any], patients: Iterable[Any]) -> list[Team]:
    people: defaultdict[int, list[Member]] = defaultdict(list)
    for row in members:
        people[row[0]].append(Member(*row[1:]))
    theirs: defaultdict[int, list[tuple[int, str]]] = defaultdict(list)
    for team_id, patient_id, name, _clinic in patients:
        theirs[team_id].append((patient_id, name))
    return [
        Team(number, name, clinic_id, clinic, by_team, tuple(people[number]), tuple(theirs[number]))
        for number, name, clinic_id, clinic, by_team in found
    ]
