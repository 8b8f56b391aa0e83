"""Load and hand-over over HTTP: by clinic, by role, with names only where they are asked for."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from alerts.escalation import People
from clinician_api.access import Role
from clinician_api.duty import duty_data
from store import notices
from store.notices import NewNotice
from tests.clinician_api.conftest import Api
from tests.clinician_api.notified import Notifier
from tests.clinician_api.rotas import Duty


@pytest.fixture
def duty(api: Api) -> Duty:
    """Ann of clinic 1 was asked about an alert in each clinic's home, Bob about none."""
    made = Duty(api)
    made.weekly(1, "Ann", "Bob")
    for number in (1, 2):
        unit = api.add_unit(f"u-{number}", f"Clinic {number}", f"Patient of {number}")
        api.raise_alert(unit)
        notifier = Notifier(api)
        notifier.people = People((made.person(number, "Ann" if number == 1 else "Cy"),))
        notifier.settle()
    return made


def test_load_is_of_the_own_clinic_and_others_by_name_are_for_who_makes_the_rota(api: Api, duty: Duty) -> None:
    chief = duty.sign_in(1, "Chief", Role.NEPHROLOGIST).get("/api/load").json()
    assert [(one["person"], one["figures"]["count"], one["yours"]) for one in chief["people"]] == [("Ann", 1, False)]
    assert [(one["rule"], one["home"]) for one in chief["homes"]] == [("R07", "Home u-1")]
    assert chief["all"]["count"] == 1 and chief["rules"][0]["title"] not in ("", "R07")
    assert chief["rules"][0]["word"] == "useful"
    own = duty.sign_in(1, "Ann").get("/api/load").json()
    assert [(one["person"], one["yours"]) for one in own["people"]] == [("Ann", True)]
    bob = duty.sign_in(1, "Bob").get("/api/load").json()
    assert bob["people"] == [] and bob["all"] == chief["all"]
    boss = duty.sign_in(None, "Boss", Role.ADMINISTRATOR).get("/api/load").json()
    assert {one["person"] for one in boss["people"]} == {"Ann", "Cy"} and boss["all"]["count"] == 2
    lost = duty.sign_in(None, "Lost", Role.NEPHROLOGIST).get("/api/load").json()
    assert (lost["people"], lost["all"]["count"], lost["homes"]) == ([], 0, [])


@pytest.mark.parametrize(
    "query",
    [
        {"from": "2026-03-01T00:00:00"}, {"from": "2026-03-01T00:00:00Z", "until": "2026-03-11T00:00:00Z"},
        {"from": "2026-03-02T00:00:00Z", "until": "2026-03-01T00:00:00Z"}, {"until": "0001-01-01T00:00:00Z"},
    ],
)  # fmt: skip
def test_a_stretch_that_cannot_be_counted_is_refused(api: Api, query: dict[str, str]) -> None:
    assert api.sign_in().get("/api/load", params=query).status_code == 422


def test_hand_over_says_what_is_open_who_is_next_and_names_nobody_unasked(api: Api, duty: Duty) -> None:
    ann = duty.sign_in(1, "Ann")
    told = ann.get("/api/handover").json()
    assert [(one["home"], one["patient"], one["priority"]) for one in told["open"]] == [("Home u-1", None, "high")]
    assert (told["clinic"], told["more_open"], told["answers"][0]["called"]) == ("Clinic 1", 0, 1)
    assert [(one["covered"], one["person"] in ("Ann", "Bob")) for one in told["next"]] == [(True, True)]
    assert "Patient of" not in ann.get("/api/handover").text
    named: dict[str, Any] = ann.get("/api/handover", params={"names": True, "shift": "last"}).json()
    assert named["open"][0]["patient"] == "Patient of 1" and named["end"] < told["end"]
    everywhere = duty.sign_in(None, "Boss", Role.ADMINISTRATOR).get("/api/handover").json()
    assert {one["home"] for one in everywhere["open"]} == {"Home u-1", "Home u-2"}
    assert any("there is no rota" in one["why_not"] for one in everywhere["next"])
    lost = duty.sign_in(None, "Lost", Role.NURSE).get("/api/handover").json()
    assert lost["open"] == lost["next"] == []


def test_a_trouble_is_handed_over_to_those_alone_whom_it_is_for(api: Api, duty: Duty) -> None:
    with api.database() as conn:
        (clinic,) = conn.execute("SELECT clinic_id FROM clinic WHERE name = 'Clinic 1'").fetchone() or (0,)
        trouble = NewNotice(None, None, clinic, "operations", "channel", "Cy is reached no more", "medium")
        notices.open_notice(conn, trouble, notices.database_us(conn))
    boss = duty.sign_in(1, "Boss", Role.ADMINISTRATOR).get("/api/handover").json()
    assert [one["home"] for one in boss["open"]] == ["Home u-1", None]
    nurse = duty.sign_in(1, "Ann").get("/api/handover").json()
    assert [one["home"] for one in nurse["open"]] == ["Home u-1"]


def test_one_is_counted_at_a_time_and_who_waits_too_long_is_told(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duty_data, "WAIT_S", 0.05)
    client = api.sign_in()
    lock = api.services.data.duty._counting
    asyncio.run_coroutine_threadsafe(lock.acquire(), api.loop).result(5)
    for route in ("/api/load", "/api/handover"):
        busy = client.get(route)
        assert (busy.status_code, busy.json()["what"]) == (503, "busy")
    api.do(lambda _: lock.release())
    assert client.get("/api/load").status_code == 200
