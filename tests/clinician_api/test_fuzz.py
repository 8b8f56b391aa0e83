"""`/openapi.json` is complete and true: schemathesis asks everything it says can be asked, and looks at every answer.

All its checks and phases (examples, coverage of every bound, random data, sequences along links), against the real
server with homes, alerts, notices and treatments, for three roles and for nobody. What a run does follows from SEED;
`./run fuzz-api` asks far more of it, each time something else.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from alerts.escalation import People
from clinician_api.access import MAY, ROUTES, Action, Role
from clinician_api.settings import COOKIE
from clinician_api.web.problems import Kind
from store import teams, treatment_summaries
from telemetry.alarms import ConditionState, Priority
from tests.clinician_api.conftest import Api
from tests.clinician_api.notified import Notifier
from tests.clinician_api.routes.test_history import store_readings
from tests.clinician_api.routes.test_treatments import START_US, add, bind
from tests.clinician_api.test_app import BODIES

CONFIG = Path(__file__).with_name("schemathesis.toml")
LONG = os.environ.get("HOMEHD_FUZZ") == "long"
SEED = "7"
EXAMPLES = "400" if LONG else "3"
TIMEOUT_S = 3600 if LONG else 300


@pytest.fixture
def world(api: Api) -> Api:
    """Two homes in each of two clinics, with what people ask for: all of it by the lowest numbers."""
    notifier = Notifier(api)
    notifier.people = People((notifier.user("Nora"),), (notifier.user("Bo"),))
    units = [api.add_unit(f"u-{n}", f"Clinic {1 + n % 2}") for n in range(4)]
    for number, unit in enumerate(units):
        bind(api, unit, f"Patient {number}", unit.clinic_id, START_US - 1)
        add(api, unit, *[START_US + day * 86_400_000_000 for day in range(3)])
        store_readings(api, unit, [(0.0, 100.0), (60.0, 120.0), (120.0, 110.0)])
        raised = api.raise_alert(unit, priority=list(Priority)[number % 3])
        if number == 0:
            api.raise_alert(unit, ConditionState.NORMAL, alert_id=int(raised))
            api.raise_alert(unit)
    with api.database() as conn:
        for wanted in treatment_summaries.due(conn, range(64), START_US):
            treatment_summaries.save(conn, wanted, treatment_summaries.summarise(conn, wanted), START_US)
    notifier.settle()
    notifier.trouble("broker")
    api.refresh()
    return api


def fuzz(api: Api, client: httpx.Client, tmp_path: Path, *further: str) -> int:
    """Run it to its end without a finding; how many questions it asked."""
    secrets = {"FUZZ_SESSION": client.cookies.get(COOKIE, ""), "FUZZ_ORIGIN": api.url}
    command = [
        sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIG), "run", f"{api.url}/openapi.json",
        "--checks", "all", "--generation-with-security-parameters", "false", "--max-examples", EXAMPLES,
        "--continue-on-failure", "--no-color", *further,
        *(["--generation-database", "none"] if LONG else ["--seed", SEED, "--generation-deterministic"]),
    ]  # fmt: skip
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False, cwd=tmp_path,
        env={**os.environ, **secrets},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-2_000:]
    asked = re.search(r"(\d+) generated", done.stdout)
    return int(asked[1]) if asked else 0


# Both would end the session that asks: low numbers of sessions are one's own.
ENDS = ("log_out", "end_session")


def asking(client: httpx.Client, actions: Collection[Action]) -> list[str]:
    """The arguments for those operations only that need one of these actions."""
    paths = client.get("/openapi.json").json()["paths"]
    described = {(method.upper(), path): paths[path][method] for path in paths for method in paths[path]}
    names = [one["operationId"] for route, one in described.items() if ROUTES[route] in actions]
    return [word for name in names if name not in ENDS for word in ("--include-operation-id", name)]


@pytest.mark.timeout(TIMEOUT_S + 30)
@pytest.mark.parametrize("role", [Role.NEPHROLOGIST, Role.TECHNICIAN, None], ids=str)
def test_every_answer_is_as_described(world: Api, tmp_path: Path, role: Role | None) -> None:
    if role is None:
        # Every bound once: there is little behind a 401.
        assert fuzz(world, world.client(), tmp_path, *([] if LONG else ["--phases", "coverage"])) > 300
        return
    client = world.sign_in(role, 1)
    # Signing out in the middle would leave nobody to ask as.
    phases = "examples,coverage,fuzzing,stateful" if LONG or role is Role.NEPHROLOGIST else "coverage,stateful"
    if LONG or role is Role.NEPHROLOGIST:
        which = [word for name in ENDS for word in ("--exclude-operation-id", name)]
    else:
        # What a nephrologist may not do, whoever may not is refused alike; that they are is the matrix's business.
        which = asking(client, MAY[role])
    assert fuzz(world, client, tmp_path, *which, "--phases", phases) > 300
    assert client.get("/api/session").status_code == 200, "asked as somebody to the end"


@pytest.mark.timeout(TIMEOUT_S + 30)
def test_what_only_an_administrator_may_do_is_as_described(world: Api, tmp_path: Path) -> None:
    own = MAY[Role.ADMINISTRATOR] - MAY[Role.NEPHROLOGIST] - MAY[Role.TECHNICIAN]
    with world.database() as conn:  # whose number nobody comes upon, so that the session is not ended in the middle
        conn.execute("ALTER TABLE user_account ALTER COLUMN user_id RESTART WITH 1987654321")
    client = world.sign_in(Role.ADMINISTRATOR, None)
    # No sequences: they find the asker's own account in the list, and end its sessions.
    phases = "examples,coverage,fuzzing" if LONG else "coverage"
    assert fuzz(world, client, tmp_path, *asking(client, own), "--phases", phases) > 300
    assert client.get("/api/session").status_code == 200, "asked as somebody to the end"


@pytest.mark.timeout(TIMEOUT_S)
def test_signing_out_is_as_described_too(api: Api, tmp_path: Path) -> None:
    client = api.sign_in()
    assert fuzz(api, client, tmp_path, "--include-operation-id", "log_out", "--phases", "examples,coverage") > 0
    assert client.get("/api/session").status_code == 401


def test_an_answer_that_is_not_as_described_is_found(api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Kind, "type", property(lambda _kind: 7))
    with pytest.raises(AssertionError, match="is not of type"):
        fuzz(api, api.client(), tmp_path, "--include-operation-id", "list_units", "--phases", "coverage")


# What a JSON string can hold and a database's text cannot; long enough for every reason, short enough for every name.
UNSTORABLE = "\0 nul nul nul"
QUERIES = {
    "/api/users": ("search",), "/api/audit": ("actor", "action", "subject"),
    "/api/audit/export": ("actor", "action", "subject"),
}  # fmt: skip


def spoilt(body: Any) -> Iterator[Any]:
    """The body once for each text in it, with that text spoilt."""
    for name, value in body.items() if isinstance(body, dict) else ():
        for other in [UNSTORABLE] if isinstance(value, str) else spoilt(value):
            yield {**body, name: other}


@pytest.mark.timeout(TIMEOUT_S)
def test_no_text_is_a_fault_of_ours_whatever_is_in_it(world: Api) -> None:
    with world.database() as conn:
        teams.add(conn, 1, "Team", START_US)
    asked = 0
    for role in (Role.ADMINISTRATOR, Role.NEPHROLOGIST):
        client = world.sign_in(role, None if role is Role.ADMINISTRATOR else 1)
        for (method, path), body in BODIES.items():
            address = re.sub(r"{\w+}", "1", path.replace("{unit}", "u-1").replace("{shift_id}", "1-0-1-1"))
            for wrong in spoilt(body):
                answer = client.request(
                    method, address, content=json.dumps(wrong), headers={"Content-Type": "application/json"}
                )
                assert answer.status_code < 500, (path, wrong, answer.text)
                asked += 1
        for path, names in QUERIES.items():
            for name in names:
                assert client.get(path, params={name: UNSTORABLE}).status_code in (200, 403), (path, name)
    assert asked > 60
