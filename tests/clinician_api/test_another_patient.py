"""A unit is given to another patient: what was before is of the one before, for either wall alone, and on record so."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from alerts.responsibility import Move
from clinician_api.access import Role, Scope
from store import alert_log, patients, pool
from store.alert_log import AlertEventRow
from store.registry import Unit
from telemetry.alarms import ConditionState, Priority
from tests.clinician_api.conftest import Api, until
from tests.clinician_api.notified import Notifier
from tests.clinician_api.routes.test_history import store_readings, window
from tests.clinician_api.teams.world import World

START = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
BEFORE, AFTER = START + timedelta(seconds=10), START + timedelta(seconds=40)
LATCHED, ACTIVE = ConditionState.LATCHED_CLEAR, ConditionState.ACTIVE_UNACKNOWLEDGED


def us(time: datetime) -> int:
    return int(time.timestamp() * 1_000_000)


class Moved:
    """u-1 served Ann from seven, and serves Bob since half a minute after eight; `old`, `new`: who sees whom."""

    def __init__(self, api: Api, unit: Unit, old: httpx.Client, new: httpx.Client, ann: int, bob: int) -> None:
        self.api, self.unit, self.old, self.new, self.ann, self.bob = api, unit, old, new, ann, bob
        with api.database() as conn:
            conn.execute("UPDATE binding SET since = %s", [START - timedelta(hours=1)])

    def move(self) -> None:
        with self.api.database() as conn:
            clinic = conn.execute("SELECT clinic_id FROM patient WHERE patient_id = %s", [self.bob]).fetchall()[0][0]
            conn.execute("UPDATE unit SET clinic_id = %s WHERE unit_id = %s", [clinic, self.unit.unit_id])
            patients.bind(conn, self.unit.unit_id, self.bob, us(START + timedelta(seconds=30)))
        self.api.refresh()

    def found(self, time: datetime, reason: str, state: ConditionState = ACTIVE, alert_id: int | None = None) -> str:
        with self.api.database() as conn, pool.transaction(conn):
            number = alert_id or alert_log.reserve_ids(conn, 1)[0]
            row = AlertEventRow(
                number, self.unit.unit_id, "R07", "1.0.0", Priority.HIGH, state, us(time), reason,
                {"venous_pressure": 12.0}, {"venous_pressure": 20.0},
            )  # fmt: skip
            alert_log.append(conn, [row], us(time))
            # The lists ask for what has changed within a day.
            conn.execute("UPDATE alert SET changed_at = now()")
        return str(number)

    def looks(self, patient: int) -> list[str]:
        with self.api.database() as conn:
            rows = conn.execute(
                """SELECT e.action FROM audit_event AS e JOIN audit_patient AS p USING (event_id)
                   WHERE p.patient_id = %s AND e.action LIKE 'look at %%' ORDER BY 1""",
                [patient],
            )
            return [row[0] for row in rows]


def of_two_teams(api: Api) -> Moved:
    world = World(api)
    world.join("east", Role.NURSE, 1, "Eve")
    world.join("west", Role.NURSE, 1, "Wim")
    old, new = api.sign_in(Role.NURSE, 1, "Eve"), api.sign_in(Role.NURSE, 1, "Wim")
    return Moved(api, world.units["u-1"], old, new, world.patients["Ann"], world.patients["Bob"])


def of_two_clinics(api: Api) -> Moved:
    unit = api.add_unit("u-1", "Clinic 1", "Ann")
    with api.database() as conn:
        bob = patients.add_patient(conn, "Bob", 2, patients.Prescription())
    return Moved(api, unit, api.sign_in(Role.NEPHROLOGIST, 1), api.sign_in(Role.NEPHROLOGIST, 2), 1, bob)


@pytest.fixture(params=[of_two_teams, of_two_clinics])
def moved(api: Api, request: pytest.FixtureRequest) -> Moved:
    make: Callable[[Api], Moved] = request.param
    return make(api)


@pytest.fixture(params=["both walls", "the second alone"])
def walls(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    def tear_down() -> None:
        if request.param != "both walls":
            monkeypatch.setattr(Scope, "sees", lambda *_: True)

    return tear_down


def listed(client: httpx.Client, state: str) -> dict[str, Any]:
    return {one["alert_id"]: one for one in client.get("/api/alerts", params={"state": state}).json()["alerts"]}


def test_a_latched_alert_stays_whose_it_was(moved: Moved, walls: Callable[[], None]) -> None:
    alert = moved.found(BEFORE, "Ann's pressure fell")
    moved.found(BEFORE, "cleared", LATCHED, int(alert))
    moved.move()
    walls()
    for way in (f"/api/alerts/{alert}", f"/api/alerts/{alert}/before"):
        assert moved.new.get(way).status_code == 404, way
        assert moved.old.get(way).status_code == 200, way
    shelve = {"kind": "timed", "minutes": 5, "reason": "because of a test"}
    assert moved.new.post(f"/api/alerts/{alert}/acknowledge", json={}).status_code == 404
    assert moved.new.post(f"/api/alerts/{alert}/shelve", json=shelve).status_code == 404
    many = moved.new.post("/api/low-alerts/acknowledge", json={"alert_ids": [alert]}).json()
    assert [one["outcome"] for one in many["outcomes"]] == ["unknown"]
    for state in ("open", "recent"):
        assert alert not in listed(moved.new, state)
        assert listed(moved.old, state)[alert]["reason"] == "Ann's pressure fell"
    told = moved.old.get(f"/api/alerts/{alert}").json()
    assert [event["reason"] for event in told["events"]] == ["Ann's pressure fell", "cleared"]
    done = moved.old.post(f"/api/alerts/{alert}/acknowledge", json={})
    assert (done.status_code, done.json()["alert"]["state"]) == (200, "normal")


def test_what_lasts_is_told_without_what_was_found_of_another(moved: Moved, walls: Callable[[], None]) -> None:
    alert = moved.found(BEFORE, "Ann's pressure fell")
    moved.move()
    walls()
    told = moved.new.get(f"/api/alerts/{alert}")
    assert told.status_code == 200, "nobody must miss what lasts now"
    assert "Ann" not in told.text
    assert (told.json()["alert"]["inputs"], told.json()["alert"]["limits"], told.json()["events"]) == ({}, {}, [])
    for state in ("open", "recent"):
        assert "Ann" not in str(listed(moved.new, state)[alert])
        assert listed(moved.old, state)[alert]["reason"] == "Ann's pressure fell"
    done = moved.new.post(f"/api/alerts/{alert}/acknowledge", json={})
    assert (done.status_code, done.json()["outcome"], "Ann" in done.text) == (200, "acknowledged", False)
    assert moved.old.get(f"/api/alerts/{alert}").json()["alert"]["reason"] == "Ann's pressure fell"


def test_what_is_found_anew_is_of_whom_the_unit_serves_then(moved: Moved, walls: Callable[[], None]) -> None:
    alert = moved.found(BEFORE, "Ann's pressure fell")
    moved.found(BEFORE, "cleared", LATCHED, int(alert))
    moved.move()
    moved.found(AFTER, "Bob's pressure fell", alert_id=int(alert))
    walls()
    told = moved.new.get(f"/api/alerts/{alert}").json()
    assert told["alert"]["reason"] == "Bob's pressure fell"
    assert [event["reason"] for event in told["events"]] == ["Bob's pressure fell"]
    assert moved.old.get(f"/api/alerts/{alert}").status_code == 404
    assert alert not in listed(moved.old, "recent")


def test_readings_are_cut_to_those_of_whom_is_seen(moved: Moved, walls: Callable[[], None]) -> None:
    store_readings(moved.api, moved.unit, [(float(second), 100.0 + second) for second in range(60)])
    moved.move()
    walls()
    new = moved.new.get("/api/units/u-1/readings", params=window()).json()
    assert new["series"]["venous_pressure"]["max"] == [None, None, None, 139.0, 149.0, 159.0]
    old = moved.old.get("/api/units/u-1/readings", params=window()).json()
    assert old["series"]["venous_pressure"]["max"] == [109.0, 119.0, 129.0, None, None, None]


def test_what_is_cut_is_a_gap_that_says_so(moved: Moved) -> None:
    store_readings(moved.api, moved.unit, [(float(second), 100.0) for second in range(60)])
    moved.move()
    (gap,) = moved.new.get("/api/units/u-1/readings", params=window()).json()["gaps"]
    assert (gap["reason"], gap["start"], gap["end"]) == ("another patient", us(START) / 1e6, us(START) / 1e6 + 30)
    earlier = window(start=(START - timedelta(minutes=2)).isoformat(), end=START.isoformat())
    assert moved.old.get("/api/units/u-1/readings", params=earlier).status_code == 200
    later = window(start=AFTER.isoformat(), end=(AFTER + timedelta(minutes=1)).isoformat())
    assert moved.old.get("/api/units/u-1/readings", params=later).status_code == 404


def test_a_look_is_noted_of_whom_it_was_at(moved: Moved) -> None:
    store_readings(moved.api, moved.unit, [(float(second), 100.0) for second in range(60)])
    alert = moved.found(BEFORE, "Ann's pressure fell")
    moved.move()
    for client in (moved.old, moved.new):
        client.get("/api/units/u-1/readings", params=window())
        client.get(f"/api/alerts/{alert}")
    expected = ["look at alerts", "look at history"]
    until(lambda: moved.looks(moved.ann) == moved.looks(moved.bob) == expected)
    with moved.api.database() as conn:
        ((whose,),) = conn.execute(
            """SELECT count(DISTINCT (e.actor, p.patient_id)) FROM audit_event AS e
               JOIN audit_patient AS p USING (event_id) WHERE e.action LIKE 'look at %'"""
        ).fetchall()
    assert whose == 2, "each of them has looked at their own"
    moved.old.post(f"/api/alerts/{alert}/acknowledge", json={})
    with moved.api.database() as conn:
        found = conn.execute(
            "SELECT p.patient_id FROM audit_event JOIN audit_patient AS p USING (event_id) WHERE subject = %s",
            [f"alert:{alert}"],
        )
        assert found.fetchall() == [(moved.ann,)]


def test_a_notice_follows_its_alerts(moved: Moved, walls: Callable[[], None]) -> None:
    alert = moved.found(BEFORE, "Ann's pressure fell")
    Notifier(moved.api).settle()
    (notice,) = [one["notice_id"] for one in moved.old.get("/api/notices").json()["notices"]]
    moved.move()
    told = moved.new.get(f"/api/notices/{notice}")
    assert told.status_code == 200, "what lasts is to be answered"
    assert "Ann" not in told.text
    moved.found(BEFORE, "cleared", LATCHED, int(alert))
    walls()
    assert moved.new.get(f"/api/notices/{notice}").status_code == 404
    assert moved.new.post(f"/api/notices/{notice}/{Move.ACCEPT}", json={}).status_code == 404
    assert [one["notice_id"] for one in moved.new.get("/api/notices?state=recent").json()["notices"]] == []
    assert moved.old.get(f"/api/notices/{notice}").status_code == 200


def test_open_screens_are_told_what_is_theirs(moved: Moved) -> None:
    latched = moved.found(BEFORE, "Ann's pressure fell")
    moved.found(BEFORE, "cleared", LATCHED, int(latched))
    moved.move()
    lasting = moved.found(BEFORE, "Ann's bag is empty")
    screen = moved.api.open_socket(moved.new)
    seen = {one["alert_id"]: one for one in screen.subscribe()["alerts"]}
    assert latched not in seen
    # The room may hear of it after the store answers for it; what is over by then is told to nobody it is not about.
    if lasting not in seen:
        seen[lasting] = screen.next("alert", where=lambda told: told["alert"]["alert_id"] == lasting)["alert"]
    assert "Ann" not in str(seen[lasting])
    moved.found(BEFORE, "cleared", LATCHED, int(lasting))
    until(lambda: str((told := screen.next("alert")["alert"])["alert_id"]) == lasting and told["state"] == "normal")
