"""The hub: snapshot, deltas, newest value per unit, alerts in order and never lost, frames shared."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from clinician_api.access import Role, scope_of
from clinician_api.live.alert_board import ALERT_RING
from clinician_api.live.hub import Hub, Subscriber
from clinician_api.live.messages import ServerMessage
from clinician_api.live.room import Room
from clinician_api.live.unsaved import Saving
from telemetry.messages import MachineLink, Status
from tests.clinician_api.builders import NOW, SECOND, alert_view, entry, live_reading, unsaved_alert

NURSE = scope_of(Role.NURSE, 1)
MESSAGE: TypeAdapter[Any] = TypeAdapter(ServerMessage)


@pytest.fixture
def hub() -> Hub:
    return made()


def made(units: int = 3) -> Hub:
    room = Room(NOW)
    room.set_directory([entry(number) for number in range(1, units + 1)])
    hub = Hub(room, heartbeat_s=3.0)
    hub.publish()
    return hub


def told(hub: Hub, subscriber: Subscriber, at_s: float = 0.0) -> list[dict[str, Any]]:
    """The messages, each held against the description of the socket."""
    frames = hub.frames(subscriber, NOW + int(at_s * SECOND), 100.0 + at_s)
    for frame in frames:
        MESSAGE.validate_json(frame)
    return [json.loads(frame) for frame in frames]


def kinds(messages: list[dict[str, Any]]) -> list[str]:
    return [message["type"] for message in messages]


def test_first_comes_a_snapshot_then_only_what_changed(hub: Hub) -> None:
    hub.room.put_reading(live_reading("u-1"))
    hub.room.put_heard(Status(1, "u-2", True, NOW, machine=MachineLink.SILENT, outbox_oldest_us=NOW), NOW)
    hub.room.put_not_evaluated(
        "u-3", [{"rule": "R13", "reason": "no transmembrane pressure", "at_rest": False, "between": False}]
    )
    hub.publish()
    screen = Subscriber(NURSE, None)
    (snapshot,) = told(hub, screen)
    assert [unit["unit"] for unit in snapshot["units"]] == ["u-1", "u-2", "u-3"]
    assert told(hub, screen) == []
    hub.room.put_reading(live_reading("u-2", 1))
    assert told(hub, screen) == [], "not visible before it is published"
    hub.publish()
    (message,) = told(hub, screen, 2)
    assert [(r["unit"], r["age_s"]) for r in message["readings"]] == [("u-2", 1.0)]


def test_one_that_fell_behind_gets_the_newest_value_of_each_unit_once(hub: Hub) -> None:
    screen = Subscriber(NURSE, None)
    told(hub, screen)
    for second in range(1, 100):
        hub.room.put_reading(live_reading("u-1", second))
        hub.room.put_reading(live_reading("u-2", second))
        hub.publish()
    message, _heartbeat = told(hub, screen, 100)
    assert [(r["unit"], r["seq"]) for r in message["readings"]] == [("u-1", 99), ("u-2", 99)]


def test_alerts_come_in_order_before_readings_and_every_one(hub: Hub) -> None:
    screen = Subscriber(NURSE, None)
    told(hub, screen)
    hub.room.put_reading(live_reading("u-1", 1))
    for number, state in enumerate(["active, unacknowledged", "active, acknowledged", "latched, clear", "normal"]):
        hub.room.alerts.put(alert_view(state=state), number)
        hub.publish()
    messages = told(hub, screen, 2)
    assert kinds(messages) == ["alert"] * 4 + ["readings"]
    assert messages[3]["alert"]["state"] == "normal"


def test_an_unsaved_alert_is_told_and_the_saved_one_says_what_it_replaces(hub: Hub) -> None:
    screens = [Subscriber(scope, None) for scope in (NURSE, scope_of(Role.NURSE, 2), scope_of(Role.TECHNICIAN, 1))]
    for screen in screens:
        told(hub, screen)
    hub.room.put_saving(5, Saving(NOW, NOW, [unsaved_alert()]), str, 1.0)
    hub.room.alerts.put(alert_view("7"), 1)
    hub.publish()
    first, second = told(hub, screens[0])
    assert (first["alert"]["alert_id"], first["alert"]["unsaved"], first["replaces"]) == ("unsaved-u-1-R07", True, None)
    assert (second["alert"]["alert_id"], second["replaces"]) == ("7", "unsaved-u-1-R07")
    assert [told(hub, other) for other in screens[1:]] == [[], []]


def test_one_that_fell_out_of_the_ring_gets_a_snapshot_with_all_open_alerts(hub: Hub) -> None:
    screen = Subscriber(NURSE, None)
    told(hub, screen)
    for number in range(ALERT_RING + 1):
        hub.room.alerts.put(alert_view(str(number)), number)
    hub.publish()
    (snapshot,) = told(hub, screen)
    assert snapshot["type"] == "snapshot"
    assert len(snapshot["alerts"]) == ALERT_RING + 1
    assert told(hub, screen) == []


def test_links_are_told_when_they_change_and_at_every_heartbeat(hub: Hub) -> None:
    screen = Subscriber(NURSE, None)
    told(hub, screen)
    hub.room.set_link("ingest", None, NOW)
    hub.publish()
    (message,) = told(hub, screen, 1)
    assert message["ingest"]["alive"] is True
    assert hub.heartbeat_due_s(screen, 101.5) == pytest.approx(2.5)
    assert told(hub, screen, 3.9) == []
    (beat,) = told(hub, screen, 4.0)
    assert (beat["type"], beat["statuses"], beat["not_evaluated"]) == ("status", [], {})
    assert told(hub, screen, 4.1) == []


def test_what_is_no_longer_evaluated_is_told_with_the_whole_list_of_the_unit(hub: Hub) -> None:
    screen = Subscriber(NURSE, None)
    told(hub, screen)
    rules = [{"rule": "R13", "reason": "no transmembrane pressure", "at_rest": False, "between": False}]
    hub.room.put_not_evaluated("u-1", rules)
    hub.publish()
    assert told(hub, screen)[0]["not_evaluated"] == {"u-1": rules}
    hub.room.put_not_evaluated("u-1", [])
    hub.publish()
    assert told(hub, screen)[0]["not_evaluated"] == {"u-1": []}


def test_a_resynchronisation_reaches_everybody_once(hub: Hub) -> None:
    screens = [Subscriber(NURSE, None), Subscriber(NURSE, frozenset({"u-1"}))]
    for screen in screens:
        told(hub, screen)
    hub.room.resynchronise()
    hub.publish()
    for screen in screens:
        assert kinds(told(hub, screen)) == ["snapshot"]
        assert told(hub, screen) == []


def test_a_technician_is_told_of_statuses_only(hub: Hub) -> None:
    screen = Subscriber(scope_of(Role.TECHNICIAN, 1), None)
    (snapshot,) = told(hub, screen)
    assert {unit["patient"] for unit in snapshot["units"]} == {None}
    hub.room.put_reading(live_reading("u-1", 1))
    hub.room.alerts.put(alert_view(), 1)
    hub.room.put_not_evaluated("u-1", [{"rule": "R13", "reason": "x", "at_rest": False, "between": False}])
    hub.room.put_heard(Status(1, "u-1", False, NOW), NOW)
    hub.publish()
    (message,) = told(hub, screen)
    assert (message["type"], message["not_evaluated"]) == ("status", {})


def test_another_clinic_is_told_nothing(hub: Hub) -> None:
    screen = Subscriber(scope_of(Role.NURSE, 2), None)
    assert told(hub, screen)[0]["units"] == []
    hub.room.put_reading(live_reading("u-1", 1))
    hub.room.alerts.put(alert_view(), 1)
    hub.room.put_heard(Status(1, "u-1", False, NOW), NOW)
    hub.publish()
    assert told(hub, screen) == []


def test_screens_of_equal_scope_share_the_very_same_frame(hub: Hub) -> None:
    screens = [Subscriber(NURSE, None) for _ in range(2)]
    first = [hub.frames(screen, NOW, 0.0)[0] for screen in screens]
    assert first[0] is first[1]
    hub.room.put_reading(live_reading("u-1", 1))
    hub.publish()
    second = [hub.frames(screen, NOW + 1, 0.0)[0] for screen in screens]
    assert second[0] is second[1]


def test_a_frame_is_not_shared_for_longer_than_its_ages_are_true(hub: Hub) -> None:
    hub.room.put_reading(live_reading("u-1"))
    hub.publish()
    ages = [told(hub, Subscriber(NURSE, None), at)[0]["units"][0]["reading"]["age_s"] for at in (0, 60)]
    assert ages == [0.0, 60.0]


Step = tuple[str, int]


@given(st.lists(st.tuples(st.sampled_from(["read", "alert", "publish", "look"]), st.integers(1, 3)), max_size=60))
def test_whatever_happens_a_screen_ends_up_with_what_is_so(steps: list[Step]) -> None:
    """A client that applies snapshot and deltas holds the same as one that connects afterwards."""
    hub, screen, held = made(), Subscriber(NURSE, None), Held()
    events = 0
    for action, number in steps:
        if action == "read":
            events += 1
            hub.room.put_reading(live_reading(f"u-{number}", events))
        elif action == "alert":
            events += 1
            state = ["active, unacknowledged", "active, acknowledged", "normal"][events % 3]
            hub.room.alerts.put(alert_view(str(number), f"u-{number}", state=state), events)
        elif action == "publish":
            hub.publish()
        else:
            held.apply(told(hub, screen))
    hub.publish()
    held.apply(told(hub, screen))
    fresh = Held()
    fresh.apply(told(hub, Subscriber(NURSE, None)))
    assert (held.readings, held.alerts) == (fresh.readings, fresh.alerts)


class Held:
    """What a page keeps of what it is told."""

    def __init__(self) -> None:
        self.readings: dict[str, int] = {}
        self.alerts: dict[str, str] = {}

    def apply(self, messages: list[dict[str, Any]]) -> None:
        for message in messages:
            if message["type"] == "snapshot":
                self.readings = {u["unit"]: u["reading"]["seq"] for u in message["units"] if u["reading"]}
                self.alerts = {a["alert_id"]: a["state"] for a in message["alerts"]}
            elif message["type"] == "readings":
                self.readings.update({r["unit"]: r["seq"] for r in message["readings"]})
            elif message["type"] == "alert":
                self.alerts[message["alert"]["alert_id"]] = message["alert"]["state"]
        self.alerts = {alert: state for alert, state in self.alerts.items() if state != "normal"}


def test_of_whom_nobody_looks_at_no_value_is_told_but_every_alert_and_status() -> None:
    hub = made(4)
    screen = Subscriber(NURSE, None)
    told(hub, screen)
    screen.watch(frozenset({"u-2"}))
    for second in range(1, 4):
        for unit in ("u-1", "u-2", "u-3"):
            hub.room.put_reading(live_reading(unit, second))
        hub.room.alerts.put(alert_view(alert_id=str(second)), second)
        heard = Status(1, "u-3", True, NOW, machine=MachineLink.SILENT, outbox_rows=second, outbox_oldest_us=NOW)
        hub.room.put_heard(heard, NOW + second * SECOND)
        hub.publish()
        alert, readings, status = told(hub, screen, second)
        assert (alert["type"], [one["unit"] for one in status["statuses"]]) == ("alert", ["u-3"])
        assert [(one["unit"], one["seq"]) for one in readings["readings"]] == [("u-2", second)]
    # Watched again, each comes as it is now, also one that has said nothing since.
    screen.watch(None)
    (readings,) = told(hub, screen, 3.5)
    assert [(one["unit"], one["seq"]) for one in readings["readings"]] == [("u-1", 3), ("u-2", 3), ("u-3", 3)]
    assert told(hub, screen, 3.6) == [], "once"
    screen.watch(frozenset({"u-99"}))
    hub.room.put_reading(live_reading("u-1", 5))
    hub.publish()
    assert told(hub, screen, 4) == []


def test_who_may_not_see_a_unit_watches_it_in_vain(hub: Hub) -> None:
    other = Subscriber(scope_of(Role.NURSE, 2), None)
    told(hub, other)
    other.watch(frozenset({"u-1"}))
    hub.room.put_reading(live_reading("u-1", 1))
    hub.publish()
    assert told(hub, other, 1) == []


def test_what_a_phone_is_spared_of_five_hundred_homes() -> None:
    """Bytes of one second, each home once a second: the wall, the page of one patient, the page of alerts."""
    spent = {}
    for name, watched in (("wall", None), ("patient", frozenset({"u-7"})), ("alerts", frozenset[str]())):
        hub = made(500)
        screen = Subscriber(NURSE, None)
        hub.frames(screen, NOW, 100.0)
        screen.watch(watched)
        hub.frames(screen, NOW, 100.0)
        for number in range(1, 501):
            hub.room.put_reading(live_reading(f"u-{number}", 1))
        hub.publish()
        spent[name] = sum(map(len, hub.frames(screen, NOW + SECOND, 101.0)))
    assert spent["wall"] > 300 * spent["patient"] > 0
    assert spent["alerts"] == 0
