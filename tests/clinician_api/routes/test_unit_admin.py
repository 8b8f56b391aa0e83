"""Units over the API: worst first, names by role, whom a unit serves, and nothing by accident during a treatment.

With `unit_data`, `unit_models` of the room and `store.unit_admin`, against a real database.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from clinician_api.access import Role
from store import certificates, quarantine, treatments
from store.quarantine import QuarantineRow
from store.treatments import Treatment
from telemetry.clock import SystemClock
from tests.clinician_api.conftest import Api, parts, problem

UNITS = "/api/administration/units"


def look(client: httpx.Client, unit: str = "u-1") -> dict[str, Any]:
    answer = client.get(f"{UNITS}/{unit}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def say(api: Api, unit_id: int, *, online: bool) -> None:
    with api.database() as conn:
        conn.execute(
            "INSERT INTO unit_status (unit_id, received_at, heard_at, since, sent_at, online, synchronised, machine,"
            " epoch, boot, agent_version, protocol, profile, outbox_rows, outbox_oldest_at, thinned, rejected, trouble)"
            " VALUES (%s, now(), now(), now(), now() + interval '3 seconds', %s, true, 'connected', 'e', 'b', '1.2.3',"
            " 'p', 'p', 5, now() - interval '57 seconds', 0, 0, '')",
            (unit_id, online),
        )


def begin_treatment(api: Api, unit_id: int) -> None:
    now_us = SystemClock().now_us()
    with api.database() as conn:
        treatments.add(conn, [(unit_id, Treatment(now_us))], now_us, now_us)


def deeds(api: Api) -> list[tuple[str, str]]:
    return [(action, subject) for action, subject in api.deeds("action", "subject") if not action.startswith("look at")]


def test_the_worst_comes_first_with_what_was_measured_and_in_parts(api: Api) -> None:
    good, _unknown, bad = (api.add_unit(f"u-{n}", "Clinic 1", f"Patient {n}") for n in (1, 2, 3))
    api.add_unit("u-4", "Clinic 2")
    say(api, good.unit_id, online=True)
    say(api, bad.unit_id, online=False)
    with api.database() as conn:
        quarantine.add(conn, [QuarantineRow(SystemClock().now_us(), "t", "u-2", "why", b"")])
    admin = api.sign_in(Role.ADMINISTRATOR, 1)
    found = parts(admin, UNITS, "units")
    assert [(one["unit"], one["standing"]) for one in found] == [("u-3", "bad"), ("u-2", "unknown"), ("u-1", "good")]
    assert [one["quarantined"] for one in found] == [0, 1, 0]
    one = found[2]
    assert (one["link"], one["agent_version"], one["outbox_rows"]) == ("online", "1.2.3", 5)
    assert (one["clock_offset_s"], one["outbox_oldest_s"]) == (3.0, 60.0)
    assert len(parts(api.sign_in(Role.ADMINISTRATOR, None), UNITS, "units", 2)) == 4


@pytest.mark.parametrize("role", [Role.TECHNICIAN, Role.OPERATIONS])
def test_who_sees_no_patients_is_told_of_none_and_changes_nothing(api: Api, role: Role) -> None:
    api.add_unit("u-1", "Clinic 1", "Ada Example")
    client = api.sign_in(role, 1)
    for path in (UNITS, f"{UNITS}/u-1"):
        assert "Ada" not in client.get(path).text
    found = look(client)
    assert found["unit"]["bound"]
    assert not found["changeable"]
    assert (found["free_patients"], found["bindings"][0]["patient_id"]) == ([], None)
    for deed in ("unbind", "retire"):
        assert problem(client.post(f"{UNITS}/u-1/{deed}", json={"confirmed": True}))["status"] == 403


def test_a_patient_is_made_bound_and_unbound_and_it_is_on_record(api: Api) -> None:
    api.add_unit("u-1", "Clinic 1")
    admin = api.sign_in(Role.ADMINISTRATOR, 1)
    made = admin.post("/api/administration/patients", json={"name": "Ada Example", "clinic": "Clinic 1"}).json()
    assert look(admin)["free_patients"] == [{"patient_id": made["patient_id"], "name": "Ada Example"}]
    bound = admin.post(f"{UNITS}/u-1/bind", json={"patient_id": made["patient_id"]})
    assert bound.status_code == 200, bound.text
    assert bound.json()["unit"]["patient"] == "Ada Example"
    assert bound.json()["free_patients"] == []
    ended = admin.post(f"{UNITS}/u-1/unbind", json={}, headers={"If-Match": bound.headers["etag"]}).json()
    assert not ended["unit"]["bound"]
    assert [(one["patient"], one["until"] is None) for one in ended["bindings"]] == [("Ada Example", False)]
    subject = f"patient:{made['patient_id']}"
    assert deeds(api) == [("add patient", subject), ("bind patient", "u-1"), ("unbind patient", "u-1")]
    assert problem(admin.post(f"{UNITS}/u-1/unbind", json={}))["status"] == 409


def test_nobody_is_bound_twice_nor_across_clinics(api: Api) -> None:
    for name, clinic, patient in (("u-1", "Clinic 1", "P1"), ("u-2", "Clinic 1", None), ("u-3", "Clinic 2", None)):
        api.add_unit(name, clinic, patient)
    admin, everybody = api.sign_in(Role.ADMINISTRATOR, 1), api.sign_in(Role.ADMINISTRATOR, None)
    assert "another unit serves" in problem(admin.post(f"{UNITS}/u-2/bind", json={"patient_id": "1"}))["what"]
    assert "serves somebody" in problem(admin.post(f"{UNITS}/u-1/bind", json={"patient_id": "1"}))["what"]
    other = everybody.post(f"{UNITS}/u-3/bind", json={"patient_id": "1"})
    assert problem(other)["what"] == problem(admin.post(f"{UNITS}/u-2/bind", json={"patient_id": "9" * 18}))["what"]
    assert problem(admin.post(f"{UNITS}/u-3/unbind", json={}))["status"] == 404
    body = {"name": "P", "clinic": "Clinic 2"}
    assert problem(admin.post("/api/administration/patients", json=body))["status"] == 403
    assert problem(admin.post("/api/administration/patients", json={"name": "P"}))["status"] == 403
    assert deeds(api) == []


def test_of_two_who_bind_at_once_one_is_told(api: Api) -> None:
    for name in ("u-1", "u-2"):
        api.add_unit(name, "Clinic 1")
    admin = api.sign_in(Role.ADMINISTRATOR, 1)
    number = admin.post("/api/administration/patients", json={"name": "P", "clinic": "Clinic 1"}).json()["patient_id"]
    with ThreadPoolExecutor(2) as both:
        asked = [
            both.submit(admin.post, f"{UNITS}/{name}/bind", json={"patient_id": number}) for name in ("u-1", "u-2")
        ]
        assert sorted(one.result().status_code for one in asked) == [200, 409]


@pytest.mark.parametrize("deed", ["unbind", "retire"])
def test_during_a_treatment_only_whoever_confirms(api: Api, deed: str) -> None:
    unit = api.add_unit("u-1", "Clinic 1", "Ada Example")
    begin_treatment(api, unit.unit_id)
    admin = api.sign_in(Role.ADMINISTRATOR, 1)
    refused = problem(admin.post(f"{UNITS}/u-1/{deed}", json={}))
    assert (refused["status"], refused["what"]) == (409, "a treatment goes on at this unit")
    assert look(admin)["unit"]["bound"]
    assert admin.post(f"{UNITS}/u-1/{deed}", json={"confirmed": True}).status_code == 200
    with api.database() as conn:
        row = conn.execute("SELECT detail->>'during_treatment' FROM audit_event WHERE subject = 'u-1'").fetchone()
    assert row == ("true",)


def test_what_changed_meanwhile_is_not_changed_again(api: Api) -> None:
    api.add_unit("u-1", "Clinic 1", "Ada Example")
    admin = api.sign_in(Role.ADMINISTRATOR, 1)
    seen = {"If-Match": look(admin)["unit"]["tag"]}
    assert admin.post(f"{UNITS}/u-1/unbind", json={}, headers=seen).status_code == 200
    late = admin.post(f"{UNITS}/u-1/retire", json={}, headers=seen)
    assert problem(late)["status"] == 412
    assert late.json()["current"]["bound"] is False


def test_a_retired_unit_has_no_certificate_and_takes_nobody_but_lets_its_patient_go(api: Api) -> None:
    unit = api.add_unit("u-1", "Clinic 1", "Ada Example")
    now_us = SystemClock().now_us()
    with api.database() as conn:
        certificates.add_code(conn, b"c" * 32, unit.unit_id, "", now_us, now_us + 10**12)
        conn.execute(
            "INSERT INTO certificate (serial, kind, unit_id, name, key_hash, pem, issued_at, valid_until)"
            " VALUES ('aa', 'unit', %s, 'u-1', %s, 'pem', now(), now() + interval '90 days')",
            (unit.unit_id, b"k" * 32),
        )
    admin = api.sign_in(Role.ADMINISTRATOR, 1)
    assert look(admin)["unit"]["certificate_until"] is not None
    retired = admin.post(f"{UNITS}/u-1/retire", json={}).json()["unit"]
    assert (retired["standing"], retired["certificate_until"]) == ("retired", None)
    with api.database() as conn:
        left = conn.execute(
            "SELECT count(*) FROM enrolment_code WHERE withdrawn_at IS NULL"
        ).fetchone()  # fmt: skip
    assert left == (0,)
    assert problem(admin.post(f"{UNITS}/u-1/retire", json={}))["status"] == 409
    assert admin.post(f"{UNITS}/u-1/unbind", json={}).status_code == 200
    assert problem(admin.post(f"{UNITS}/u-1/bind", json={"patient_id": "1"}))["status"] == 409
    assert deeds(api) == [("revoke unit", "u-1"), ("unbind patient", "u-1")]


@pytest.mark.parametrize("deed", ["bind", "unbind", "retire"])
def test_only_true_confirms(api: Api, deed: str) -> None:
    unit = api.add_unit("u-1", "Clinic 1", "Patient 1")
    begin_treatment(api, unit.unit_id)
    admin = api.sign_in(Role.ADMINISTRATOR)
    body = {"patient_id": "1"} if deed == "bind" else {}
    for nearly in (1, 0, "yes", "true", "on", 1.0):
        answer = admin.post(f"{UNITS}/u-1/{deed}", json={**body, "confirmed": nearly})
        assert problem(answer)["errors"][0]["where"] == "body.confirmed", nearly
    assert look(admin)["unit"]["bound"] and deeds(api) == []
