"""The patient's own page: what it shows, and what is said from home."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from alerts.asked.ruleset import help_rule
from clinician_api.access import Role
from clinician_api.web.rate_limit import SlidingWindow
from store import homes, registry
from telemetry.alarms import ConditionState
from telemetry.clock import SystemClock
from telemetry.messages import LiveReading
from telemetry.treatment import Phase
from tests.clinician_api.conftest import Api, problem, until


@dataclass
class AtHome:
    """Ann at home on u-1, with an account of hers."""

    api: Api
    unit: registry.Unit
    ann: int
    client: httpx.Client

    def look(self) -> dict[str, Any]:
        answer = self.client.get("/api/home")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def say(self, path: str, said: str | None = None, **more: Any) -> httpx.Response:
        return self.client.post(f"/api/home/{path}", json={"said": said or str(uuid.uuid4()), **more})

    def reads(self, phase: Phase = Phase.TX, ago_s: float = 0.0) -> None:
        now = SystemClock().now_us() - int(ago_s * 1e6)
        row = LiveReading("u-1", now, now, 1, phase, 1, 0, {3: 120.0})
        self.api.do(lambda services: services.room.put_reading(row))

    def open(self) -> list[dict[str, Any]]:
        nurse = self.api.sign_in(Role.NURSE)
        return [one for one in nurse.get("/api/alerts?state=open").json()["alerts"] if one["rule"] == "H01"]

    def phases(self) -> list[tuple[Any, ...]]:
        with self.api.database() as conn:
            return conn.execute("SELECT state, reason FROM alert_event WHERE rule = 'H01' ORDER BY event_id").fetchall()


@pytest.fixture
def home(api: Api) -> AtHome:
    unit = api.add_unit("u-1", "Clinic 1", "Ann")
    api.add_unit("u-2", "Clinic 1", "Bob")
    client = api.sign_in(Role.PATIENT, 1, "Ann at home")
    with api.database() as conn:
        (ann,) = conn.execute("SELECT patient_id FROM patient WHERE display_name = 'Ann'").fetchone() or (0,)
        ((user,),) = conn.execute("SELECT user_id FROM user_account WHERE role = 'patient'").fetchall()
        conn.execute("UPDATE clinic SET phone = '+49 30 1234567' WHERE clinic_id = 1")
    administrator = api.sign_in(Role.ADMINISTRATOR, 1)
    assert administrator.post(f"/api/users/{user}/patient", json={"unit": "u-1"}).status_code == 200
    return AtHome(api, unit, ann, client)


def test_it_shows_the_own_treatment_and_nobody_elses(home: AtHome) -> None:
    home.api.raise_alert(home.unit)
    home.reads()
    until(lambda: len(home.look()["alerts"]) == 1)
    view = home.look()
    assert (view["patient"], view["clinic"], view["phone"]) == ("Ann", "Clinic 1", "+49 30 1234567")
    assert view["reading"]["values"] and view["reading"]["phase"] == "TX"
    assert "Bob" not in str(view)
    for path in ("/api/units", "/api/units/u-1", "/api/alerts", "/api/units/u-1/readings", "/api/treatments/1"):
        assert home.client.get(path).status_code == 403, path
    assert home.client.get("/ws").status_code in (403, 404)


def test_an_account_that_belongs_to_nobody_sees_nothing(home: AtHome) -> None:
    home.reads()
    other = home.api.sign_in(Role.PATIENT, 1, "Somebody")
    view = other.get("/api/home").json()
    assert (view["connected"], view["patient"], view["reading"], view["alerts"]) == (False, None, None, [])
    answer = other.post("/api/home/help", json={"said": str(uuid.uuid4())})
    assert (answer.status_code, problem(answer)["what"]) == (409, "this account belongs to no patient")


def test_a_screen_that_shows_the_home_is_named_by_its_own_word(home: AtHome) -> None:
    nora = home.api.sign_in(Role.NURSE, 1, "Nora")
    screen = home.api.open_socket(nora)
    screen.subscribe()
    assert home.look()["watching"] == [], "an open socket is no proof that anybody sees anything"
    screen.say({"in_view": ["u-1", "u-9"], "attended": True})
    until(lambda: home.look()["watching"] != [])
    (seen,) = home.look()["watching"]
    assert (seen["name"], seen["role"], seen["attended"]) == ("Nora", "nurse", True)
    assert seen["age_s"] < 5
    wall = home.api.open_socket(home.api.kiosk(1, "Ward"))
    wall.subscribe()
    wall.say({"in_view": ["u-1"], "attended": True})
    until(lambda: len(home.look()["watching"]) == 2)
    assert [(one["name"], one["attended"]) for one in home.look()["watching"]] == [("Nora", True), ("Ward", False)]


def test_a_screen_of_another_clinic_is_not_believed(home: AtHome) -> None:
    screen = home.api.open_socket(home.api.sign_in(Role.NURSE, 2, "Nina"))
    screen.subscribe()
    screen.say({"in_view": ["u-1"], "attended": True})
    screen.say({"subscribe": {"units": "all"}})
    screen.next("snapshot")
    assert home.look()["watching"] == []


@pytest.mark.parametrize(
    ("phase", "ago_s", "priority"),
    [(Phase.TX, 0.0, "high"), (Phase.IDL, 0.0, "medium"), (Phase.IDL, 120.0, "high")],
    ids=["in treatment", "idle", "idle, said long ago"],
)
def test_help_is_an_alert_whose_priority_follows_the_phase(
    home: AtHome, phase: Phase, ago_s: float, priority: str
) -> None:
    home.reads(phase, ago_s)
    answer = home.say("help")
    assert answer.status_code == 200, answer.text
    (alert,) = home.open()
    assert (alert["alert_id"], alert["priority"], alert["title"]) == (
        answer.json()["alert_id"],
        priority,
        "Help asked for at home",
    )
    assert alert["rule_version"] == help_rule().version
    (mine,) = home.look()["alerts"]
    assert mine["help"] and mine["answered_by"] is None


def test_one_press_over_a_bad_line_is_one_call(home: AtHome) -> None:
    said = str(uuid.uuid4())
    answers = [home.say("help", said).json() for _ in range(3)]
    assert [one["done"] for one in answers] == [True, False, False]
    assert len({one["alert_id"] for one in answers}) == 1
    assert len(home.phases()) == 1
    assert home.say("help").json()["done"] is False, "another press while it stands is the same call"
    assert len(home.phases()) == 1


def test_a_call_that_somebody_has_seen_is_asked_about_anew(home: AtHome) -> None:
    number = home.say("help").json()["alert_id"]
    nurse = home.api.sign_in(Role.NURSE, 1, "Nora")
    assert nurse.post(f"/api/alerts/{number}/acknowledge", json={}).status_code == 200
    until(lambda: home.look()["alerts"][0]["answered_by"] == "Nora")
    again = home.say("help").json()
    assert again == {"alert_id": number, "done": True}
    assert [state for state, _ in home.phases()][-1] == str(ConditionState.ACTIVE_UNACKNOWLEDGED)
    with home.api.database() as conn:
        assert conn.execute("SELECT again FROM alert_event ORDER BY event_id DESC LIMIT 1").fetchone() == (True,)


def test_a_call_ends_by_the_patient_and_stays_until_somebody_has_seen_it(home: AtHome) -> None:
    number = home.say("help").json()["alert_id"]
    assert home.say("helped").json() == {"done": True}
    assert home.say("helped").json() == {"done": False}
    (alert,) = home.open()
    assert alert["state"] == "latched, clear", "nobody has seen yet that somebody asked for help"
    nurse = home.api.sign_in(Role.NURSE, 1, "Nora")
    nurse.post(f"/api/alerts/{number}/acknowledge", json={})
    assert home.open() == []


def test_a_call_is_never_set_aside(home: AtHome) -> None:
    number = home.say("help").json()["alert_id"]
    body = {"kind": "timed", "minutes": 5, "reason": "known to us"}
    answer = home.api.sign_in(Role.NURSE).post(f"/api/alerts/{number}/shelve", json=body)
    assert (answer.status_code, problem(answer)["what"]) == (422, "a call for help is not set aside")


def test_a_clinician_ends_a_call_that_was_seen(home: AtHome) -> None:
    number = home.say("help").json()["alert_id"]
    nurse = home.api.sign_in(Role.NURSE, 1, "Nora")
    answer = nurse.post(f"/api/alerts/{number}/helped")
    assert (answer.status_code, problem(answer)["what"]) == (409, "no call that could be ended")
    nurse.post(f"/api/alerts/{number}/acknowledge", json={})
    assert nurse.post(f"/api/alerts/{number}/helped").json()["alert"]["state"] == "normal"
    other = home.api.raise_alert(home.unit)
    nurse.post(f"/api/alerts/{other}/acknowledge", json={})
    assert nurse.post(f"/api/alerts/{other}/helped").status_code == 409, "no call"
    assert home.api.sign_in(Role.NURSE, 2).post(f"/api/alerts/{number}/helped").status_code == 404


def test_a_script_that_presses_in_a_loop_does_not_get_through(home: AtHome) -> None:
    home.api.do(lambda services: object.__setattr__(services, "homes", SlidingWindow(2, 60.0)))
    assert [home.say("symptoms", what="cold").status_code for _ in range(3)] == [200, 200, 429]


def test_two_who_press_at_once_make_one_call(home: AtHome) -> None:
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: home.say("help").json(), range(6)))
    assert len({one["alert_id"] for one in answers}) == 1
    assert sum(one["done"] for one in answers) == 1


def test_dealing_with_it_is_told_and_silences_nothing(home: AtHome) -> None:
    alert = home.api.raise_alert(home.unit)
    other = home.api.add_unit("u-3", "Clinic 1", "Eve")
    hers = home.api.raise_alert(other)
    nurse = home.api.sign_in(Role.NURSE, 1, "Nora")
    screen = home.api.open_socket(nurse)
    screen.subscribe()
    assert home.say(f"alerts/{alert}/handling").json() == {"done": True}
    told = screen.next("alert", where=lambda one: one["alert"]["handled_at"] is not None)["alert"]
    assert (told["alert_id"], told["state"]) == (alert, "active, unacknowledged")
    assert home.say(f"alerts/{alert}/handling").json() == {"done": False}
    assert home.say(f"alerts/{hers}/handling").json() == {"done": False}, "another's alert is nothing to deal with"
    assert nurse.get(f"/api/alerts/{hers}").json()["alert"]["handled_at"] is None


def test_a_symptom_stands_on_the_time_line_once(home: AtHome) -> None:
    said = str(uuid.uuid4())
    at = datetime.now(UTC) - timedelta(minutes=5)
    for _ in range(2):
        home.say("symptoms", said, what="cramps", words="left calf", at=at.isoformat())
    (event,) = home.api.sign_in(Role.NURSE).get("/api/units/u-1/notes").json()["events"]
    assert (event["kind"], event["text"], event["author"]) == ("symptom", "cramps: left calf", None)
    late = home.say("symptoms", what="cramps", at=(at - timedelta(days=1)).isoformat())
    assert (late.status_code, problem(late)["where"]) == (422, "body.at")


def test_what_is_said_is_on_record(home: AtHome) -> None:
    number = home.say("help").json()["alert_id"]
    home.say("symptoms", what="dizzy")
    with home.api.database() as conn:
        rows = conn.execute(
            "SELECT action, subject FROM audit_event WHERE action = ANY (%s) ORDER BY event_id",
            [["ask for help", "tell symptom", "open home"]],
        ).fetchall()
    assert rows == [
        ("open home", f"patient:{home.ann}"),
        ("ask for help", f"alert:{number}"),
        ("tell symptom", f"patient:{home.ann}"),
    ]


def test_an_account_is_connected_within_its_clinic_only(home: AtHome) -> None:
    home.api.add_unit("u-5", "Clinic 2", "Zoe")
    home.api.add_unit("u-6", "Clinic 1")
    home.api.sign_in(Role.NURSE, 1, "Nora")
    with home.api.database() as conn:
        rows = conn.execute("SELECT role, user_id FROM user_account WHERE clinic_id = 1").fetchall()
        number = dict(rows)
    administrator = home.api.sign_in(Role.ADMINISTRATOR, 1)

    def connect(role: Role, unit: str | None, by: httpx.Client = administrator) -> httpx.Response:
        return by.post(f"/api/users/{number[role]}/patient", json={"unit": unit})

    assert [connect(Role.PATIENT, unit).status_code for unit in ("u-5", "u-6", "u-9")] == [404, 404, 404]
    assert connect(Role.NURSE, "u-1").status_code == 409
    assert connect(Role.PATIENT, None, home.api.sign_in(Role.ADMINISTRATOR, 2)).status_code == 404
    assert connect(Role.PATIENT, "u-2").json() == {"patient": "Bob"}
    until(lambda: home.look()["patient"] == "Bob")
    assert connect(Role.PATIENT, None).json() == {"patient": None}
    until(lambda: not home.look()["connected"])


def test_nothing_is_said_by_an_account_that_was_closed_meanwhile(home: AtHome) -> None:
    with home.api.database() as conn:
        conn.execute("UPDATE user_account SET disabled_at = now() WHERE role = 'patient'")
        ((user,),) = conn.execute("SELECT user_id FROM user_account WHERE role = 'patient'").fetchall()
        assert homes.of_account(conn, user) is None
    assert home.say("help").status_code in (401, 409)
    assert home.phases() == []
