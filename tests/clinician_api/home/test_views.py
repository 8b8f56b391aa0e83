"""What the patient's page shows, from a room and a home."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from msgspec import structs

from clinician_api.access import Role, scope_of
from clinician_api.home.models import Home as HomeBody
from clinician_api.home.views import BOX_LIMIT_US, home_view, nobodys
from clinician_api.live.duty_board import DutySeen
from clinician_api.live.room import Entry, Room
from clinician_api.live.views import moment, status
from clinician_api.teams.sight import Sight
from evaluation.links import LinkTrouble
from store.homes import Home
from store.machine_events import EventRow
from telemetry.messages import Event, EventKind, MachineLink, Status
from tests.clinician_api.builders import NOW, SECOND, alert_view, live_reading

HOME = Home(5, "Ann", 1, "Clinic 1", "+49 30 1", 1, "u-1", "Home 1")
SCOPE = scope_of(Role.PATIENT, 1, Sight(patients=frozenset({5})))
BOX = Status(1, "u-1", online=True, sent_us=NOW, machine=MachineLink.CONNECTED)


def room(**box: Any) -> Room:
    """All is well at Ann's and at Bob's."""
    made = Room(NOW)
    made.set_directory([
        Entry(1, "u-1", "Home 1", 1, "Clinic 1", "Ann", 5), Entry(2, "u-2", "Home 2", 1, "Clinic 1", "Bob", 6),
    ])  # fmt: skip
    for name in ("ingest", "live_feed", "alert_feed"):
        made.set_link(name, None, NOW)
    heard_us = box.pop("heard_us", NOW)
    view = status(structs.replace(BOX, **box), heard_us, heard_us)
    made.put_stored_status({**view, "heard_at": moment(heard_us)}, heard_us)
    return made


def shown(made: Room, home: Home = HOME, alarms: list[EventRow] | None = None) -> dict[str, Any]:
    view = home_view(home, made, SCOPE, alarms or [], [], (NOW + SECOND, 1.0))
    return HomeBody.model_validate(view).model_dump()


def test_all_is_well() -> None:
    made = room()
    made.put_reading(live_reading())
    view = shown(made)
    assert (view["way"], view["reading"]["phase"], view["reading"]["age_s"]) == ("working", "TX", 1.0)
    assert view["on_call"] == []


@pytest.mark.parametrize("link", ["ingest", "live_feed"])
def test_a_server_in_trouble_is_said_before_anything_else(link: str) -> None:
    made = room(online=False)
    made.set_link(link, LinkTrouble.SILENT, NOW)
    assert shown(made)["way"] == "server"


@pytest.mark.parametrize(
    ("box", "way"),
    [
        ({"online": False}, "box"), ({"heard_us": NOW - BOX_LIMIT_US}, "box"),
        ({"machine": MachineLink.SILENT}, "machine"), ({"machine": MachineLink.DISCONNECTED}, "machine"),
    ],
)  # fmt: skip
def test_a_broken_way_is_told_by_its_part(box: dict[str, Any], way: str) -> None:
    assert shown(room(**box))["way"] == way


def test_a_box_that_was_never_heard_is_not_well() -> None:
    made = Room(NOW)
    made.set_directory([Entry(1, "u-1", "Home 1", 1, "Clinic 1", "Ann", 5)])
    for name in ("ingest", "live_feed"):
        made.set_link(name, None, NOW)
    assert shown(made)["way"] == "box"


def test_without_a_unit_there_is_no_way() -> None:
    without = replace(HOME, unit_id=None, unit=None, label=None)
    made = room()
    made.alerts.put(alert_view(), 1)
    view = shown(made, without)
    assert (view["way"], view["reading"], view["alerts"]) == ("no unit", None, [])
    assert HomeBody.model_validate(nobodys(NOW)).connected is False


def test_alerts_are_the_own_ones_with_who_answers() -> None:
    made = room()
    made.alerts.put(alert_view("1", acknowledged_by="Nora"), 1)
    made.alerts.put(alert_view("2", "u-2"), 2)
    made.alerts.put(alert_view("3", rule="H01", title="Help asked for at home", answer={
        "notice_id": "1", "state": "accepted", "round": 1, "accepted_by": "Bo", "accepted_until": None, "reason": "",
        "stage": "", "told": "",
    }), 3)  # fmt: skip
    found = {one["alert_id"]: (one["help"], one["answered_by"]) for one in shown(made)["alerts"]}
    assert found == {"1": (False, "Nora"), "3": (True, "Bo")}


def test_what_the_machine_says_is_in_the_clinics_words() -> None:
    def row(name: str) -> EventRow:
        return EventRow(1, "e", NOW, Event(1, NOW, 0, 0, EventKind.ALARM, name, 1, active=True))

    found = shown(room(), alarms=[row("MDC_EVT_HDIALY_BLD_PUMP_STOP"), row("ITS_OWN")])["alarms"]
    assert [one["label"] for one in found] == ["Blood pump stopped", "ITS_OWN"]


def test_who_is_on_call_is_who_would_answer() -> None:
    made = room()

    def line(person: str | None, why_not: str = "") -> dict[str, Any]:
        return {"person": person, "why_not": why_not}

    def coverage(audience: str, primary: dict[str, Any], backup: dict[str, Any] | None) -> dict[str, Any]:
        return {"audience": audience, "primary": primary, "backup": backup}

    clinics = {
        1: {"clinic": "Clinic 1", "coverage": [
            coverage("clinical", line("Nora", "account closed"), line("Bo")), coverage("technical", line("Tim"), None),
        ]},
        2: {"clinic": "Clinic 2", "coverage": [coverage("clinical", line("Zoe"), None)]},
    }  # fmt: skip
    made.duty.put(DutySeen(clinics, {"state": "never"}))
    assert shown(made)["on_call"] == ["Bo"]
