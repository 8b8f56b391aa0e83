"""A clinic that goes by team, for tests."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import httpx

from clinician_api.access import Role
from clinician_api.services import learn_sights
from store import accounts, teams
from store.registry import Unit
from telemetry.clock import SystemClock
from tests.clinician_api.conftest import Api

DAY_US = 86_400_000_000


@dataclass
class World:
    """Clinic 1 goes by team: `east` has Ann (u-1), `west` has Bob (u-2), Cy (u-3) is in none, u-4 serves nobody.

    Clinic 2 is seen as a whole: Dan (u-5).
    """

    api: Api
    units: dict[str, Unit] = field(default_factory=dict)
    patients: dict[str, int] = field(default_factory=dict)
    teams: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        served = (("u-1", 1, "Ann"), ("u-2", 1, "Bob"), ("u-3", 1, "Cy"), ("u-4", 1, None), ("u-5", 2, "Dan"))
        for unit, clinic, patient in served:
            self.units[unit] = self.api.add_unit(unit, f"Clinic {clinic}", patient)
        with self.api.database() as conn:
            self.patients = dict(conn.execute("SELECT display_name, patient_id FROM patient").fetchall())
            for name, patient in (("east", "Ann"), ("west", "Bob")):
                self.teams[name] = teams.add(conn, 1, name, SystemClock().now_us())
                assert teams.put_patient(conn, self.teams[name], self.patients[patient])
            teams.go_by_team(conn, "Clinic 1", by_team=True)
        self.settle()

    def user_id(self, role: Role, clinic: int | None, name: str = "") -> int:
        email = self.api.account(role, clinic, name)
        with self.api.database() as conn:
            return next(one.user_id for one in accounts.list_users(conn) if one.email == email)

    def join(self, team: str, role: Role, clinic: int | None, name: str = "", until_us: int | None = None) -> int:
        user_id = self.user_id(role, clinic, name)
        with self.api.database() as conn:
            teams.put_member(conn, self.teams[team], user_id, until_us)
        self.settle()
        return user_id

    def settle(self) -> None:
        """Let the server learn who sees whom now instead of within a second."""
        asyncio.run_coroutine_threadsafe(learn_sights(self.api.services), self.api.loop).result(5)


def seen(client: httpx.Client) -> list[str]:
    """The homes a session is told of."""
    return [unit["unit"] for unit in client.get("/api/units").json()["units"]]
