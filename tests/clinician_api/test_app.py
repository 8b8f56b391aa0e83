"""S6: every route and the socket × every role × two clinics × nobody, against the written matrix.

What is walked comes from the application itself, so a route that is not in `access.ROUTES` fails here.
"""

from __future__ import annotations

import itertools
import json
import logging
import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote

import httpx
import pytest
from fastapi.routing import APIRoute, APIWebSocketRoute
from websockets.exceptions import InvalidStatus

from alerts.escalation import People
from clinician_api.access import MAY, ROUTES, Action, Role
from clinician_api.app import create_app
from clinician_api.data import Data
from clinician_api.settings import ApiOptions
from store import accounts, break_glass, rota, teams, treatments
from store.registry import Unit
from store.rota import Written
from store.treatments import Treatment
from telemetry.clock import ManualClock, SystemClock
from telemetry.rota import Audience, Override, Source
from tests.clinician_api.conftest import PASSWORD, Api, problem
from tests.clinician_api.devices import SUBSCRIPTION
from tests.clinician_api.notified import Notifier

PAGES = ("GET", "/{path:path}")
SAID = "01234567-89ab-cdef-0123-456789abcdef"
BODIES = {
    ("POST", "/api/session"): {"email": "nobody@example.org", "password": "wrong"},
    ("POST", "/api/session/passkey"): {"step": "n" * 43, "credential": {}},
    ("POST", "/api/session/first-passkey"): {"step": "n" * 43, "credential": {}, "label": "Nobody's"},
    ("POST", "/api/me/passkeys"): {"step": "n" * 43, "credential": {}, "label": "Nobody's"},
    ("POST", "/api/kiosk"): {"code": "NOBODYS-CODE"},
    ("POST", "/api/alerts/{alert_id}/acknowledge"): {"note": "seen"},
    ("POST", "/api/low-alerts/acknowledge"): {"alert_ids": ["1"]},
    ("POST", "/api/alerts/{alert_id}/shelve"): {"kind": "timed", "minutes": 5, "reason": "known to us"},
    **{("POST", f"/api/notices/{{notice_id}}/{what}"): {} for what in ("accept", "reject", "release", "take-over")},
    ("POST", "/api/receipts/{receipt}"): {"state": "read"},
    ("POST", "/api/rota/shifts/{shift_id}/accept"): {},
    ("POST", "/api/rota/shifts/{shift_id}/decline"): {"reason": "ill"},
    ("POST", "/api/rota/shifts/{shift_id}/override"): {"person_id": None, "reason": "nobody, on purpose"},
    ("POST", "/api/rota/shifts/{shift_id}/swap"): {"other": "1-0-1-1", "reason": "holiday"},
    ("POST", "/api/rota/overrides/{override_id}/withdraw"): {"reason": "back from holiday"},
    ("POST", "/api/me/channels"): SUBSCRIPTION,
    ("POST", "/api/me/language"): {"language": "zh"},
    ("POST", "/api/reviews/sign"): {"treatments": [{"treatment_id": "999", "etag": "x"}]},
    ("POST", "/api/treatments/{treatment_id}/sign"): {"note": "seen"},
    ("POST", "/api/treatments/{treatment_id}/call-doctor"): {"note": "please look"},
    ("POST", "/api/patients/{patient_id}/notes"): {"start": datetime.now(UTC).isoformat(), "text": "feels well"},
    ("POST", "/api/users"): {"email": "again@example.org", "name": "Again", "role": "nurse", "clinic": "Clinic 9"},
    ("POST", "/api/users/{user_id}/patient"): {"unit": "u-1"},
    ("POST", "/api/home/help"): {"said": SAID},
    ("POST", "/api/home/helped"): {"said": SAID},
    ("POST", "/api/home/alerts/{alert_id}/handling"): {"said": SAID},
    ("POST", "/api/home/symptoms"): {"said": SAID, "what": "cramps", "words": "left calf"},
    ("POST", "/api/users/{user_id}/change"): {"name": "Nora", "role": "nurse", "clinic": "Clinic 9"},
    ("POST", "/api/teams"): {"name": "Team of the matrix", "clinic": "Clinic 1"},
    ("POST", "/api/teams/{team_id}/members"): {"email": "nurse-1@example.org"},
    ("POST", "/api/break-glass"): {"whom": "nobody of this name", "reason": "asked by the matrix"},
    ("POST", "/api/break-glass/{glass_id}/review"): {"right": True},
    ("POST", "/api/administration/units/{unit}/bind"): {"patient_id": "1"},
    ("POST", "/api/administration/units/{unit}/unbind"): {},
    ("POST", "/api/administration/units/{unit}/retire"): {},
    ("POST", "/api/administration/patients"): {"name": "New", "clinic": "Clinic 9"},
    ("POST", "/api/patients/{patient_id}/what-if"): {
        "start": "2026-03-01T00:00:00Z", "end": "2026-04-01T00:00:00Z", "limits": {"R13": {"high": 320}},
    },
    ("POST", "/api/patients/{patient_id}/prescription/replay"): {"limits": {"R13": {"high": 320}}},
    ("POST", "/api/patients/{patient_id}/prescription/proposals"): {
        "limits": {"R13": {"high": 320}}, "reason": "narrow graft, seen",
    },
    ("POST", "/api/proposals/{proposal_id}/reject"): {"reason": "look at the needle first"},
}  # fmt: skip
QUERIES = {
    ("GET", "/api/units/{unit}/readings"): {
        "signals": "blood_flow", "start": "2026-03-01T08:00:00Z", "end": "2026-03-01T09:00:00Z",
    },
    ("GET", "/api/units/{unit}/timeline"): {"start": "2026-03-01T08:00:00Z", "end": "2026-03-01T09:00:00Z"},
}  # fmt: skip
# What a public route answers without its preconditions: a wrong password, no demonstration, parts that are not there.
PUBLIC = {
    ("POST", "/api/session"): {401, 429}, ("GET", "/api/demo-accounts"): {404}, ("GET", "/healthz"): {503},
    ("GET", "/docs"): {200}, ("GET", "/fhir/metadata"): {200},
    ("GET", "/openapi.json"): {200}, ("GET", "/problems/{name}"): {200}, ("POST", "/api/receipts/{receipt}"): {404},
    ("POST", "/api/kiosk"): {401, 429},
    ("POST", "/api/session/passkey"): {401, 429}, ("POST", "/api/session/first-passkey"): {401, 429},
    ("GET", "/api/sign-in"): {200}, ("GET", "/api/oidc/start"): {404}, ("GET", "/api/oidc/callback"): {404},
}  # fmt: skip


def served() -> Iterator[tuple[str, str]]:
    options = ApiOptions(database_url="")
    for route in create_app(options, ManualClock(), Data(options)).routes:
        yield from methods_of(route)


def methods_of(route: Any) -> Iterator[tuple[str, str]]:
    nested = getattr(route, "routes", None) or getattr(getattr(route, "original_router", None), "routes", None)
    if nested:
        for inner in nested:
            yield from methods_of(inner)
    elif isinstance(route, APIWebSocketRoute):
        yield "WS", route.path
    else:
        for method in sorted((route.methods or set()) - {"HEAD"} if isinstance(route, APIRoute) else {"GET"}):
            yield method, route.path


def test_every_route_is_in_the_matrix_and_nothing_else() -> None:
    assert set(served()) - {PAGES} == set(ROUTES)


SHIFT = (1_700_000_000_000_000, 4_000_000_000_000_000)


def add_rotas(api: Api) -> None:
    """In fresh tables, so the rota of a clinic, the nurse who has its only shift, and that, have its number."""
    for number in (1, 2):
        api.account(Role.NURSE, number)
        with api.database() as conn:
            written = Written("os:test", "for the test", SystemClock().now_us())
            rota_id = rota.add(conn, number, Audience.CLINICAL, 1, "Europe/Berlin", written)
            assert rota.override(conn, rota_id, Override(0, *SHIFT, number, Source.OVERRIDE), written) == number


@pytest.fixture
def units(api: Api) -> dict[int, tuple[Unit, str]]:
    """Clinic -> its unit and an open alert of it."""
    add_rotas(api)
    made = {number: api.add_unit(f"u-{number}", f"Clinic {number}", f"Patient of {number}") for number in (1, 2)}
    with api.database() as conn:
        # In fresh tables, so patient and treatment of a clinic have its own number.
        now_us = SystemClock().now_us()
        treatments.add(conn, [(unit.unit_id, Treatment(now_us)) for unit in made.values()], now_us, now_us)
    add_teams(api)
    alerts = {number: (unit, api.raise_alert(unit)) for number, unit in made.items()}
    # In the order of the alerts, so the notice of a clinic's alert has its number, too.
    notifier = Notifier(api)
    # Who is asked sees whom it is about: nobody who is walked.
    notifier.people = People((notifier.user("Nora", 1),))
    notifier.settle()
    return alerts


def add_teams(api: Api) -> None:
    """In fresh tables, so the team of a clinic, and what was opened to its patient, have its number."""
    now_us = SystemClock().now_us()
    for number in (1, 2):
        api.account(Role.ON_CALL, number, "Opal")
        with api.database() as conn:
            assert teams.add(conn, number, "Team", now_us) == number
            found = [one for one in accounts.list_users(conn) if one.email.startswith(f"on-callopal-{number}")]
            teams.put_member(conn, number, found[0].user_id, None)
            MEMBER[number] = found[0].user_id
            assert teams.put_patient(conn, number, number)
            until_us = now_us + 1_000_000
            assert (
                break_glass.open_glass(conn, found[0].user_id, number, "because of a test", now_us, until_us) == number
            )


MEMBER = {1: 0, 2: 0}


def ask(client: httpx.Client, route: tuple[str, str], unit: str, alert_id: str, number: int) -> httpx.Response:
    method, path = route
    body = {"unit": unit} if route == ("POST", "/api/teams/{team_id}/patients") else BODIES.get(route)
    names = {"unit": unit, "alert_id": alert_id, "receipt": "0" * 32, "name": "not-found", "channel_id": "999"}
    names |= {"kind": "Patient", "resource_id": str(number)}
    names |= {"session_id": "999999", "passkey_id": "999"}
    names |= {"user_id": str(MEMBER[number]), "team_id": str(number), "glass_id": str(number)}
    names |= {"shift_id": f"{number}-{SHIFT[0]}-{SHIFT[1]}-{number}", "override_id": str(number)}
    numbers = ("patient_id", "treatment_id", "notice_id", "delivery_id", "proposal_id")
    address = path.format(**names, **dict.fromkeys(numbers, number))
    return client.request(method, address, json=body, params=QUERIES.get(route), timeout=60)


def test_every_route_and_role_and_clinic_is_as_written(api: Api, units: dict[int, tuple[Unit, str]]) -> None:
    strangers: list[tuple[Role | None, int | None]] = [(None, None)]
    people = strangers + list(itertools.product(Role, (1, 2)))
    # Signing out comes last: afterwards there is nobody left to ask as.
    routes = sorted(ROUTES.items(), key=lambda item: item[0] == ("DELETE", "/api/session"))
    clients = {person: api.client() if person[0] is None else api.sign_in(*person) for person in people}  # type: ignore[arg-type]
    for (role, clinic), (route, needed) in itertools.product(people, routes):
        if route[0] == "WS":
            continue
        client = clients[role, clinic]
        for of_clinic, (unit, alert_id) in units.items():
            answer = ask(client, route, unit.name, alert_id, of_clinic)
            expected = allowed(route, needed, role, same=clinic == of_clinic)
            assert answer.status_code in expected, (role, clinic, route, of_clinic, answer.text)
            if clinic != of_clinic:
                assert f"Patient of {of_clinic}" not in answer.text
            if role is None or Action.SEE_PATIENTS not in MAY[role]:
                assert "Patient of" not in answer.text
            if route == ("DELETE", "/api/session"):
                break


# Of a route that the role may use: what is answered where that is not simply 200; the first that fits. At the end: only
# where the unit asked about is of the own (True) or of another clinic (False).
ANSWERS: Final[tuple[tuple[str, set[int], bool | None], ...]] = (
    (r"\w+ /api/me/channels/.*", {404}, None),  # one's own only: 999 is nobody's
    (r"POST .*/prescription/proposals", {422}, True),  # it has not been looked at
    (r"\w+ /api/proposals/.*", {404}, None),  # nothing was proposed
    (r"POST /api/me/language", {204}, None),
    (r"POST /api/me/channels", {409}, None),  # web push is not set up here
    (r"DELETE /api/me/(sessions|passkeys)/.*", {404}, None),  # likewise one's own
    (r"POST /api/me/passkey.*", {409}, None),  # none is waited for, and at a bare address browsers make none
    (r"GET /fhir/{kind}", {200}, None),  # whom one sees, and nobody else
    (r"POST /api/home/.*", {409}, None),  # the account belongs to no patient
    (r".*{.*", {404}, False),
    (r"POST /api/alerts/.*/helped", {409}, None),  # it is no call
    (r"POST /api/users/.*/patient", {409}, None),  # it is nobody at home
    (r"POST /api/treatments/.*", {422}, None),  # nothing says what was read
    # There is no such clinic of theirs (tests/clinician_api/routes/test_users.py).
    (r"POST /api/users(/.*/change)?", {403}, None),
    (r"POST /api/administration/patients", {403}, None),
    (r"POST /api/administration/units/.*", {409}, True),  # a treatment goes on there
    (r"POST /api/teams", {200, 409}, None),  # the second of its name
    # What who may is answered: a team, a member or a glass that those before have removed or judged is gone.
    (r"GET /api/break-glass", {200}, None),
    (r"POST /api/break-glass", {404, 429}, None),
    (r"POST /api/break-glass/.*/review", {200, 409}, None),
    (r"POST /api/break-glass/.*/end", {404}, None),  # somebody else's
    (r"DELETE /api/teams/.*", {204, 404}, None),
    (r"\w+ /api/teams/.*", {200, 404}, None),
    # Somebody else's shift, one that was changed by whoever came before, or one of another rota.
    (r"\w+ /api/rota/shifts.*", {200, 409, 422}, None),
    (r"\w+ /api/rota/.*", {200, 404}, None),
    (r"DELETE .*", {204}, None),
)


def allowed(route: tuple[str, str], needed: Action | None, role: Role | None, *, same: bool) -> set[int]:
    if needed is None:
        return PUBLIC[route]
    if role is None:
        return {401}
    if needed not in MAY[role]:
        return {403}
    if route[1].startswith(("/api/notices/", "/api/deliveries/")) and same:
        # Operations sees troubles of the system only. What one has accepted another cannot.
        answered = {200} if route[0] == "GET" else {200, 409}
        return answered if Action.SEE_ALERTS in MAY[role] else {404}
    fits = (found for pattern, found, of in ANSWERS if of in (None, same) and re.fullmatch(pattern, " ".join(route)))
    return next(fits, {200})


def test_the_socket_lets_in_and_tells_as_written(api: Api, units: dict[int, tuple[Unit, str]]) -> None:
    for role, clinic in itertools.product(Role, (1, 2)):
        client = api.sign_in(role, clinic)
        if Action.SEE_UNITS not in MAY[role]:
            with pytest.raises(InvalidStatus) as caught:
                api.open_socket(client)
            assert caught.value.response.status_code == 403
            continue
        snapshot = api.open_socket(client).subscribe()
        assert [unit["unit"] for unit in snapshot["units"]] == [f"u-{clinic}"]
        assert len(snapshot["alerts"]) == (Action.SEE_ALERTS in MAY[role])
        assert ("Patient of" in json.dumps(snapshot)) is (Action.SEE_PATIENTS in MAY[role])
    with pytest.raises(InvalidStatus):
        api.open_socket(None)


def test_who_works_across_clinics_sees_all_and_a_clinician_without_one_nothing(
    api: Api, units: dict[int, tuple[Unit, str]]
) -> None:
    both = ["u-1", "u-2"]
    for role, expected in ((Role.ADMINISTRATOR, both), (Role.OPERATIONS, both), (Role.TECHNICIAN, both),
                           (Role.NURSE, []), (Role.NEPHROLOGIST, []), (Role.ON_CALL, [])):  # fmt: skip
        client = api.client()
        client.post("/api/session", json={"email": api.account(role, None), "password": PASSWORD})
        assert [unit["unit"] for unit in client.get("/api/units").json()["units"]] == expected, role


NASTY = [
    "", "0", "-1", "9" * 40, "x" * 5000, "../../etc/passwd", "%00", "\u202e", "é", "' OR 1=1--", "<img onerror=1>",
    "NaN", "1e400", "null", "true", "{}", "[]", "2026-13-01T00:00:00Z", "9999-12-31T23:59:59Z", "a,b,,c", "\ud7ff",
    "\U0010ffff",
]  # fmt: skip
NASTY_BODIES: list[Any] = [
    None, [], {}, "x", 0, True, {"note": None}, {"note": [1]}, {"note": "\0"}, {"email": {}, "password": []},
    {"email": "\0" * 10, "password": "\0"}, {"units": "all"}, {"note": {"a": {"b": {}}}},
]  # fmt: skip


def test_no_question_however_odd_is_answered_with_a_fault_of_ours(api: Api, units: dict[int, tuple[Unit, str]]) -> None:
    client = api.sign_in()
    for (method, path), nasty in itertools.product(ROUTES, NASTY):
        if method in ("WS", "DELETE") or path in ("/healthz", "/api/session"):
            continue
        odd = quote(nasty, safe="")
        address = path.format_map(defaultdict(lambda odd=odd: odd))
        query = dict.fromkeys(("signals", "start", "end", "buckets", "state", nasty[:50]), nasty)
        answer = client.request(method, address, params=query, json={"note": nasty} if method == "POST" else None)
        assert answer.status_code < 500, (method, path, nasty)
        if answer.status_code >= 400 and path.startswith("/fhir/"):
            assert answer.json()["resourceType"] == "OperationOutcome", (path, nasty)
        elif answer.status_code >= 400 and path not in ("/openapi.json", "/docs"):
            assert problem(answer)["status"] == answer.status_code, (method, path, nasty)
    for (method, path), content in itertools.product(ROUTES, NASTY_BODIES):
        if method == "POST":
            names = {"alert_id": units[1][1], "notice_id": 1, "receipt": "0" * 32, "override_id": 1, "channel_id": 999}
            names["proposal_id"] = 1
            names |= {"user_id": 999, "unit": "u-1"}
            names |= {"team_id": 1, "glass_id": 1}
            names["shift_id"] = f"1-{SHIFT[0]}-{SHIFT[1]}-1"
            answer = client.post(path.format(**names, patient_id=1, treatment_id=1), json=content)
            assert answer.status_code < 500, (path, content)
    for method, path in itertools.product(("PUT", "PATCH", "OPTIONS", "TRACE", "BREW"), {p for _, p in ROUTES}):
        assert client.request(
            method,
            path.format_map(defaultdict(lambda: "1", unit="u-1", receipt="0" * 32)),
        ).status_code in (403, 404, 405)


def test_nothing_personal_is_logged(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    unit = api.add_unit("u-9", "Clinic 1", "Zebedee Patient")
    api.account(Role.NURSE, 1, "Quentin Nurse")
    client = api.sign_in(Role.NURSE, 1, "Quentin Nurse")
    screen = api.open_socket(client)
    screen.subscribe()
    alert_id = api.raise_alert(unit, reason='fell\r\n{"level": "forged"}')
    screen.next("alert")
    client.post(f"/api/alerts/{alert_id}/acknowledge", json={"note": "spoke with Zebedee"})
    client.post("/api/session", json={"email": "quentin@example.org", "password": "hunter2"})
    client.get("/api/units/Zebedee")
    client.delete("/api/session")
    assert screen.closed()[0] == 1008
    ours = [record for record in caplog.records if record.name.startswith(("clinician_api", "uvicorn"))]
    assert ours
    told = json.dumps([[record.getMessage(), vars(record)] for record in ours], default=str).lower()
    for word in ("zebedee", "quentin", "hunter2", "example.org", "forged", client.cookies.get("homehd_session") or "-"):
        assert word == "-" or word not in told, word
