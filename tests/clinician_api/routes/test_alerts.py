"""Alerts: lists, reasons, and acknowledging – also by two people at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from clinician_api.access import Role
from clinician_api.live.unsaved import Saving
from telemetry.alarms import ConditionState, Priority
from tests.clinician_api.builders import NOW, unsaved_alert
from tests.clinician_api.conftest import Api, parts, problem, until


def test_open_alerts_high_first(api: Api) -> None:
    unit = api.add_unit("u-1", "Clinic 1")
    low = api.raise_alert(unit, priority=Priority.LOW)
    high = api.raise_alert(unit, priority=Priority.HIGH)
    over = api.raise_alert(unit)
    api.raise_alert(unit, ConditionState.NORMAL, alert_id=int(over))
    api.raise_alert(api.add_unit("u-2", "Clinic 2"))
    client = api.sign_in()
    assert [a["alert_id"] for a in client.get("/api/alerts").json()["alerts"]] == [high, low]
    recent = {a["alert_id"]: a["state"] for a in client.get("/api/alerts?state=recent").json()["alerts"]}
    assert recent == {high: "active, unacknowledged", low: "active, unacknowledged", over: "normal"}
    assert client.get("/api/alerts?state=all").status_code == 422


def test_an_alert_tells_its_whole_life(api: Api) -> None:
    alert_id = api.raise_alert(api.add_unit("u-1", "Clinic 1"))
    client = api.sign_in(name="Nora")
    assert client.post(f"/api/alerts/{alert_id}/acknowledge", json={"note": "called her"}).status_code == 200
    detail = client.get(f"/api/alerts/{alert_id}").json()
    assert detail["alert"]["acknowledged_by"] == "Nora"
    assert detail["alert"]["reason"] == "venous pressure fell"
    first, second = detail["events"]
    assert (first["state"], first["actor"], first["limits"]) == (
        "active, unacknowledged", None, {"venous_pressure": 20.0},
    )  # fmt: skip
    assert (second["state"], second["actor"], second["note"]) == ("active, acknowledged", "Nora", "called her")


def test_acknowledging_in_one_browser_shows_in_another(api: Api) -> None:
    alert_id = api.raise_alert(api.add_unit("u-1", "Clinic 1"))
    other = api.open_socket(api.sign_in(name="Bo"))
    other.subscribe()
    answer = api.sign_in(name="Nora").post(f"/api/alerts/{alert_id}/acknowledge", json={})
    assert answer.json()["outcome"] == "acknowledged"
    assert answer.json()["by_you"] is True
    told = other.next("alert", where=lambda m: m["alert"]["state"] == "active, acknowledged")["alert"]
    assert (told["acknowledged_by"], told["acknowledged_at"]) == ("Nora", answer.json()["alert"]["acknowledged_at"])


def test_two_at_once_have_one_outcome_and_both_are_told(api: Api) -> None:
    unit = api.add_unit("u-1", "Clinic 1")
    names = [f"P{n}" for n in range(6)]
    clients = [api.sign_in(name=name) for name in names]
    for _ in range(5):
        alert_id = api.raise_alert(unit)
        with ThreadPoolExecutor(len(clients)) as threads:
            answers = list(
                threads.map(lambda c, a=alert_id: c.post(f"/api/alerts/{a}/acknowledge", json={}).json(), clients)
            )
        assert [a["outcome"] for a in answers].count("acknowledged") == 1
        assert [a["by_you"] for a in answers].count(True) == 1
        winner = names[[a["by_you"] for a in answers].index(True)]
        assert {a["alert"]["acknowledged_by"] for a in answers} == {winner}
        events = clients[0].get(f"/api/alerts/{alert_id}").json()["events"]
        assert [e["actor"] for e in events] == [None, winner]


def test_a_latched_alert_ends_when_it_is_acknowledged_and_then_cannot_be(api: Api) -> None:
    unit = api.add_unit("u-1", "Clinic 1")
    alert_id = api.raise_alert(unit)
    api.raise_alert(unit, ConditionState.LATCHED_CLEAR, alert_id=int(alert_id))
    client = api.sign_in()
    answer = client.post(f"/api/alerts/{alert_id}/acknowledge", json={})
    assert answer.json()["alert"]["state"] == "normal"
    assert client.get("/api/alerts").json()["alerts"] == []
    ended = api.raise_alert(unit)
    api.raise_alert(unit, ConditionState.NORMAL, alert_id=int(ended))
    answer = client.post(f"/api/alerts/{ended}/acknowledge", json={})
    assert answer.status_code == 409
    assert answer.json()["what"] == "alert has ended"


def test_an_alert_of_another_clinic_does_not_exist(api: Api) -> None:
    alert_id = api.raise_alert(api.add_unit("u-2", "Clinic 2"))
    client = api.sign_in(clinic=1)
    assert client.get(f"/api/alerts/{alert_id}").status_code == 404
    assert client.post(f"/api/alerts/{alert_id}/acknowledge", json={}).status_code == 404
    assert [e["actor"] for e in api.sign_in(clinic=2).get(f"/api/alerts/{alert_id}").json()["events"]] == [None]


def test_what_is_not_saved_is_listed_told_and_not_acknowledged_within_its_clinic(api: Api) -> None:
    saved = api.raise_alert(api.add_unit("u-1", "Clinic 1"), priority=Priority.MEDIUM)
    api.add_unit("u-2", "Clinic 2")
    client = api.sign_in(clinic=1)
    until(lambda: [a["alert_id"] for a in client.get("/api/alerts").json()["alerts"]] == [saved])
    until(lambda: api.do(lambda services: services.room.alerts.missed({})) == {saved})
    found = [
        unsaved_alert("u-1", "R10"),
        unsaved_alert("u-1", "R07", reason="fell further"),
        unsaved_alert("u-2", "R10"),
    ]
    api.do(lambda services: services.room.put_saving(5, Saving(NOW, NOW, found), str, services.clock.monotonic_s()))
    listed = client.get("/api/alerts").json()["alerts"]
    assert [(a["alert_id"], a["reason"], a["unsaved"]) for a in listed] == [
        ("unsaved-u-1-R10", "venous pressure fell", True), (saved, "fell further", True),
    ]  # fmt: skip
    for alert_id in ("unsaved-u-1-R10", saved):
        detail = client.get(f"/api/alerts/{alert_id}").json()
        assert (detail["alert"]["unsaved"], detail["events"]) == (True, [])
        refused = client.post(f"/api/alerts/{alert_id}/acknowledge", json={})
        assert (refused.status_code, refused.json()["what"]) == (503, "alert is not saved yet")
    assert client.get("/api/alerts/unsaved-u-2-R10").status_code == 404
    assert client.post("/api/alerts/unsaved-u-2-R10/acknowledge", json={}).status_code == 404
    reader = api.sign_in(Role.ADMINISTRATOR)
    assert reader.post("/api/alerts/unsaved-u-1-R10/acknowledge", json={}).status_code == 403
    assert api.sign_in(Role.TECHNICIAN).get("/api/alerts/unsaved-u-1-R10").status_code == 403


def test_who_only_reads_cannot_acknowledge(api: Api) -> None:
    alert_id = api.raise_alert(api.add_unit("u-1", "Clinic 1"))
    client = api.sign_in(Role.ADMINISTRATOR)
    assert client.get(f"/api/alerts/{alert_id}").status_code == 200
    assert client.post(f"/api/alerts/{alert_id}/acknowledge", json={}).status_code == 403


def test_ids_and_bodies_that_are_none(api: Api) -> None:
    alert_id = api.raise_alert(api.add_unit("u-1", "Clinic 1"))
    client = api.sign_in()
    for wrong in ("0", "x", "-1", "1e3", "9" * 19, "9" * 60, "9" * 99, "1;--", "%00", "١"):
        assert client.get(f"/api/alerts/{wrong}").status_code in (404, 422), wrong
        assert client.post(f"/api/alerts/{wrong}/acknowledge", json={}).status_code in (404, 422), wrong
    contents: list[Any] = [[], {"note": 1}, {"note": "x" * 501}, {"reason": "x"}]
    for content in contents:
        assert client.post(f"/api/alerts/{alert_id}/acknowledge", json=content).status_code == 422
    nul = client.post(f"/api/alerts/{alert_id}/acknowledge", json={"note": "a\0b\u202e"})
    assert nul.status_code == 200


def test_in_parts_it_is_the_same_list(api: Api) -> None:
    for number, priority in enumerate([*Priority, *Priority]):
        api.raise_alert(api.add_unit(f"u-{number}", "Clinic 1"), priority=priority)
    client = api.sign_in()
    whole = client.get("/api/alerts").json()
    assert (len(whole["alerts"]), whole["next"]) == (2 * len(Priority), None)
    for limit in (1, 2, 5, 6):
        assert parts(client, "/api/alerts?state=open", "alerts", limit) == whole["alerts"]
    assert problem(client.get("/api/alerts?cursor=none")).get("where") == "query.cursor"
    assert client.get("/api/alerts?limit=501").status_code == 422
