"""The record over the API: whose rows, by what filters, as a file of any length, and whether its chain holds."""

from __future__ import annotations

import csv
import io
import json
import threading
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import httpx
import pytest

from clinician_api.access import Role
from clinician_api.administration.audit_data import DUE_US, EXPORT_ROWS, AuditData
from store import audit, audit_browse, pool, teams
from store.audit import Deed
from store.session_ends import SIGN_INS
from telemetry.clock import ManualClock
from tests.clinician_api.conftest import Api, parts, problem, until
from tests.evaluation.treated import treated

NOW_US = 1_750_000_000_000_000


def write(api: Api, *deeds: tuple[str, str, str]) -> None:
    with api.database() as conn:
        for number, (actor, action, subject) in enumerate(deeds):
            audit.append(conn, Deed(NOW_US + number * 1_000_000, actor, action, subject, {"n": number}))


def rows(client: httpx.Client, **query: str) -> list[tuple[str, str]]:
    answer = client.get("/api/audit", params=query)
    assert answer.status_code == 200, answer.text
    found = [(row["action"], row["subject"]) for row in answer.json()["rows"]]
    # Whoever asks has signed in, which has a test of its own.
    return [one for one in found if one[0] not in SIGN_INS]


def test_an_administrator_sees_what_is_about_their_clinic(api: Api) -> None:
    unit = api.add_unit("u-1", "Clinic 1", "Ada Example")
    api.add_unit("u-2", "Clinic 2", "Bob Example")
    alert = api.raise_alert(unit)
    admins = {number: api.sign_in(Role.ADMINISTRATOR, number) for number in (1, 2)}
    api.account(Role.NURSE, 1)
    with api.database() as conn:
        found = conn.execute("SELECT user_id FROM user_account WHERE role = 'nurse'").fetchone()
        both = {"patients": [1, 2], "session": "s"}
        audit.append(conn, Deed(NOW_US, "os:root", "look at wall", "patients: 2", both))
    assert found is not None
    own = [
        ("os:root", "add unit", "u-1"), ("os:root", "set password", f"user:{found[0]}"),
        ("user:9", "look at page", "patient:1"), ("user:9", "acknowledge alert", f"alert:{alert}"),
    ]  # fmt: skip
    write(api, *own, ("os:root", "add unit", "u-2"), ("user:9", "look at page", "patient:2"))
    shared = ("look at wall", "patients: 2")
    assert rows(admins[1]) == [*[one[1:] for one in reversed(own)], shared]
    assert rows(admins[2]) == [("look at page", "patient:2"), ("add unit", "u-2"), shared]
    assert "patients" not in admins[1].get("/api/audit?kind=looks").json()["rows"][-1]["detail"]
    everybody = api.sign_in(Role.ADMINISTRATOR, None)
    assert len(rows(everybody)) == 7
    assert everybody.get("/api/audit?kind=looks").json()["rows"][-1]["detail"]["patients"] == [1, 2]
    assert rows(everybody, subject="patient:1") == [
        ("acknowledge alert", f"alert:{alert}"), ("look at page", "patient:1"), shared,
    ]  # fmt: skip
    assert len(rows(everybody, kind="looks")) == 3
    assert rows(everybody, action="add unit", actor="os:root", start="2025-06-15T15:06:43Z") == [("add unit", "u-2")]
    assert rows(everybody, end="2025-06-15T15:06:40Z") == []
    assert len(parts(everybody, "/api/audit?kind=deeds", "rows")) == 4
    assert "add unit" in everybody.get("/api/audit/actions").json()["actions"]


def test_what_was_done_to_teams_clinics_and_treatments_is_shown_to_their_administrator(api: Api) -> None:
    numbers = {}
    for clinic in (1, 2):
        unit = api.add_unit(f"u-{clinic}", f"Clinic {clinic}")
        with api.database() as conn:
            team = teams.add(conn, clinic, "East", NOW_US)
            treatment = treated(conn, unit.unit_id, 0, [150.0] * 10).treatment_id
        numbers[clinic] = team, treatment
    subjects = {
        clinic: [f"clinic:{clinic}", f"team:{team}", f"treatment:{treatment}"]
        for clinic, (team, treatment) in numbers.items()
    }
    write(api, *[("os:root", "do", one) for both in zip(*subjects.values(), strict=True) for one in both])
    for clinic in (1, 2):
        found = rows(api.sign_in(Role.ADMINISTRATOR, clinic), actor="os:root")
        assert [subject for _, subject in reversed(found)] == subjects[clinic]
    assert len(rows(api.sign_in(Role.ADMINISTRATOR, None), actor="os:root")) == 6


def test_whoever_is_no_administrator_is_refused(api: Api) -> None:
    for role in (Role.NEPHROLOGIST, Role.OPERATIONS, Role.TECHNICIAN):
        for way in ("/api/audit", "/api/audit/export", "/api/audit/chain"):
            assert problem(api.sign_in(role, 1).get(way))["status"] == 403


def test_a_cell_that_a_spreadsheet_would_calculate_is_text(api: Api) -> None:
    write(api, ("os:=cmd", "=HYPERLINK(1)", "u-1"))
    admin = api.sign_in(Role.ADMINISTRATOR, None)
    answer = admin.get("/api/audit/export", params={"format": "csv", "end": "2026-01-01T00:00:00Z"})
    assert answer.headers["content-type"].startswith("text/csv")
    table = list(csv.reader(io.StringIO(answer.text)))
    assert table[0][:3] == ["row", "at", "actor"]
    assert table[1][4] == "'=HYPERLINK(1)"


@pytest.mark.timeout(180)
def test_a_hundred_thousand_rows_leave_in_bounded_memory(api: Api) -> None:
    count = 100_000
    with api.database() as conn:
        conn.execute("ALTER TABLE audit_event DISABLE TRIGGER USER")
        conn.execute(
            "INSERT INTO audit_event SELECT n, from_us(%s), 'os:x', 'do', 'u-1', json_build_object('n', n, 'text',"
            " repeat('x', 300)), '', '' FROM generate_series(1, %s) AS n", [NOW_US, count],
        )  # fmt: skip
        conn.execute("ALTER TABLE audit_event ENABLE TRIGGER USER")
    admin = api.sign_in(Role.ADMINISTRATOR, None)
    seen = 0
    size = 0
    tracemalloc.start()
    try:
        with admin.stream("GET", "/api/audit/export", params={"end": "2026-01-01T00:00:00Z"}) as answer:
            assert answer.status_code == 200
            for line in answer.iter_lines():
                assert int(json.loads(line)["row"]) == count - seen
                seen += 1
                size += len(line)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert seen == count
    # Some batches are in the socket and on their way; all rows together would be more than ten times that.
    assert most < size / 4, (most, size, EXPORT_ROWS)


def test_the_chain_is_walked_on_demand_and_a_break_is_told(api: Api) -> None:
    admin = api.sign_in(Role.ADMINISTRATOR, 1)
    write(api, *[("os:x", "do", f"u-{n}") for n in range(5)])

    def chain() -> dict[str, object]:
        found: dict[str, object] = admin.get("/api/audit/chain").json()
        return found

    assert chain()["state"] == "never"
    assert admin.post("/api/audit/verify").status_code == 200
    until(lambda: chain()["state"] == "intact")
    assert chain()["verified_rows"] == 6, "and that somebody signed in"
    with api.database() as conn:
        conn.execute("ALTER TABLE audit_event DISABLE TRIGGER audit_event_append_only")
        conn.execute("DELETE FROM audit_event WHERE event_id > 3")
    admin.post("/api/audit/verify")
    until(lambda: chain()["state"] == "broken")
    assert chain()["broken_row"] == 4
    assert "missing" in str(chain()["why"]), "a record cut off at its end is no shorter record"


async def test_it_is_walked_once_a_day_without_being_asked(database_url: str) -> None:
    clock, record = ManualClock(), AuditData(database_url)

    async def walked_at() -> int:
        await record.walk_when_due(clock)
        with closing(pool.connect(database_url)) as conn:
            last = audit_browse.last_check(conn)
        assert last is not None
        assert (last.asked_by, last.broken) == ("service:api", None)
        return last.ended_us

    first = await walked_at()
    clock.advance(DUE_US / 1e6 - 1)
    assert await walked_at() == first
    clock.advance(1.0)
    assert await walked_at() == first + DUE_US


def test_a_record_that_takes_long_holds_up_nobody_who_signs_in(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    admin, let = api.sign_in(Role.ADMINISTRATOR), threading.Event()
    page = audit_browse.page

    def slowly(*asked: Any) -> Any:
        assert let.wait(60)
        return page(*asked)

    monkeypatch.setattr(audit_browse, "page", slowly)
    # More than there are threads for everything else.
    with ThreadPoolExecutor(40) as many:
        answers = [many.submit(lambda: admin.get("/api/audit", timeout=60).status_code) for _ in range(40)]
        try:
            assert api.sign_in(Role.NURSE).get("/api/session").status_code == 200
        finally:
            let.set()
        assert {answer.result() for answer in answers} == {200}
