"""How the services are, over the API: by role, nothing secret, and also while the database is away."""

from __future__ import annotations

import pytest

from clinician_api.access import Role
from clinician_api.administration.system_data import SystemData
from tests.clinician_api.conftest import Api, problem


@pytest.mark.parametrize("role", [Role.OPERATIONS, Role.ADMINISTRATOR, Role.TECHNICIAN])
def test_those_who_run_it_see_it(api: Api, role: Role) -> None:
    api.add_unit("u-1", "Clinic 1", "Ada Example")
    answer = api.sign_in(role, 1).get("/api/system")
    assert answer.status_code == 200, answer.text
    found = {part["part"]: part["standing"] for part in answer.json()["parts"]}
    assert (found["database"], found["ingest"], found["audit"]) == ("good", "unknown", "unknown")
    for word in ("Ada", "password", "postgresql://", "example.org"):
        assert word not in answer.text


@pytest.mark.parametrize("role", [Role.NEPHROLOGIST, Role.NURSE, Role.ON_CALL, Role.PATIENT, Role.KIOSK])
def test_nobody_else_does(api: Api, role: Role) -> None:
    assert problem(api.sign_in(role, 1).get("/api/system"))["status"] == 403


async def test_a_database_that_is_away_is_no_error() -> None:
    away = SystemData("postgresql://nobody@127.0.0.1:9/none")
    assert await away.read(0.0) is None
