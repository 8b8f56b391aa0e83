"""Who looked at whom and when: every way there is to be shown a patient leaves its row, and the record stays whole."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

import httpx
import pytest

from alerts.escalation import People
from clinician_api.access import ROUTES, Role
from clinician_api.live.feeds import LOOKS_AT_ONCE
from clinician_api.people.looks import What
from clinician_api.settings import ApiOptions
from store import audit, patients, teams, treatments
from store.treatments import Treatment
from telemetry.clock import SystemClock
from telemetry.treatment import EndKnown
from tests.clinician_api.conftest import Api, start_api, until
from tests.clinician_api.notified import Notifier

SPAN = {"start": "2026-03-01T08:00:00Z", "end": "2026-03-01T09:00:00Z"}


HOUR_US = 3_600_000_000
LOOKS = "SELECT actor, action, subject FROM audit_event WHERE action LIKE 'look at %' ORDER BY 1, 2, 3"


def rows(api: Api) -> list[tuple[str, str, str]]:
    """(actor, action, subject) of every look on record."""
    with api.database() as conn:
        found = conn.execute(LOOKS)
        return [(row[0], row[1], row[2]) for row in found]


def looked(client: httpx.Client, way: str = "/api/patients/1/audit", **query: Any) -> dict[str, Any]:
    answer = client.get(way, params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


# Every way there is to be shown a patient, and what is on record then.
WAYS = {
    "/api/units/u-1": "page", "/api/units/u-1/readings": "history", "/api/units/u-1/treatments": "treatments",
    "/api/patients/1/treatments": "treatments", "/api/treatments/1": "treatments",
    "/api/treatments/1/review": "treatments", "/api/treatments/1/report": "treatment report",
    "/api/alerts/1": "alerts", "/api/alerts/1/before": "history", "/api/notices/1": "notices",
    "/api/deliveries/1": "notices", "/api/units": "wall", "/api/alerts": "wall", "/api/notices": "wall",
    "/api/handover": "notices", "/api/units/u-1/audit": "who looked", "/api/patients/1/audit": "who looked",
    "/api/units/u-1/notes": "notes", "/api/units/u-1/prescription": "prescription",
    "/api/patients/1/prescription": "prescription", "/api/patients/1/prescription/history": "prescription",
    "/api/units/u-1/trends": "trends", "/api/patients/1/trends": "trends", "/api/patients/1/usual": "history",
    "/api/administration/units/u-1": "page", "/api/administration/units": "wall", "/api/teams": "wall", "/ws": "wall",
    "/fhir/Patient": "FHIR record", "/fhir/Patient/1": "FHIR record", "/fhir/Procedure?patient=1": "FHIR record",
    "/fhir/Procedure/1": "FHIR record", "/fhir/DetectedIssue/1?names=true": "named FHIR record",
    "/fhir/Device": "FHIR record", "/fhir/CarePlan?subject=Patient/1": "FHIR record",
    "/fhir/Procedure/1/$export": "FHIR record", "/fhir/Patient/1/$summary?names=true": "named FHIR record",
}  # fmt: skip
# Parameters that lead to a patient.
OF_A_PATIENT = re.compile(
    r"{(unit|patient_id|treatment_id|alert_id|notice_id|delivery_id|proposal_id|glass_id|team_id|kind)}"
)
DEED = "a deed, with a row of its own that names whose it is"
# What leads to a patient and is none of these ways, and why.
EXEMPT = {
    ("GET", "/api/units/{unit}/timeline"): "two looks, at alerts and at notes: test_timeline",
    ("POST", "/api/patients/{patient_id}/what-if"): "notes a look when it has answered: test_what_if",
    ("POST", "/api/patients/{patient_id}/prescription/replay"): "notes a look when it has answered: test_prescriptions",
    ("POST", "/api/administration/units/{unit}/retire"): "whom it served is on record by the page it is done on",
    ("DELETE", "/api/teams/{team_id}"): "takes a team away and shows nobody of it",
    ("POST", "/api/teams/{team_id}/members"): "of a person, and answers with the team, as GET /api/teams does",
    ("DELETE", "/api/teams/{team_id}/members/{user_id}"): "of a person, and shows no patient",
    **{
        ("POST", path): DEED
        for path in (
            "/api/patients/{patient_id}/notes", "/api/patients/{patient_id}/prescription/proposals",
            "/api/proposals/{proposal_id}/sign", "/api/proposals/{proposal_id}/reject",
            "/api/proposals/{proposal_id}/withdraw", "/api/treatments/{treatment_id}/sign",
            "/api/treatments/{treatment_id}/call-doctor", "/api/alerts/{alert_id}/acknowledge",
            "/api/alerts/{alert_id}/shelve", "/api/notices/{notice_id}/accept", "/api/notices/{notice_id}/reject",
            "/api/notices/{notice_id}/release", "/api/notices/{notice_id}/take-over",
            "/api/teams/{team_id}/patients", "/api/break-glass/{glass_id}/end", "/api/break-glass/{glass_id}/review",
            "/api/alerts/{alert_id}/helped", "/api/home/alerts/{alert_id}/handling",
            "/api/administration/units/{unit}/bind", "/api/administration/units/{unit}/unbind",
        )
    },
    ("DELETE", "/api/alerts/{alert_id}/shelve"): DEED,
    ("DELETE", "/api/teams/{team_id}/patients/{patient_id}"): DEED,
}  # fmt: skip


def leads(path: str, way: str) -> bool:
    """Whether a way is one of that route."""
    return re.fullmatch(re.sub(r"{\w+}", "[^/]+", path).replace("$", r"\$"), way.partition("?")[0]) is not None


def test_every_route_that_leads_to_a_patient_is_among_the_ways_or_says_why_not() -> None:
    leading = {(method, path) for method, path in ROUTES if OF_A_PATIENT.search(path)}
    walked = {(method, path) for method, path in leading if method == "GET" and any(leads(path, way) for way in WAYS)}
    assert not walked & EXEMPT.keys()
    assert walked | EXEMPT.keys() == leading


@pytest.fixture
def ada(api: Api) -> Api:
    """Ada Example at u-1, with an alert, a notice that somebody is asked about, and a treatment that is over."""
    unit = api.add_unit("u-1", "Clinic 1", "Ada Example")
    with api.database() as conn:
        conn.execute("UPDATE binding SET since = since - interval '1 day'")
        number = teams.add(conn, 1, "east", SystemClock().now_us())
        assert teams.put_patient(conn, number, 1)
        now_us = SystemClock().now_us()
        over = Treatment(now_us - 4 * HOUR_US, now_us - HOUR_US, EndKnown.MACHINE)
        treatments.add(conn, [(unit.unit_id, over)], now_us, now_us)
    api.raise_alert(unit)
    notifier = Notifier(api)
    notifier.people = People((notifier.user("Nell", 1),))
    notifier.settle()
    return api


@pytest.mark.parametrize(("way", "what"), list(WAYS.items()))
def test_whatever_way_one_is_shown_a_patient_it_is_on_record_once(ada: Api, way: str, what: str) -> None:
    role = Role.ADMINISTRATOR if "administration" in way else Role.NEPHROLOGIST
    client = ada.sign_in(role, 1, "Nora")
    for _ in range(3):
        if way == "/ws":
            ada.open_socket(client).subscribe()
        else:
            answer = client.get(way, params=SPAN if "readings" in way else None)
            assert answer.status_code == 200, (way, answer.text)
    until(lambda: rows(ada) != [])
    assert [row[1:] for row in rows(ada)] == [(f"look at {what}", "patient:1")]
    if what != "who looked":
        (found,) = [row for row in looked(client)["rows"] if row["what"].startswith("look at")]
        assert (found["who"], found["role"], found["what"]) == ("Nora", str(role), f"look at {what}")


def test_who_is_not_told_whose_it_is_has_not_looked(api: Api) -> None:
    api.add_unit("u-1", "Clinic 1", "Ada Example")
    api.add_unit("u-2", "Clinic 2", "Bea Example")
    technician, nurse = api.sign_in(Role.TECHNICIAN, 1), api.sign_in(Role.NURSE, 1)
    for client in (technician, nurse):
        client.get("/api/units")
        client.get("/api/units/u-2")
        client.get("/api/patients/2/treatments")
    until(lambda: rows(api) != [])
    assert rows(api) == [("user:2", "look at wall", "patient:1")]


def test_what_was_done_a_wall_and_the_command_line_are_there_newest_first_in_pages(api: Api) -> None:
    units = [api.add_unit(f"u-{n}", "Clinic 1", f"Patient {n}") for n in (1, 2, 3)]
    alert = api.raise_alert(units[0])
    wall = api.kiosk(1, "Ward 3")
    api.open_socket(wall).subscribe()
    until(lambda: rows(api) != [])
    assert [row[2] for row in rows(api)] == ["patients: 3"]
    nora = api.sign_in(Role.NEPHROLOGIST, 1, "Nora")
    nora.post(f"/api/alerts/{alert}/acknowledge", json={})
    with api.database() as conn:
        audit.append(conn, audit.Deed(1, audit.operator("root"), "arrange", "patient:1", {}))
    found = looked(nora)["rows"]
    assert [(row["who"], row["role"], row["what"]) for row in found] == [
        ("os:root", "", "arrange"), ("Nora", "nephrologist", "acknowledge alert"), ("Ward 3", "", "look at wall"),
    ]  # fmt: skip
    first = looked(nora, limit=2)
    second = looked(nora, limit=2, cursor=first["next"])
    assert [*first["rows"], *second["rows"]][:3] == found
    assert second["next"] is None
    assert [row["what"] for row in looked(nora, "/api/units/u-2/audit")["rows"]] == ["look at wall"]
    with api.database() as conn:
        assert audit.verify(conn).broken is None


def test_a_patient_who_comes_while_a_screen_is_open_is_on_record_too(api: Api) -> None:
    api.add_unit("u-1", "Clinic 1", "Ada Example")
    screen = api.open_socket(api.sign_in(Role.NURSE, 1))
    screen.subscribe()
    until(lambda: len(rows(api)) == 1)
    api.add_unit("u-2", "Clinic 1", "Bea Example")
    assert len(screen.next("snapshot")["units"]) == 2
    until(lambda: len(rows(api)) == 2)
    assert [row[2] for row in rows(api)] == ["patient:1", "patient:2"]


def test_a_patient_of_another_clinic_and_one_who_is_not_there(api: Api) -> None:
    for clinic in (1, 2):
        api.add_unit(f"u-{clinic}", f"Clinic {clinic}", f"Patient of {clinic}")
    api.add_unit("u-3", "Clinic 1")
    nora = api.sign_in(Role.NEPHROLOGIST, 1)
    for way in ("patients/2", "patients/99", "units/u-2", "units/u-9"):
        assert nora.get(f"/api/{way}/audit").status_code == 404
    assert looked(nora, "/api/units/u-3/audit") == {"rows": [], "next": None}
    assert api.sign_in(Role.NURSE, 1).get("/api/patients/1/audit").status_code == 403
    assert len(looked(api.sign_in(Role.ADMINISTRATOR, None), "/api/patients/2/audit")["rows"]) == 0


def test_it_follows_the_patient_not_the_home(api: Api) -> None:
    unit = api.add_unit("u-1", "Clinic 1", "Ada Example")
    nora = api.sign_in(Role.NEPHROLOGIST, 1)
    nora.get("/api/units/u-1")
    until(lambda: rows(api) != [])
    with api.database() as conn:
        patients.bind(conn, unit.unit_id, patients.add_patient(conn, "Bea", 1, patients.Prescription()), 2)
    api.refresh()
    assert [row["what"] for row in looked(nora, "/api/patients/1/audit")["rows"]] == ["look at page"]
    assert looked(nora, "/api/units/u-1/audit")["rows"] == []


def refused(caplog: pytest.LogCaptureFixture) -> bool:
    return any(record.getMessage() == "feed failed" for record in caplog.records)


def test_nobody_waits_for_the_record_and_nothing_of_it_is_lost(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    api.add_unit("u-1", "Clinic 1", "Ada Example")
    nora = api.sign_in(Role.NEPHROLOGIST, 1)
    with api.database() as conn:
        conn.execute("ALTER TABLE audit_event ADD CONSTRAINT never CHECK (action NOT LIKE 'look%') NOT VALID")
        assert nora.get("/api/units/u-1").status_code == 200
        nora.get("/api/units/u-1/readings", params=SPAN)
        until(lambda: refused(caplog))
        assert rows(api) == []
        conn.execute("ALTER TABLE audit_event DROP CONSTRAINT never")
    until(lambda: len(rows(api)) == 2)
    assert [row[1] for row in rows(api)] == ["look at history", "look at page"]


def test_what_waits_is_written_before_the_server_ends(options: ApiOptions, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clinician_api.live.feeds.LOOKS_S", 3600.0)
    with ExitStack() as stack:
        api = start_api(stack, options)
        api.add_unit("u-1", "Clinic 1", "Ada Example")
        api.sign_in().get("/api/units/u-1")
        assert rows(api) == []
    assert rows(api) == [("user:1", "look at page", "patient:1")]


def test_many_looks_are_written_in_short_transactions(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[int] = []

    async def count(_self: object, deeds: Sequence[object]) -> None:
        written.append(len(deeds))

    monkeypatch.setattr("clinician_api.people.record_data.RecordData.write_down", count)
    for number in range(450):
        api.services.looks.note(number.to_bytes(32, "big"), "user:1", What.PAGE, [1], 1, 1.0)
    until(lambda: sum(written) == 450)
    assert max(written) <= LOOKS_AT_ONCE
