"""A screen on a wall: no login page, no answers, one clinic, and dark within five seconds when it is taken away."""

from __future__ import annotations

import time
from contextlib import ExitStack

import pytest

from alerts.escalation import People
from clinician_api.access import MAY, Action, Role
from clinician_api.people.sessions import ADDRESS_ATTEMPTS, code_hash
from clinician_api.settings import ApiOptions
from store import kiosks, shelvings
from telemetry.alarms import Priority
from telemetry.clock import SystemClock
from tests.clinician_api.conftest import Api, start_api
from tests.clinician_api.notified import Notifier


def test_it_sees_its_clinic_and_answers_nothing(api: Api) -> None:
    units = {clinic: api.add_unit(f"u-{clinic}", f"Clinic {clinic}", f"Patient of {clinic}") for clinic in (1, 2)}
    alerts = {clinic: api.raise_alert(unit) for clinic, unit in units.items()}
    wall = api.kiosk(1, "Ward 3")
    me = wall.get("/api/session").json()
    assert me["user"] == {"email": "", "name": "Ward 3", "role": "kiosk", "clinic": "Clinic 1", "language": None}
    assert set(me["may"]) == set(MAY[Role.KIOSK])
    snapshot = api.open_socket(wall).subscribe()
    assert [unit["unit"] for unit in snapshot["units"]] == ["u-1"]
    assert [alert["alert_id"] for alert in snapshot["alerts"]] == [alerts[1]]
    span = {"start": "2026-03-01T08:00:00Z", "end": "2026-03-01T09:00:00Z"}
    for method, way in (
        ("POST", f"/api/alerts/{alerts[1]}/acknowledge"), ("POST", f"/api/alerts/{alerts[1]}/shelve"),
        ("GET", "/api/units/u-1/readings"), ("GET", "/api/units/u-1/treatments"), ("GET", "/api/notices"),
        ("DELETE", "/api/session"),
    ):  # fmt: skip
        body = {"kind": "timed", "minutes": 5, "reason": "x"} if way.endswith("shelve") else {}
        answer = wall.request(method, way, params=span, json=body if method == "POST" else None)
        assert answer.status_code == 403, (way, answer.text)
    assert wall.get("/api/session").status_code == 200, "whoever passes by cannot sign it out"


def test_nothing_it_may_do_changes_anything() -> None:
    assert MAY[Role.KIOSK] <= {action for action in Action if action.value.startswith("see ")}


def test_the_cookie_is_the_browser_s_alone_and_lasts(api: Api) -> None:
    wall = api.kiosk()
    for answer in (wall.get("/api/session"), wall.get("/api/session")):
        cookie = answer.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        assert f"max-age={400 * 86400}" in cookie
    token = wall.cookies["homehd_session"].encode()
    with api.database() as conn:
        row = conn.execute("SELECT k::text FROM kiosk AS k").fetchall()[0][0]
    assert token.decode() not in row


def test_a_code_is_good_once_and_guessing_is_stopped(api: Api) -> None:
    now = SystemClock().now_us()
    with api.database() as conn:
        kiosks.add(conn, "Ward 3", 1, code_hash("ABCDE-FGHJK-23456"), now, now + 60_000_000)
    assert api.client().post("/api/kiosk", json={"code": "abcde fghjk 23456"}).status_code == 200
    assert api.client().post("/api/kiosk", json={"code": "ABCDE-FGHJK-23456"}).status_code == 401
    statuses = [api.client().post("/api/kiosk", json={"code": f"WRONG-{n:05}"}).status_code for n in range(55)]
    assert statuses[ADDRESS_ATTEMPTS - 5] == 401
    assert statuses[-1] == 429
    assert api.client(Origin="https://evil.example").post("/api/kiosk", json={"code": "x" * 15}).status_code == 403


def test_taken_away_it_is_dark_within_five_seconds(api: Api) -> None:
    api.add_unit("u-1", "Clinic 1")
    wall, other = api.kiosk(1, "Ward 3"), api.kiosk(1, "Ward 4")
    screen, still = api.open_socket(wall), api.open_socket(other)
    screen.subscribe()
    still.subscribe()
    with api.database() as conn:
        kiosks.remove(conn, kiosks.named(conn, "Ward 3").kiosk_id, SystemClock().now_us())
    began = time.monotonic()
    assert screen.closed(5.0) == (1008, "session ended")
    assert time.monotonic() - began < 5
    assert wall.get("/api/session").status_code == 401
    assert other.get("/api/session").status_code == 200
    assert still.subscribe()["units"], "another is not touched"


def test_it_survives_a_restart_of_the_server(options: ApiOptions) -> None:
    with ExitStack() as stack:
        first = start_api(stack, options)
        cookies = dict(first.kiosk(1, "Ward 3").cookies)
    with ExitStack() as stack:
        again = start_api(stack, options)
        wall = again.client()
        wall.cookies.update(cookies)
        assert again.open_socket(wall).subscribe()["units"] == []
        assert wall.get("/api/session").json()["user"]["name"] == "Ward 3"


def test_binding_is_on_record_and_a_person_who_signs_in_takes_the_screen(api: Api) -> None:
    wall = api.kiosk(1, "Ward 3")
    old = wall.cookies["homehd_session"]
    assert api.sign_ins("actor", "action") == [("kiosk:1", "bind kiosk")]
    email = api.account(Role.NURSE, 1)
    assert wall.post("/api/session", json={"email": email, "password": "correct horse battery"}).status_code == 200
    left = api.client()
    left.cookies.set("homehd_session", old)
    assert left.get("/api/session").status_code == 401
    assert api.sign_ins("actor", "action", "subject")[1:] == [
        ("user:1", "sign in", "user:1"), ("user:1", "release kiosk", "kiosk:1"),
    ]  # fmt: skip


@pytest.mark.parametrize("code", ["", "short", "x" * 41, None, 5, {}])
def test_what_cannot_be_a_code(api: Api, code: object) -> None:
    assert api.client().post("/api/kiosk", json={"code": code}).status_code == 422


def test_a_wall_is_told_who_is_on_call_and_nothing_that_is_handed_over_or_tried(api: Api) -> None:
    wall = api.kiosk(1, "Ward 3")
    assert wall.get("/api/coverage").status_code == 200
    for path in ("/api/handover?names=true", "/api/rota", "/api/rota.ics", "/api/selftest", "/api/load"):
        assert wall.get(path).status_code == 403, path


def test_a_screen_that_hides_names_is_sent_none_by_any_way(api: Api) -> None:
    unit = api.add_unit("u-1", "Clinic 1", "Zebedee Secret")
    alert_id = api.raise_alert(unit, priority=Priority.LOW)
    nurse = api.sign_in(Role.NURSE, name="Nora")
    wall, open_wall = api.kiosk(1, "Corridor", hides_names=True), api.kiosk(1, "Office")
    socket, other = api.open_socket(wall), api.open_socket(open_wall)
    snapshot, usual = socket.subscribe(), other.subscribe()
    assert usual["units"][0]["patient"] == {"name": "Zebedee Secret"}
    assert [one["patient"] for one in snapshot["units"]] == [None]
    assert snapshot["units"][0]["label"] == "Home u-1"
    shelf = {"kind": "timed", "minutes": 10, "reason": "Zebedee Secret is at lunch"}
    assert nurse.post(f"/api/alerts/{alert_id}/shelve", json=shelf).status_code == 200
    told = socket.next("alert", where=lambda m: m["alert"]["shelved_until"] is not None)
    assert told["alert"]["shelved_reason"] == ""
    seen = other.next("alert", where=lambda m: m["alert"]["shelved_until"] is not None)
    assert "Zebedee" in seen["alert"]["shelved_reason"]
    assert nurse.post(f"/api/alerts/{alert_id}/acknowledge", json={"note": "Zebedee called"}).status_code == 200
    assert "see patients" not in wall.get("/api/session").json()["may"]
    for way in ("/api/units", "/api/units/u-1", "/api/alerts", "/api/alerts?state=recent", f"/api/alerts/{alert_id}"):
        answer = wall.get(way)
        assert answer.status_code == 200, way
        assert "Zebedee" not in answer.text, way
    assert "Zebedee" not in str(api.open_socket(wall).subscribe())
    assert "Zebedee" in open_wall.get("/api/units").text


def test_nor_why_nobody_is_asked_or_what_was_said_with_an_answer(api: Api) -> None:
    notifier = Notifier(api)
    notifier.people = People((notifier.user("Nora"),), (notifier.user("Bo"),))
    nurse = api.sign_in(Role.NURSE, name="Nora")
    home, away = api.add_unit("u-1", "Clinic 1", "Zebedee Secret"), api.add_unit("u-2", "Clinic 1", "Zebedee Secret")
    now = SystemClock().now_us()
    said = {"until_us": now + 3_600_000_000, "actor": "cli:ops", "reason": "Zebedee Secret in hospital", "now_us": now}
    with api.database() as conn:
        shelvings.set_service(conn, away.unit_id, **said)  # type: ignore[arg-type]
    given_back, held = api.raise_alert(home), api.raise_alert(away)
    notifier.settle()
    notice = nurse.get(f"/api/alerts/{given_back}").json()["alert"]["answer"]["notice_id"]
    wall, open_wall = api.kiosk(1, "Corridor", hides_names=True), api.kiosk(1, "Office")
    socket, other = api.open_socket(wall), api.open_socket(open_wall)
    socket.subscribe()
    other.subscribe()
    assert nurse.post(f"/api/notices/{notice}/accept", json={"note": "Zebedee called"}).status_code == 200
    assert nurse.post(f"/api/notices/{notice}/release", json={"note": "Zebedee is away"}).status_code == 200
    seen = other.next("alert", where=lambda m: "away" in m["alert"]["answer"]["reason"])
    told = socket.next("alert", where=lambda m: m["alert"]["answer"]["state"] == seen["alert"]["answer"]["state"])
    assert "Zebedee" not in str(told)
    assert told["alert"]["answer"]["accepted_by"] == seen["alert"]["answer"]["accepted_by"]
    ways = ("/api/alerts", "/api/alerts?state=recent", f"/api/alerts/{given_back}", f"/api/alerts/{held}")
    shown, usual = str(api.open_socket(wall).subscribe()), str(api.open_socket(open_wall).subscribe())
    assert "Zebedee" not in shown
    for text in ("in hospital", "is away"):
        assert text in usual, "the other screen is told, so that this test would see it"
        assert text not in shown
    for way in ways:
        answer = wall.get(way)
        assert answer.status_code == 200, way
        assert "Zebedee" not in answer.text, way
    assert "in hospital" in open_wall.get(f"/api/alerts/{held}").text
