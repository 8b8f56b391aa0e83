"""The database is stopped while people watch: what ingest finds reaches them, and what is saved takes its place."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from clinician_api.access import Role
from clinician_api.settings import ApiOptions
from store import accounts
from telemetry.alarms import Priority
from tests.clinician_api.conftest import PASSWORD, Socket
from tests.clinician_api.outage import Outage, now_us, outage, unsaved_now

pytestmark = pytest.mark.timeout(180)

OWN = "unsaved-u-1-R10"


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Outage]:
    options = ApiOptions(
        database_url="", port=0, metrics_port=None, static_dir=tmp_path / "static", recheck_s=0.3, heartbeat_s=1.0
    )
    with outage(tmp_path, options, monkeypatch) as running:
        yield running


def ingest_is(reason: str | None) -> Any:
    return lambda message: message["ingest"]["reason"] == reason


class Watcher:
    """A page that applies every alert message in one step, and counts what stands of one rule after each."""

    def __init__(self, socket: Socket, snapshot: dict[str, Any]) -> None:
        self.socket = socket
        self.alerts = {alert["alert_id"]: alert for alert in snapshot["alerts"]}
        self.counts: list[int] = []

    def open(self, rule: str) -> list[dict[str, Any]]:
        return [a for a in self.alerts.values() if a["rule"] == rule and a["state"] != "normal"]

    def apply(self, message: dict[str, Any]) -> None:
        alert = message["alert"]
        self.alerts.pop(message["replaces"] or "", None)
        self.alerts[alert["alert_id"]] = alert
        if alert["unsaved"] and alert["state"] == "normal":
            del self.alerts[alert["alert_id"]]
        self.counts.append(len(self.open("R10")))

    def until(self, condition: Any) -> None:
        while not condition():
            self.apply(self.socket.next("alert", 30))


def test_the_database_stops_and_comes_back_while_people_watch(world: Outage) -> None:
    api, ingest = world.api, world.ingest
    saved = api.raise_alert(world.units["u-1"], priority=Priority.MEDIUM)
    nora, technician, elsewhere = api.sign_in(), api.sign_in(Role.TECHNICIAN), api.sign_in(clinic=2)
    sockets = [api.open_socket(client) for client in (nora, technician, elsewhere)]
    snapshots = [socket.subscribe() for socket in sockets]
    screen = Watcher(sockets[0], snapshots[0])
    screen.until(lambda: saved in screen.alerts)
    tasks = feed_tasks(world)

    world.stop_database()
    ingest.fail(
        unsaved_now("u-1", "R10", reason="pressure fell by 40 mmHg"),
        unsaved_now("u-1", "R07", priority="high", reason="fell further"),
        unsaved_now("u-2", "R13"),
    )
    screen.until(lambda: screen.open("R10") and screen.alerts[saved]["unsaved"])
    (shown,) = screen.open("R10")
    assert (shown["alert_id"], shown["unsaved"], shown["reason"]) == (OWN, True, "pressure fell by 40 mmHg")
    assert [(a["priority"], a["reason"]) for a in screen.open("R07")] == [("high", "fell further")]
    told = sockets[0].next("status", 30, ingest_is("unsaved"))
    assert (told["live_feed"]["alive"], told["alert_feed"]["alive"], told["ingest"]["alive"]) == (True, True, False)
    assert sockets[0].next("readings")["readings"][0]["age_s"] < 5

    what_people_can_do(world, nora, saved)
    assert others_saw(sockets[1]) == {None}
    assert others_saw(sockets[2]) == {"u-2"}

    ingest.speaks = False
    silent = sockets[0].next("status", 30, ingest_is("database"))
    assert silent["live_feed"]["alive"] is False
    assert OWN in {a["alert_id"] for a in sockets[0].subscribe()["alerts"]}, "nobody said that it is over"
    ingest.speaks = True
    sockets[0].next("status", 30, ingest_is("unsaved"))

    world.start_database()
    api.raise_alert(world.units["u-1"], alert_id=int(saved), reason="fell further")
    follower = world.save("u-1", "R10", "pressure fell by 40 mmHg")
    ingest.recover()
    screen.until(lambda: screen.open("R10")[0]["alert_id"] == follower and not screen.open("R10")[0]["unsaved"])
    screen.until(lambda: not screen.alerts[saved]["unsaved"])
    assert set(screen.counts[screen.counts.index(1) :]) == {1}, "neither two nor none at any time"
    sockets[0].next(
        "status", 30, lambda m: m["ingest"]["alive"] and m["alert_feed"]["alive"] and m["live_feed"]["alive"]
    )
    answer = nora.post(f"/api/alerts/{follower}/acknowledge", json={})
    assert (answer.status_code, answer.json()["outcome"]) == (200, "acknowledged")
    assert feed_tasks(world) == tasks, "no feed ended"
    with api.database() as conn:
        user = next(a for a in accounts.list_users(conn) if a.email == api.account(Role.NEPHROLOGIST, 1))
        accounts.disable_user(conn, user.user_id, now_us())
    assert sockets[0].closed(10) == (1008, "session ended"), "sessions are checked again"


def what_people_can_do(world: Outage, nora: Any, saved: str) -> None:
    """Look, from memory; not answer an alert, and not sign in: each refused in words."""
    for alert_id, what in ((OWN, "alert is not saved yet"), (saved, "alert is not saved yet")):
        answer = nora.post(f"/api/alerts/{alert_id}/acknowledge", json={}, timeout=30)
        assert (answer.status_code, answer.json()["what"]) == (503, what)
    detail = nora.get(f"/api/alerts/{OWN}", timeout=30).json()
    assert (detail["alert"]["unsaved"], detail["events"]) == (True, [])
    assert nora.get("/api/session", timeout=30).status_code == 200
    again = world.api.open_socket(nora, open_timeout=30).subscribe()
    assert {(a["alert_id"], a["unsaved"]) for a in again["alerts"]} == {(OWN, True), (saved, True)}
    login = {"email": world.api.account(Role.NEPHROLOGIST, 1), "password": PASSWORD}
    refused = world.api.client().post("/api/session", json=login, timeout=30)
    assert (refused.status_code, refused.json()["where"]) == (503, "database")
    elsewhere = world.api.client()
    elsewhere.cookies.set("homehd_session", "made-up")
    assert elsewhere.get("/api/session", timeout=30).status_code == 503


def others_saw(socket: Socket) -> set[str | None]:
    """Of which units alerts were told on this socket, by the snapshot it gets now."""
    return {alert["unit"] for alert in socket.subscribe()["alerts"]} or {None}


def feed_tasks(world: Outage) -> set[str]:
    """Names of the feeds that run."""

    def running(_services: object) -> set[str]:
        return {task.get_name() for task in asyncio.all_tasks() if task.get_name().startswith(("Feeds.", "Pump."))}

    found = world.api.do(running)
    assert len(found) == 13, json.dumps(sorted(found))
    return found
