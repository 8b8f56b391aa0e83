"""`/fhir` over HTTP: true to its CapabilityStatement, before judges of others, and nothing to whom it is not given.

Of `clinician_api.fhir` this tries fhir_data, things, courses and looking, too; of the store patient_record.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from alerts.escalation import People
from clinician_api.access import Role
from clinician_api.fhir import fhir_data
from clinician_api.fhir.fhir_data import SOURCES
from clinician_api.live.room import Room
from interop.fhir.parameters import OF_NOBODY, PARAMETERS
from store import patients, teams, treatment_summaries
from store.patients import Prescription
from telemetry.clock import SystemClock
from telemetry.signals import CATALOGUE
from tests.clinician_api.conftest import Api, until
from tests.clinician_api.notified import Notifier
from tests.evaluation.treated import DAY_US, START_US, treated
from tests.interop import checkers

JSON = "application/fhir+json"
ADA, BO = "Ada Example", "Bo Example"
NASTY = "<img src=x onerror=alert(1)>\u202e & more"


@pytest.fixture(scope="module")
def judges(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return checkers.install(tmp_path_factory.mktemp("judges"))


@pytest.fixture
def world(api: Api) -> Api:
    """A patient in each of two clinics, numbered so, with three treatments; an alert somebody was asked about."""
    units = [api.add_unit(f"u-{number}", f"Clinic {number}") for number in (1, 2)]
    with api.database() as conn:
        for number, (unit, name) in enumerate(zip(units, (ADA, BO), strict=True), 1):
            entered = Prescription(target_weight_kg=70)
            assert patients.add_patient(conn, name, unit.clinic_id, entered) == number
            patients.bind(conn, unit.unit_id, number, START_US - 9)
            for day in range(3):
                volume = [float(second) for second in range(180)]
                venous = [150.0] * 60 + [float("nan")] * 60 + [140.0] * 60
                treated(conn, unit.unit_id, day, venous, ultrafiltration_volume=volume)
        for wanted in treatment_summaries.due(conn, range(64), START_US + 9 * DAY_US):
            treatment_summaries.save(conn, wanted, treatment_summaries.summarise(conn, wanted), START_US)
    api.refresh()
    notifier = Notifier(api)
    notifier.people = People((notifier.user("Nell", 1),))
    alerts = [api.raise_alert(unit) for unit in units]
    notifier.settle()
    nurse = api.sign_in(Role.NURSE, 1, "Nell")
    assert nurse.post(f"/api/alerts/{alerts[0]}/acknowledge", json={"note": f"called {ADA}"}).status_code == 200
    return api


def get(client: httpx.Client, way: str, expected: int = 200, **query: Any) -> dict[str, Any]:
    answer = client.get("/fhir/" + way, params=query or None)
    assert answer.status_code == expected, (way, answer.text)
    assert answer.headers["content-type"] == JSON
    assert answer.headers["cache-control"] == "no-store"
    found: dict[str, Any] = answer.json()
    if expected >= 400:
        assert found["resourceType"] == "OperationOutcome"
        assert found["issue"][0]["severity"] == "error"
    return found


def found(bundle: dict[str, Any]) -> list[dict[str, Any]]:
    return [one["resource"] for one in bundle.get("entry", []) if one["search"]["mode"] == "match"]


def link(bundle: dict[str, Any], relation: str) -> str | None:
    return next((one["url"] for one in bundle["link"] if one["relation"] == relation), None)


def said(bundle: dict[str, Any]) -> list[str]:
    """What the server has to say about the search itself."""
    outcomes = [one["resource"] for one in bundle.get("entry", []) if one["search"]["mode"] == "outcome"]
    return [issue["details"]["text"] for one in outcomes for issue in one["issue"]]


def pages(client: httpx.Client, kind: str, **query: Any) -> Iterator[dict[str, Any]]:
    """A search to its end, page by page."""
    page = get(client, kind, **query)
    while True:
        yield page
        following = link(page, "next")
        if following is None:
            return
        answer = client.get(following)
        assert answer.status_code == 200, answer.text
        page = answer.json()


def everything(client: httpx.Client, count: int = 50, **query: Any) -> list[dict[str, Any]]:
    """All there is to be found of patient 1."""
    made = []
    for kind in PARAMETERS:
        whose = {} if kind in OF_NOBODY else {"patient": "Patient/1"}
        for page in pages(client, kind, **whose, _count=count, **query):
            made += found(page)
    return made


def test_all_of_it_before_judges_of_others_without_names_and_with(world: Api, judges: Path) -> None:
    client = world.sign_in(Role.NEPHROLOGIST, 1, "Nora")
    client.get("/api/units/u-1")  # so that somebody has looked
    until(lambda: bool(found(get(client, "AuditEvent", patient="1"))))
    for names in ("false", "true"):
        made = everything(client, names=names)
        assert {one["resourceType"] for one in made} == set(SOURCES)
        assert checkers.complaints(judges, made) == []
        places = [f"{one['resourceType']}/{one['id']}" for one in made]
        assert len(set(places)) == len(places), "each once"
        # Whatever is referred to is there to be read.
        assert checkers.dangling(made, places) == []
        text = json.dumps(made)
        for word in (ADA, "Nell", "Nora"):
            assert (word in text) is (names == "true"), word
        assert BO not in text and "u-2" not in text
    bundle = get(client, "Observation", patient="1", _count=100)
    assert checkers.complaints(judges, [bundle]) == []
    statement = get(client, "metadata")
    assert checkers.complaints(judges, [statement]) == []
    outcome = get(client, "Patient/99", 404)
    assert checkers.complaints(judges, [outcome]) == []


def test_the_capability_statement_is_open_and_true(world: Api) -> None:
    statement = get(world.client(), "metadata")
    (rest,) = statement["rest"]
    told = {one["type"]: one for one in rest["resource"]}
    assert list(told) == list(SOURCES) == list(PARAMETERS)
    for word in ("MedicationRequest", "Consent"):
        assert word in rest["documentation"] and word not in told
        get(world.sign_in(), word, 404)
    client = world.sign_in()
    for kind, one in told.items():
        assert [inner["code"] for inner in one["interaction"]] == ["read", "search-type"]
        for parameter in one["searchParam"]:
            # A value that can be of every sort but a date's.
            value = {"date": "2026", "reference": "Patient/1"}.get(parameter["type"], "1")
            whose = {} if kind in OF_NOBODY or parameter["name"] in ("patient", "subject") else {"patient": "Patient/1"}
            answer = client.get(f"/fhir/{kind}", params={**whose, parameter["name"]: value}, headers=STRICT)
            assert answer.status_code == 200, (kind, parameter, answer.text)
        refused = client.get(f"/fhir/{kind}?patient=1&_include=x", headers=STRICT)
        assert refused.status_code == 400, (kind, refused.text)
    assert client.post("/fhir/Patient", json={}).status_code == 405
    assert client.get("/fhir").json()["issue"][0]["code"] == "not-found"


STRICT = {"Prefer": "handling=strict"}


def test_pages_leave_nothing_out_and_tell_nothing_twice(world: Api) -> None:
    client = world.sign_in()
    for count, kind in itertools.product((1, 3), PARAMETERS):
        whose = {} if kind in OF_NOBODY else {"patient": "1"}
        if count == 1 and kind in ("DeviceMetric", "Observation"):
            whose |= {"type": "urn:homehd:signal|blood_flow", "code": "blood_flow"}
        some = [found(page) for page in pages(client, kind, **whose, _count=count)]
        assert all(len(one) <= count for one in some)
        ids = [one["id"] for page in some for one in page]
        assert len(set(ids)) == len(ids)
        (whole,) = [found(page) for page in pages(client, kind, **whose, _count=100)]
        assert ids == [one["id"] for one in whole], kind
        if kind == "Procedure":
            assert ids == ["3", "2", "1"], "newest first"


FOUND = [
    ("Procedure?patient=1", "3 2 1"),
    ("Procedure?subject=Patient/1&status=completed", "3 2 1"),
    ("Procedure?patient:Patient=1&status=in-progress,stopped", ""),
    ("Procedure?patient=1&code=http://snomed.info/sct|302497006", "3 2 1"),
    ("Procedure?patient=1&code=http://loinc.org|302497006", ""),
    ("Procedure?patient=1&date=2025-06-16", "2"),
    ("Procedure?patient=1&date=ge2025-06-16", "3 2"),
    ("Procedure?patient=1&date=gt2025-06-16&date=le2025-06-17", "3"),
    ("Procedure?patient=1&date=lt2025-06-16T15:00:00Z", "1"),
    ("Procedure?patient=1&date=ne2025-06-16", "3 1"),
    ("Procedure?patient=1&date=sa2025-06-16,eb2025-06-16", "3 1"),
    ("Procedure?patient=2", ""),
    ("Procedure?patient=99", ""),
    ("Procedure?patient=x", ""),
    ("Procedure?_id=1,3,4,9,x", "3 1"),
    ("Procedure?_id=1&patient=2", ""),
    ("Observation?patient=1&code=blood_flow&date=2025-06-15", "1.blood-flow.course"),
    ("Observation?part-of=Procedure/2&method=urn:homehd:method|total", "2.ultrafiltration-volume.total 2.unseen.total"),
    ("Observation?device=DeviceMetric/u-1.venous-pressure&method=course&date=2025-06-16", "2.venous-pressure.course"),
    ("Observation?device=DeviceMetric/u-2.venous-pressure", ""),
    ("Observation?patient=1&category=laboratory", ""),
    ("Observation?patient=1&_lastUpdated=lt2020", ""),
    ("DetectedIssue?patient=1&status=preliminary", "1"),
    ("DetectedIssue?patient=1&implicated=Device/u-1&code=R07", "1"),
    ("DetectedIssue?patient=1&identified=lt2020", ""),
    ("Flag?patient=1&status=active", "1"),
    ("Flag?patient=1&status=inactive", ""),
    ("Communication?patient=1&medium=screen", "1"),
    ("CarePlan?patient=1&status=active", "now-1"),
    ("CarePlan?_id=now-1,now-2,2,5", "now-1 2"),
    ("Provenance?target=Observation/2.unseen.total", "2"),
    ("Provenance?patient=1&_count=1&target=Procedure/3", "3"),
    ("Patient?identifier=urn:homehd:patient|1", "1"),
    ("Patient?identifier=urn:homehd:patient|2", ""),
    ("Device?identifier=u-1,u-2", "u-1"),
    ("Device?patient=1", "u-1"),
    ("DeviceMetric?source=Device/u-1&type=150021", "u-1.systolic"),
    ("Organization", "1"),
]


def test_what_is_found(world: Api) -> None:
    client, base = world.sign_in(Role.NURSE, 1), f"{world.url}/fhir/"
    for search, ids in FOUND:
        bundle = get(client, search)
        assert [one["id"] for one in found(bundle)] == ids.split(), search
        assert [one["fullUrl"] for one in bundle.get("entry", []) if one["search"]["mode"] == "match"] == [
            f"{base}{one['resourceType']}/{one['id']}" for one in found(bundle)
        ]


WRONG = [
    ("Procedure", "say whose"),
    ("Flag?status=active", "say whose"),
    ("Observation?device=Device/u-1", "say whose"),
    ("Procedure?patient=1,2", "one at a time"),
    ("Procedure?patient=", "no value"),
    ("Procedure?patient=1&date=yesterday", "a date"),
    ("Procedure?patient=1&date=2026-02-31", "a date"),
    ("Procedure?patient=1&code:not=x", "modifiers"),
    ("Procedure?patient.name=x&patient:Device=1", "modifiers"),
    ("Procedure?patient=1&_count=0", "from 1 on"),
    ("Procedure?patient=1&_page=x", "next link"),
    ("Procedure?patient=1&names=yes", "true or false"),
]


def test_what_is_not_understood(world: Api) -> None:
    client = world.sign_in()
    for search, why in WRONG:
        refused = get(client, search, 400)
        assert why in refused["issue"][0]["details"]["text"], search


def test_what_is_not_known_is_left_aside_and_told(world: Api) -> None:
    client = world.sign_in()
    bundle = get(client, "Procedure", patient="1", _sort="-date", invented="x", _count=2)
    assert link(bundle, "self") == f"{world.url}/fhir/Procedure?patient=1&_count=2"
    assert "_sort, invented" in said(bundle)[0]
    assert "invented" not in str(link(bundle, "next"))
    assert client.get("/fhir/Procedure?patient=1", headers={"Accept": "application/fhir+xml"}).status_code == 406


def test_that_nothing_is_stored_is_not_mistaken_for_that_nothing_happens(
    world: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = world.sign_in()
    (missing,) = said(get(client, "Flag", patient="1"))  # no ingest runs here
    assert "may be missing: ingest" in missing
    assert said(get(client, "Patient")) == []
    links = {"ingest": {"alive": True, "since": datetime.now(UTC), "reason": None}}
    monkeypatch.setattr(Room, "links", lambda _room: links)
    assert said(get(client, "Flag", patient="1")) == []


def test_what_is_held_is_not_sent_again(world: Api) -> None:
    client = world.sign_in()
    first = client.get("/fhir/Procedure/1")
    assert first.headers["etag"] == f'W/"{first.json()["meta"]["versionId"]}"'
    for held in ({"If-None-Match": first.headers["etag"]}, {"If-Modified-Since": first.headers["last-modified"]}):
        again = client.get("/fhir/Procedure/1", headers=held)
        assert (again.status_code, again.content) == (304, b"")
    for other in ({"If-None-Match": 'W/"x"'}, {"If-Modified-Since": "Thu, 01 Jan 1970 00:00:00 GMT"}, {
        "If-None-Match": 'W/"x"', "If-Modified-Since": first.headers["last-modified"],
    }, {"If-Modified-Since": "whenever"}):  # fmt: skip
        assert client.get("/fhir/Procedure/1", headers=other).status_code == 200
    with world.database() as conn:
        conn.execute("UPDATE treatment SET derived = true WHERE treatment_id = 1")
    changed = client.get("/fhir/Procedure/1", headers={"If-None-Match": first.headers["etag"]})
    assert changed.status_code == 200 and changed.headers["etag"] != first.headers["etag"]
    named = client.get("/fhir/Patient/1?names=true").headers["etag"]
    assert named != client.get("/fhir/Patient/1").headers["etag"]


def test_a_treatment_whole_as_lines(world: Api, judges: Path) -> None:
    client = world.sign_in()
    answer = client.get("/fhir/Procedure/2/$export")
    assert answer.headers["content-type"].startswith("application/fhir+ndjson")
    made = [json.loads(line) for line in answer.text.splitlines()]
    assert checkers.complaints(judges, made) == []
    places = [f"{one['resourceType']}/{one['id']}" for one in made]
    assert checkers.dangling(made, places) == []
    assert {"Procedure", "Observation", "CarePlan", "Provenance"} <= {one["resourceType"] for one in made}
    # The same as one by one.
    for one in made:
        if one["resourceType"] not in ("Provenance", "Device"):  # of the moment it was made; whom it serves now
            assert get(client, f"{one['resourceType']}/{one['id']}") == one
    assert ADA not in answer.text
    assert ADA in client.get("/fhir/Procedure/2/$export?names=true").text
    for nobody in ("4", "99", "x", "9" * 30):
        get(client, f"Procedure/{nobody}/$export", 404)


def test_a_referral_in_words_and_codes(world: Api, judges: Path) -> None:
    client = world.sign_in()
    note = {"start": datetime.now(UTC).isoformat(), "text": NASTY}
    assert client.post("/api/patients/1/notes", json=note).status_code == 200
    for names in ("false", "true"):
        document = get(client, "Patient/1/$summary", names=names)
        assert (document["type"], document["entry"][0]["resource"]["resourceType"]) == ("document", "Composition")
        assert checkers.complaints_about_bundle(judges, document) == []
        inside = [one["resource"] for one in document["entry"]]
        assert checkers.dangling(inside, [one["fullUrl"] for one in document["entry"]]) == []
        sections = {one["title"]: one for one in inside[0]["section"]}
        words = {title: one["text"]["div"] for title, one in sections.items()}
        assert "Target weight: 70 kg" in words["Dialysis prescription"]
        assert words["Last treatments"].count("<tr>") == 4
        assert "venous pressure fell" in words["Alerts of the last 30 days"]
        assert len(sections["Alerts of the last 30 days"]["entry"]) == 1
        assert sections["Problems"]["emptyReason"]["coding"][0]["code"] == "unavailable"
        text = json.dumps(document, ensure_ascii=False)
        assert (ADA in text) is (names == "true")
        assert ("onerror" in text) is (names == "true")
        assert "<img" not in text and "\u202e" not in text
    get(client, "Patient/2/$summary", 404)
    get(client, "Patient/x/$summary", 404)


def test_by_role_and_clinic(world: Api) -> None:
    for role in Role:
        for clinic in (1, 2):
            client = world.sign_in(role, clinic)
            ways = ("Patient/1", "Procedure/1", "Procedure/1/$export", "Patient/1/$summary", "Patient", "Device/u-1")
            answers = {way: client.get(f"/fhir/{way}?names=true") for way in ways}
            statuses = {way: answer.status_code for way, answer in answers.items()}
            if role in (Role.NEPHROLOGIST, Role.NURSE, Role.ON_CALL, Role.ADMINISTRATOR):
                seen = 200 if clinic == 1 else 404
                assert statuses == {**dict.fromkeys(ways, seen), "Patient": 200}
            else:
                assert set(statuses.values()) == {403}
            looks = role in (Role.NEPHROLOGIST, Role.ADMINISTRATOR)
            audit = client.get("/fhir/AuditEvent?patient=1").status_code
            assert audit == (200 if looks else 403), role
            for answer in answers.values():
                assert clinic == 1 or ADA not in answer.text
    assert get(world.client(), "Patient/1", 401)["issue"][0]["code"] == "login"


def test_the_one_who_takes_over_reads_until_a_day_and_answers_with_a_note(world: Api) -> None:
    """A referral in both directions: a member of another clinic, by a team, until a day."""
    guest = world.sign_in(Role.NEPHROLOGIST, 2, "Gus")
    get(guest, "Patient/1/$summary", 404)
    with world.database() as conn:
        team = teams.add(conn, 1, "East", SystemClock().now_us())
        teams.put_patient(conn, team, 1)
    day = (datetime.now(UTC) + timedelta(days=30)).isoformat()
    chief = world.sign_in(Role.NEPHROLOGIST, 1)
    body = {"email": world.account(Role.NEPHROLOGIST, 2, "Gus"), "until": day}
    assert chief.post(f"/api/teams/{team}/members", json=body).status_code == 200
    assert ADA in json.dumps(get(guest, "Patient/1/$summary", names="true"))
    assert [one["id"] for one in found(get(guest, "Procedure", patient="1"))] == ["3", "2", "1"]
    note = {"start": datetime.now(UTC).isoformat(), "text": "seen here, thank you"}
    assert guest.post("/api/patients/1/notes", json=note).status_code == 200
    assert "seen here, thank you" in json.dumps(get(chief, "Patient/1/$summary", names="true"))
    until(lambda: "look at named FHIR record" in chief.get("/api/patients/1/audit").text)
    with world.database() as conn:
        conn.execute("UPDATE team_member SET until = now() - interval '1 s'")
    until(lambda: guest.get("/fhir/Patient/1").status_code == 404)
    get(guest, "Patient/1/$summary", 404)
    assert found(get(guest, "Procedure", patient="1")) == []


def looks(api: Api) -> list[tuple[str, str, str]]:
    with api.database() as conn:
        rows = conn.execute("SELECT actor, action, subject FROM audit_event WHERE action LIKE 'look at %FHIR record'")
        return [(row[0], row[1], row[2]) for row in rows]


def test_each_search_about_somebody_is_a_look_also_where_nothing_is_found(world: Api) -> None:
    stranger, nurse = world.sign_in(Role.NURSE, 2, "Sue"), world.sign_in(Role.NURSE, 1, "Nell")
    stranger.get("/fhir/Procedure?patient=1")
    assert found(get(nurse, "Flag", patient="1", status="inactive")) == []
    until(lambda: looks(world) != [])
    get(nurse, "Patient/1", names="true")
    until(lambda: len(looks(world)) > 1)
    who = [actor for actor, _, _ in looks(world)]
    assert [row[1:] for row in looks(world)] == [
        ("look at FHIR record", "patient:1"), ("look at named FHIR record", "patient:1"),
    ]  # fmt: skip
    assert len(set(who)) == 1


ODD = ("", "9" * 40, "x" * 5000, "%00", "\0", "\u202e", ",", "a|b|c", "ge")


def test_no_search_however_odd_is_answered_with_a_fault_of_ours(world: Api) -> None:
    client = world.sign_in()
    for kind, odd in itertools.product(("Observation", "Provenance", "AuditEvent", "CarePlan", "Device"), ODD):
        names = [*(one.name for one in PARAMETERS[kind]), "_count", "_page", "names", "_format"]
        for name in names if odd == ODD[1] else names[-5:]:
            answer = client.get(f"/fhir/{kind}", params=[("patient", "1"), (name, odd)])
            assert answer.status_code in (200, 400, 406), (kind, name, odd, answer.text)
        assert client.get(f"/fhir/{kind}", params=dict.fromkeys(names, odd[:500])).status_code < 500


def test_a_page_that_takes_long_ends_early_and_goes_on(world: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fhir_data, "LONGEST_S", -1.0)
    some = list(pages(world.sign_in(), "Procedure", patient="1"))
    assert [[one["id"] for one in found(page)] for page in some] == [["3"], ["2"], ["1"], []]


def test_who_asks_too_often_waits(world: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    client = world.sign_in()
    window = world.services.fhir_taken
    monkeypatch.setattr(window, "_limit", 1)
    assert client.get("/fhir/Patient/1/$summary").status_code == 200
    answer = client.get("/fhir/Patient/1/$summary")
    assert (answer.status_code, answer.json()["issue"][0]["code"]) == (429, "throttled")
    assert int(answer.headers["retry-after"]) > 0


def test_every_signal_can_be_read_as_a_metric(world: Api) -> None:
    client = world.sign_in()
    for signal in CATALOGUE[:3]:
        get(client, f"DeviceMetric/u-1.{signal.name.replace('_', '-')}")
    for nothing in ("u-1.invented", "u-2.venous-pressure", "x" * 100, "%00", "a,b"):
        get(client, f"DeviceMetric/{nothing}", 404)
