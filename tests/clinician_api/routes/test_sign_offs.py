"""Signing one treatment: what was read, by one of two, and back in the queue when anything has changed since."""

from __future__ import annotations

import httpx
import pytest

from clinician_api.access import Role
from store import alert_log, pool
from store.alert_log import AlertEventRow
from telemetry.alarms import ConditionState, Priority
from tests.clinician_api.conftest import Api, problem
from tests.clinician_api.signing_world import HOUR, Clinic


def read(client: httpx.Client, treatment: int) -> dict[str, object]:
    answer = client.get(f"/api/treatments/{treatment}/review")
    assert answer.status_code == 200, answer.text
    found: dict[str, object] = answer.json()["review"]
    assert answer.headers["etag"] == found["etag"]
    return found


def sign(client: httpx.Client, treatment: int, etag: object, note: str = "", what: str = "sign") -> httpx.Response:
    headers = {"If-Match": str(etag)}
    return client.post(f"/api/treatments/{treatment}/{what}", json={"note": note}, headers=headers)


def test_one_of_two_signs_and_it_is_on_record(api: Api) -> None:
    home = Clinic(api)
    short = home.treat(minutes=200)
    one, two = api.sign_in(name="First"), api.sign_in(name="Second")
    tag = read(one, short)["etag"]
    assert one.post(f"/api/treatments/{short}/sign", json={"note": "seen"}).status_code == 422, "nothing was read"
    assert sign(one, short, "*", "seen").status_code == 422
    assert problem(sign(one, short, tag))["where"] == "body.note"
    signed = sign(one, short, tag, "cramps, ended by the patient")
    assert signed.status_code == 200, signed.text
    assert signed.json()["review"]["signed"]["note"] == "cramps, ended by the patient"
    refused = problem(sign(two, short, tag, "mine"))
    assert (refused["status"], refused["what"]) == (409, "already signed")
    assert refused["current"]["signed"]["name"] == "First"
    with api.database() as conn:
        rows = conn.execute("SELECT action, subject FROM audit_event WHERE action = 'sign treatment'").fetchall()
    assert rows == [("sign treatment", f"patient:{home.patient}")]


def test_a_nurse_calls_a_doctor_and_then_it_is_not_signed_in_bulk(api: Api) -> None:
    home = Clinic(api)
    good = home.treat()
    nurse, doctor = api.sign_in(Role.NURSE), api.sign_in()
    tag = read(nurse, good)["etag"]
    assert sign(nurse, good, tag, "x").status_code == 403
    assert sign(nurse, good, tag, "looked pale", "call-doctor").status_code == 200
    assert sign(doctor, good, tag, "x").status_code == 412, "the doctor has not read the call"
    now = read(doctor, good)
    item = {"treatment_id": str(good), "etag": now["etag"]}
    (bulk,) = doctor.post("/api/reviews/sign", json={"treatments": [item]}).json()["results"]
    assert bulk["outcome"] == "it has reasons to be looked at"
    assert doctor.get("/api/reviews/counts").json()["called"] == 1
    assert sign(doctor, good, now["etag"], "rang, all well").status_code == 200
    assert doctor.get("/api/reviews").json()["reviews"] == []


def late_alert(home: Clinic) -> None:
    at = home.now_us - 7 * HOUR
    with home.api.database() as conn, pool.transaction(conn):
        row = AlertEventRow(
            alert_log.reserve_ids(conn, 1)[0], home.unit.unit_id, "R01", "1.0.0", Priority.HIGH,
            ConditionState.ACTIVE_UNACKNOWLEDGED, at, "fell", {}, {}, late=True,
        )  # fmt: skip
        alert_log.append(conn, [row], home.now_us)


@pytest.mark.parametrize("what", ["late row", "late alert", "weight"])
def test_what_changes_afterwards_brings_it_back_and_says_what(api: Api, what: str) -> None:
    home = Clinic(api)
    good = home.treat()
    client = api.sign_in()
    stale = read(client, good)["etag"]
    assert sign(client, good, stale).status_code == 200
    assert client.get("/api/reviews").json()["reviews"] == []
    match what:
        case "late row":
            home.late_row(good, 2900.0)
        case "late alert":
            late_alert(home)
        case "weight":
            home.weigh(good, 73.0)
    (back,) = client.get("/api/reviews").json()["reviews"]
    assert back["state"] == "signed for an earlier state"
    changed = {one["what"]: (one["was"], one["now"]) for one in back["changes"]}
    new = [reason["code"] for reason in back["new_reasons"]]
    match what:
        case "late row":
            assert changed["volume_removed_ml"] == (2500.0, 2900.0)
            assert new == []
        case "late alert":
            assert changed["alerts_high"] == (0.0, 1.0)
            assert back["new_reasons"][0]["text"] == "1 high-priority alert, 1 of them found afterwards"
        case "weight":
            assert changed["weight_after_kg"] == (70.4, 73.0)
            assert new == ["target weight"]
    assert sign(client, good, stale, "again").status_code == 412
    assert sign(client, good, back["etag"], "seen").status_code == 200
    assert client.get("/api/reviews").json()["reviews"] == []


def test_one_that_goes_on_or_is_not_there(api: Api) -> None:
    home = Clinic(api)
    good = home.treat()
    with api.database() as conn:
        conn.execute("UPDATE treatment SET ended_at = NULL, end_known = NULL WHERE treatment_id = %s", [good])
    client = api.sign_in()
    found = read(client, good)
    assert found["state"] == "goes on"
    assert problem(sign(client, good, found["etag"], "x"))["what"] == "it goes on"
    assert client.get("/api/reviews").json()["reviews"] == []
    for number in ("999", "9" * 18):
        assert client.get(f"/api/treatments/{number}/review").status_code == 404
        assert client.get(f"/api/treatments/{number}/report").status_code == 404


def test_a_report_has_who_answered_and_who_printed(api: Api) -> None:
    home = Clinic(api)
    good = home.treat()
    late_alert(home)
    client = api.sign_in(name="Dr Weber")
    report = client.get(f"/api/treatments/{good}/report").json()
    assert (report["printed_by"], report["clinic"], report["unit_label"]) == ("Dr Weber", "Clinic 1", "Home u-1")
    (alert,) = report["alerts"]
    assert (alert["rule"], alert["late"], alert["acknowledged_by"]) == ("R01", True, None)
    assert client.post(f"/api/alerts/{alert['alert_id']}/acknowledge", json={"note": "seen"}).status_code == 200
    (alert,) = client.get(f"/api/treatments/{good}/report").json()["alerts"]
    assert alert["acknowledged_by"] == "Dr Weber"
