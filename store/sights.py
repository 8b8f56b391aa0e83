"""What decides who sees which patient beside their clinic: teams, broken glasses, what people are asked about."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from store import homes
from store.pool import AsyncConnection
from store.queries import arun


@dataclass(frozen=True, slots=True)
class Sights:
    """As it was read at one moment; ends are compared by whoever asks.

    Attributes:
        by_team: clinics whose clinical accounts see the patients of their teams only.
        members: user, team, end (None: none). team_patients: patients of each team.
        of_no_team: by clinic of those, the patients who are in no team.
        opened: user, patient, number of the broken glass, end.
        asked: user -> patients of open notices that were sent to them or that they have accepted.
        clinic_of: the clinic of every patient above.
        of_account: user -> patient, of accounts of people at home.
    """

    by_team: frozenset[int] = frozenset()
    members: tuple[tuple[int, int, int | None], ...] = ()
    team_patients: dict[int, frozenset[int]] = field(default_factory=dict)
    of_no_team: dict[int, frozenset[int]] = field(default_factory=dict)
    opened: tuple[tuple[int, int, int, int], ...] = ()
    asked: dict[int, frozenset[int]] = field(default_factory=dict)
    clinic_of: dict[int, int | None] = field(default_factory=dict)
    of_account: dict[int, int] = field(default_factory=dict)


async def read(conn: AsyncConnection, now_us: int) -> Sights:
    """Of all clinics: for a connection that sees everything."""
    by_team = frozenset([row[0] async for row in await arun(conn, "clinics_by_team")])
    members = [(row[1], row[0], row[7]) async for row in await arun(conn, "team_members", {"now": now_us})]
    patients = [row async for row in await arun(conn, "team_patients")]
    of_no_team = [row async for row in await arun(conn, "patients_of_no_team")] if by_team else []
    opened = [row async for row in await arun(conn, "broken_glasses", {"now": now_us})]
    asked = [row async for row in await arun(conn, "patients_people_are_asked_about")]
    clinic_of = {row[1]: row[3] for row in patients} | {patient: clinic for clinic, patient in of_no_team}
    clinic_of |= {row[1]: row[4] for row in opened} | {row[1]: row[2] for row in asked}
    return Sights(
        by_team, tuple(sorted(members, key=str)), _grouped(row[:2] for row in patients), _grouped(of_no_team),
        tuple(sorted(row[:4] for row in opened)), _grouped(row[:2] for row in asked), clinic_of,
        await homes.accounts(conn),
    )  # fmt: skip


def _grouped(pairs: Iterable[tuple[int, int]]) -> dict[int, frozenset[int]]:
    found: dict[int, set[int]] = {}
    for key, member in pairs:
        found.setdefault(key, set()).add(member)
    return {key: frozenset(members) for key, members in found.items()}
