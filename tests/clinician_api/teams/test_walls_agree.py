"""Whatever the memberships: the first wall, the second one, and the words of decision 43 say the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql

from clinician_api.access import Role, Scope, scope_of
from clinician_api.teams.sight import OPEN, Basis
from clinician_api.teams.sight_book import SightBook
from store import break_glass, patients, pool, registry, sights, teams
from store.pool import Connection, Pool
from store.viewers import EVERYTHING, working_for
from tests.store.conftest import NOW_US

CLINICS, PATIENTS, TEAMS, PEOPLE = (1, 2), range(1, 7), range(1, 5), range(1, 5)
CLINIC_OF_PATIENT = {number: 1 + number % 2 for number in PATIENTS}
CLINIC_OF_TEAM = {number: 1 + number % 2 for number in TEAMS}
ROLE = {1: Role.NURSE, 2: Role.NEPHROLOGIST, 3: Role.ADMINISTRATOR, 4: Role.NURSE}
CLINIC_OF_PERSON = {1: 1, 2: 2, 3: 1, 4: 2}
HOUR_US = 3_600_000_000


@dataclass(frozen=True)
class Case:
    """Who is where; ends are hours from now, negative ones are over."""

    by_team: frozenset[int]
    members: dict[tuple[int, int], int | None]
    of_team: frozenset[tuple[int, int]]
    glasses: frozenset[tuple[int, int]]
    on_duty: frozenset[int]

    def sees(self, person: int, patient: int) -> bool:
        """As the decision has it, in its own words."""
        own = CLINIC_OF_PERSON[person] == CLINIC_OF_PATIENT[patient]
        valid = {team for (team, who), end in self.members.items() if who == person and (end is None or end > 0)}
        teams_of = {t for t, one in self.of_team if one == patient and CLINIC_OF_TEAM[t] == CLINIC_OF_PATIENT[patient]}
        whole = CLINIC_OF_PATIENT[patient] not in self.by_team or ROLE[person] is Role.ADMINISTRATOR
        if own and (whole or person in self.on_duty or not teams_of):
            return True
        glass = (person, patient) in self.glasses and ROLE[person] is not Role.ADMINISTRATOR
        return bool(valid & teams_of) or glass

    def without_what_passes(self) -> Case:
        """The same without broken glasses, duty and memberships that end."""
        members = {key: end for key, end in self.members.items() if end is None}
        return replace(self, glasses=frozenset(), on_duty=frozenset(), members=members)


CASES = st.builds(
    Case,
    st.frozensets(st.sampled_from(CLINICS)),
    st.dictionaries(st.tuples(st.sampled_from(TEAMS), st.sampled_from(PEOPLE)), st.sampled_from([None, -1, 1])),
    st.frozensets(st.tuples(st.sampled_from(TEAMS), st.sampled_from(PATIENTS))),
    st.frozensets(st.tuples(st.sampled_from([1, 2, 4]), st.sampled_from(PATIENTS)), max_size=3),
    st.frozensets(st.sampled_from(PEOPLE)),
)


@pytest.fixture
def world(database_url: str) -> Iterator[Connection]:
    """Homes 1 to 6 with a patient each, and one of each clinic that serves nobody; teams and people by number."""
    with pool.connect(database_url) as conn:
        build(conn)
        yield conn


def build(conn: Connection) -> None:
    for clinic in CLINICS:
        registry.add_clinic(conn, f"Clinic {clinic}")
    for number in PATIENTS:
        unit = registry.add_unit(
            conn, f"Home {number}", f"Clinic {CLINIC_OF_PATIENT[number]}", NOW_US, name=f"u-{number}"
        )
        assert patients.add_patient(conn, f"P{number}", unit.clinic_id, patients.Prescription()) == number
        patients.bind(conn, unit.unit_id, number, NOW_US)
    for clinic in CLINICS:
        registry.add_unit(conn, f"Empty {clinic}", f"Clinic {clinic}", NOW_US, name=f"empty-{clinic}")
    for team in TEAMS:
        assert teams.add(conn, CLINIC_OF_TEAM[team], f"T{team}", NOW_US) == team
    for person in PEOPLE:
        conn.execute(
            "INSERT INTO user_account (email, name, role, clinic_id, password_hash, created_at)"
            " VALUES (%s, 'N', %s, %s, '', now())",
            [f"n{person}@example.org", str(ROLE[person]), CLINIC_OF_PERSON[person]],
        )


def put(conn: Connection, case: Case) -> None:
    """Instead of what was so before."""
    conn.execute("TRUNCATE team_member, team_patient, break_glass")
    for clinic in CLINICS:
        teams.go_by_team(conn, f"Clinic {clinic}", by_team=clinic in case.by_team)
    for (team, person), end in case.members.items():
        teams.put_member(conn, team, person, None if end is None else NOW_US + end * HOUR_US)
    for team, patient in case.of_team:
        teams.put_patient(conn, team, patient)
    for person, patient in case.glasses:
        break_glass.open_glass(conn, person, patient, "because of a test", NOW_US, NOW_US + HOUR_US)


async def second(walled: Pool, scope: Scope, table: str) -> set[int]:
    """Numbers of patients (or homes) that a SELECT without any WHERE shows."""
    column = sql.Identifier("unit_id" if table == "unit" else "patient_id")
    with working_for(scope.viewer):
        async with walled.connection() as conn:
            rows = await conn.execute(sql.SQL("SELECT DISTINCT {} FROM {}").format(column, sql.Identifier(table)))
            return {row[0] for row in await rows.fetchall()}


@pytest.mark.timeout(120)
async def test_both_walls_and_the_decision_agree(world: Connection, database_url: str) -> None:
    walled = await pool.open_pool(database_url, size=1, walled=True)

    async def check(case: Case) -> None:
        put(world, case)
        with working_for(EVERYTHING):
            async with walled.connection() as conn:
                read = await sights.read(conn, NOW_US)
        book = SightBook()
        book.put(read, {c: {p for p in case.on_duty if CLINIC_OF_PERSON[p] == c} for c in case.by_team})
        scopes = set()
        for person in PEOPLE:
            role, clinic = ROLE[person], CLINIC_OF_PERSON[person]
            scope = scope_of(role, clinic, book.of_person(person, role, clinic, NOW_US))
            scopes.add(scope)
            written = {patient for patient in PATIENTS if case.sees(person, patient)}
            assert {one for one in PATIENTS if scope.sees(CLINIC_OF_PATIENT[one], one)} == written, (case, person)
            lasting = scope_of(role, clinic, book.of_person(person, role, clinic, NOW_US, Basis.LASTING))
            stays = {patient for patient in PATIENTS if case.without_what_passes().sees(person, patient)}
            assert {one for one in PATIENTS if lasting.sees(CLINIC_OF_PATIENT[one], one)} == stays, (case, person)
            for table in ("patient", "binding"):
                assert await second(walled, scope, table) == written, (case, person, table)
            # The homes are 1 to 6, and one of each clinic that serves nobody.
            homes = written | {6 + clinic}
            assert await second(walled, scope, "unit") == homes, (case, person)
        if not case.by_team and not case.members and not case.glasses:
            assert {scope.sight for scope in scopes} == {OPEN}, "nobody is apart who sees the same"

    try:
        await _for_all(check)
    finally:
        await walled.close()


async def _for_all(check: object) -> None:
    """Hypothesis calls a plain function: it collects the cases, which are then looked at on this loop."""
    cases: list[Case] = [Case(frozenset(), {}, frozenset(), frozenset(), frozenset())]

    @settings(max_examples=60, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(CASES)
    def collect(case: Case) -> None:
        cases.append(case)

    collect()
    for case in cases:
        await check(case)  # type: ignore[operator]
