"""Notices on a real database: the work list, why somebody was told, and one outcome of several answers."""

from __future__ import annotations

import json
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import pytest

from alerts.escalation import People
from clinician_api.access import Role
from clinician_api.live import feeds
from clinician_api.settings import ApiOptions
from telemetry.alarms import ConditionState, Priority
from tests.clinician_api.conftest import Api, alike, parts, start_api, until
from tests.clinician_api.notified import Notifier


@pytest.fixture
def notifier(api: Api) -> Notifier:
    return Notifier(api)


def asked(notifier: Notifier, *names: str, unit: str = "u-1") -> tuple[str, str]:
    """An alert about which these people, first and backup, are asked, and its notice."""
    first, *rest = [notifier.user(name) for name in names]
    notifier.people = People((first,), tuple(rest[:1]), (first, *rest))
    home = notifier.api.add_unit(unit, "Clinic 1", "Ada Example")
    alert_id = notifier.api.raise_alert(home)
    notifier.settle()
    return alert_id, str(notifier.rows("SELECT max(notice_id) FROM notice")[0][0])


def test_an_alert_says_what_became_of_it(api: Api, notifier: Notifier) -> None:
    alert_id = api.raise_alert(api.add_unit("u-1", "Clinic 1"))
    client = api.sign_in(Role.NURSE, name="Nora")
    assert client.get(f"/api/alerts/{alert_id}").json()["alert"]["answer"] is None
    notifier.people = People((notifier.user("Nora"),))
    notifier.settle()
    answer = client.get(f"/api/alerts/{alert_id}").json()["alert"]["answer"]
    assert answer == {
        "notice_id": "1", "state": "asking", "round": 1, "accepted_by": None, "accepted_until": None,
        "reason": "somebody has to know now", "stage": "ask", "told": "somebody has to know now",
    }  # fmt: skip
    assert client.post("/api/notices/1/accept", json={}).json()["outcome"] == "done"
    alert = client.get(f"/api/alerts/{alert_id}").json()["alert"]
    assert (alert["answer"]["state"], alert["answer"]["accepted_by"]) == ("accepted", "Nora")
    assert (alert["state"], alert["acknowledged_by"]) == ("active, acknowledged", "Nora")
    assert alert["answer"]["accepted_until"] > alert["acknowledged_at"]


def test_acknowledging_accepts_the_notice_too(api: Api, notifier: Notifier) -> None:
    alert_id, notice_id = asked(notifier, "Nora")
    answer = api.sign_in(Role.NURSE, name="Bo").post(f"/api/alerts/{alert_id}/acknowledge", json={}).json()
    assert answer["alert"]["answer"]["accepted_by"] == "Bo"
    assert api.sign_in(Role.NURSE, name="Bo").get(f"/api/notices/{notice_id}").json()["notice"]["yours"] is True


def test_why_was_i_told_is_one_answer(api: Api, notifier: Notifier) -> None:
    _, notice_id = asked(notifier, "Nora", "Bo")
    client = api.sign_in(Role.NURSE, name="Nora")
    client.post(f"/api/notices/{notice_id}/reject", json={"note": "in surgery"})
    notifier.settle()
    answer = client.get(f"/api/notices/{notice_id}")
    detail = answer.json()
    assert (detail["notice"]["state"], detail["notice"]["unit"], detail["notice"]["cause"]) == (
        "asking", "u-1", "venous access",
    )  # fmt: skip
    assert [a["title"] != "" and a["stage"] for a in detail["notice"]["alerts"]] == ["ask"]
    assert [(d["to"], d["kind"], d["label"], d["state"]) for d in detail["deliveries"]] == [
        ("Nora", "screen", "screens", "rejected"), ("Bo", "screen", "screens", "queued"),
    ]  # fmt: skip
    steps = {step["kind"]: step for step in detail["steps"]}
    assert steps["first"]["outcome"] == "first: 1 asked"
    assert steps["backup"]["done_at"] is not None
    assert steps["pathway"]["done_at"] is None
    said = [(event["move"], event["actor"], event["reason"]) for event in detail["history"]]
    assert ("ask", None, "somebody has to know now") in said
    assert ("reject", "Nora", "in surgery") in said
    of_delivery = client.get(f"/api/deliveries/{detail['deliveries'][1]['delivery_id']}").json()
    assert {**of_delivery, "server_time": 0} == {**detail, "server_time": 0}, "what the link of a page names"
    assert "Ada Example" not in answer.text and "example.org" not in answer.text


def test_two_people_at_once_have_one_outcome_and_everybody_is_on_record(api: Api, notifier: Notifier) -> None:
    names = ["Nora", "Bo", "Cleo", "Dan"]
    clients = [api.sign_in(Role.NURSE, name=name) for name in names]
    for number in range(3):
        _, notice_id = asked(notifier, *names, unit=f"u-{number}")
        with ThreadPoolExecutor(len(clients)) as threads:
            answers = list(threads.map(lambda c, n=notice_id: c.post(f"/api/notices/{n}/accept", json={}), clients))
        codes = [answer.status_code for answer in answers]
        assert sorted(codes) == [200, 409, 409, 409]
        winner = names[codes.index(200)]
        for answer in answers:
            if answer.status_code == 409:
                error = answer.json()
                assert (error["what"], error["hint"]) == ("somebody else has accepted", f"accepted by {winner}")
        history = clients[0].get(f"/api/notices/{notice_id}").json()["history"]
        by = {event["actor"]: event["move"] for event in history if event["actor"]}
        assert by == {name: "accept" if name == winner else "" for name in names}
        audited = notifier.rows(
            "SELECT detail ->> 'outcome' FROM audit_event WHERE action = 'accept notice' AND subject = %s",
            f"notice:{notice_id}",
        )
        assert sorted(outcome for (outcome,) in audited) == ["done"] + ["somebody else has accepted"] * 3


def test_accepting_in_one_browser_shows_in_another_in_well_under_a_second(
    options: ApiOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeds, "SYNC_S", 3600.0)  # nothing is found by looking
    with ExitStack() as stack:
        api = start_api(stack, options)
        until(lambda: api.do(lambda services: services.room.is_alive("alert_feed")))
        notifier, delays = Notifier(api), []
        other = api.open_socket(api.sign_in(Role.NURSE, name="Bo"))
        other.subscribe()
        nora = api.sign_in(Role.NURSE, name="Nora")
        for number in range(5):
            _, notice_id = asked(notifier, "Nora", unit=f"u-{number}")
            other.next("alert", where=lambda m: (m["alert"]["answer"] or {}).get("state") == "asking")
            began = time.monotonic()
            assert nora.post(f"/api/notices/{notice_id}/accept", json={}).status_code == 200
            told = other.next("alert", where=lambda m: m["alert"]["answer"]["state"] == "accepted")["alert"]
            delays.append(time.monotonic() - began)
            assert told["answer"]["accepted_by"] == "Nora"
        assert statistics.median(delays) < 0.5, delays


def test_what_another_process_decides_is_told_at_once(options: ApiOptions, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "SYNC_S", 3600.0)
    with ExitStack() as stack:
        api = start_api(stack, options)
        until(lambda: api.do(lambda services: services.room.is_alive("alert_feed")))
        screen = api.open_socket(api.sign_in(Role.NURSE, name="Bo"))
        screen.subscribe()
        asked(Notifier(api), "Nora")
        # What happens within one beat is told as one.
        told = screen.next("alert", where=lambda one: one["alert"]["answer"] is not None)
        assert told["alert"]["answer"]["state"] == "asking"


def test_give_back_and_take_over(api: Api, notifier: Notifier) -> None:
    _, notice_id = asked(notifier, "Nora", "Bo")
    nora, bo = api.sign_in(Role.NURSE, name="Nora"), api.sign_in(Role.NURSE, name="Bo")

    def say(client: Any, what: str) -> tuple[int, str]:
        answer = client.post(f"/api/notices/{notice_id}/{what}", json={})
        body = answer.json()
        return answer.status_code, body["outcome"] if answer.status_code == 200 else body["what"]

    assert say(bo, "take-over") == (409, "you have not accepted it")
    assert say(nora, "accept") == (200, "done")
    assert say(nora, "accept") == (200, "you have accepted it already")
    assert say(nora, "reject") == (409, "you have accepted it already")
    assert say(bo, "release") == (409, "somebody else has accepted")
    assert say(bo, "take-over") == (200, "done")
    assert say(bo, "release") == (200, "done")
    state = bo.get(f"/api/notices/{notice_id}").json()["notice"]
    assert (state["state"], state["round"], state["accepted_by"]) == ("asking", 2, None)


def test_the_work_list_has_what_is_open_high_first_and_of_the_own_clinic(api: Api, notifier: Notifier) -> None:
    notifier.people = People((notifier.user("Nora"),))
    unit = api.add_unit("u-1", "Clinic 1")
    low = api.raise_alert(unit, priority=Priority.LOW)
    other = api.add_unit("u-3", "Clinic 1")
    api.raise_alert(other, priority=Priority.HIGH)
    api.raise_alert(api.add_unit("u-2", "Clinic 2"), priority=Priority.HIGH)
    notifier.settle()
    client = api.sign_in(Role.ADMINISTRATOR)
    listed = client.get("/api/notices").json()["notices"]
    assert [(n["unit"], n["priority"], n["state"]) for n in listed] == [
        ("u-3", "high", "asking"), ("u-1", "low", "nobody"),
    ]  # fmt: skip
    assert [a["alert_id"] for a in listed[1]["alerts"]] == [low]
    assert listed[1]["alerts"][0]["told"] == "low priority: it is on the work list and in the digest"
    api.raise_alert(unit, ConditionState.NORMAL, alert_id=int(low), priority=Priority.LOW)
    notifier.settle()
    assert [n["unit"] for n in client.get("/api/notices?state=open").json()["notices"]] == ["u-3"]
    recent = {n["unit"]: n["state"] for n in client.get("/api/notices?state=recent").json()["notices"]}
    assert recent == {"u-3": "asking", "u-1": "over"}
    over = listed[1]["notice_id"]
    assert client.post(f"/api/notices/{over}/accept", json={}).status_code == 403
    refused = api.sign_in().post(f"/api/notices/{over}/accept", json={})
    assert (refused.status_code, refused.json()["what"]) == (409, "already over")


def test_a_notice_of_another_clinic_does_not_exist(api: Api, notifier: Notifier) -> None:
    _, notice_id = asked(notifier, "Nora")
    stranger = api.sign_in(Role.NURSE, 2)
    assert stranger.get("/api/notices").json()["notices"] == []
    assert stranger.get(f"/api/notices/{notice_id}").status_code == 404
    there, nowhere = stranger.get("/api/deliveries/1"), stranger.get("/api/deliveries/2")
    assert {**alike(there), "where": "2", "detail": alike(nowhere)["detail"]} == alike(nowhere)
    for what in ("accept", "reject", "release", "take-over"):
        assert stranger.post(f"/api/notices/{notice_id}/{what}", json={}).status_code == 404
    assert notifier.rows("SELECT count(*) FROM notice_event WHERE actor IS NOT NULL") == [(0,)]


def test_troubles_of_the_system_are_for_operations(api: Api, notifier: Notifier) -> None:
    _, clinical = asked(notifier, "Nora")
    everywhere, of_one = notifier.trouble("ingest"), notifier.trouble("unreached", 1)

    def seen(role: Role, clinic: int | None) -> set[str]:
        return {n["notice_id"] for n in api.sign_in(role, clinic).get("/api/notices").json()["notices"]}

    assert seen(Role.OPERATIONS, None) == {everywhere, of_one}
    assert seen(Role.OPERATIONS, 1) == {of_one}
    assert seen(Role.OPERATIONS, 2) == set()
    assert seen(Role.ADMINISTRATOR, None) == {clinical, everywhere, of_one}
    assert seen(Role.NURSE, 1) == {clinical}
    operations = api.sign_in(Role.OPERATIONS, None)
    assert operations.get(f"/api/notices/{clinical}").status_code == 404
    assert operations.post(f"/api/notices/{clinical}/accept", json={}).status_code == 404
    taken = operations.post(f"/api/notices/{everywhere}/accept", json={"note": "restarting it"}).json()
    assert (taken["notice"]["unit"], taken["notice"]["state"], taken["notice"]["yours"]) == (None, "accepted", True)
    assert api.sign_in(Role.NURSE, 1).post(f"/api/notices/{everywhere}/accept", json={}).status_code == 404


def test_technical_troubles_are_for_the_technicians_of_the_clinic(api: Api, notifier: Notifier) -> None:
    notice_id = notifier.trouble("home link", 1, audience="technical")
    for role, clinic, sees in (
        (Role.TECHNICIAN, 1, True), (Role.TECHNICIAN, None, True), (Role.TECHNICIAN, 2, False),
        (Role.OPERATIONS, 1, True), (Role.NURSE, 1, False),
    ):  # fmt: skip
        client = api.sign_in(role, clinic)
        assert [n["notice_id"] for n in client.get("/api/notices").json()["notices"]] == [notice_id] * sees
        assert client.get(f"/api/notices/{notice_id}").status_code == (200 if sees else 404)
    # What is of our own servers stays with operations.
    ours = notifier.trouble("ingest")
    assert api.sign_in(Role.TECHNICIAN, None).get(f"/api/notices/{ours}").status_code == 404


@pytest.mark.parametrize("role", [Role.NURSE, Role.TECHNICIAN])
def test_whoever_is_asked_about_a_trouble_sees_that_one(api: Api, notifier: Notifier, role: Role) -> None:
    notifier.people = People((notifier.user("Nora", 2, role),))
    notice_id = notifier.trouble("ingest")
    asked_one = api.sign_in(role, 2, name="Nora")
    assert asked_one.get(f"/api/notices/{notice_id}").json()["notice"]["subject"] == "the broker"
    assert api.sign_in(role, 2, name="Bo").get(f"/api/notices/{notice_id}").status_code == 404
    assert asked_one.post(f"/api/notices/{notice_id}/accept", json={}).json()["outcome"] == "done"
    # Being asked is no way into another clinic.
    api.raise_alert(api.add_unit("u-1", "Clinic 1"))
    notifier.settle()
    ((clinical,),) = notifier.rows("SELECT max(notice_id) FROM delivery")
    assert clinical > int(notice_id)
    assert asked_one.get(f"/api/notices/{clinical}").status_code == 404


def test_ids_and_bodies_that_are_none(api: Api, notifier: Notifier) -> None:
    _, notice_id = asked(notifier, "Nora")
    client = api.sign_in()
    for wrong in ("0", "x", "-1", "1e3", "9" * 18, "9" * 60, "1;--", "%00", "١"):
        assert client.get(f"/api/notices/{wrong}").status_code in (404, 422), wrong
        assert client.post(f"/api/notices/{wrong}/accept", json={}).status_code in (404, 422), wrong
    contents: list[Any] = [[], {"note": 1}, {"note": "x" * 501}, {"reason": "x"}, None]
    for content in contents:
        assert client.post(f"/api/notices/{notice_id}/accept", json=content).status_code == 422
    assert client.get("/api/notices?state=all").status_code == 422
    nul = client.post(f"/api/notices/{notice_id}/accept", json={"note": "a\0b\u202e"})
    assert nul.status_code == 200
    assert "\\u0000" not in json.dumps(client.get(f"/api/notices/{notice_id}").json())


def test_in_parts_it_is_the_same_list(api: Api, notifier: Notifier) -> None:
    notifier.people = People((notifier.user("Nora"),))
    for number, priority in enumerate([*Priority, *Priority]):
        api.raise_alert(api.add_unit(f"u-{number}", "Clinic 1"), priority=priority)
    notifier.settle()
    client = api.sign_in()
    for state in ("open", "recent"):
        whole = client.get(f"/api/notices?state={state}").json()["notices"]
        assert len(whole) == 2 * len(Priority)
        assert parts(client, f"/api/notices?state={state}", "notices", 2) == whole
