"""`/ws` on a real server: who gets in, what is told, when it ends."""

from __future__ import annotations

import json
from contextlib import ExitStack, suppress
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from clinician_api.access import Role
from clinician_api.live import feeds
from clinician_api.routes.live import EXPECTED
from clinician_api.settings import ApiOptions
from store import accounts
from telemetry.alarms import ConditionState
from telemetry.clock import SystemClock
from telemetry.messages import LiveReading
from tests.clinician_api.conftest import Api, start_api, until


def now_us() -> int:
    return SystemClock().now_us()


def reading(unit: str, seq: int, **fields: Any) -> LiveReading:
    now = now_us()
    row: dict[str, Any] = {
        "unit": unit, "time_us": now, "received_us": now, "seq": seq, "phase": 3, "flags": 1, "invalid": 0,
        "values": {3: 120.0 + seq},
    }  # fmt: skip
    return LiveReading(**{**row, **fields})


def refused(api: Api, client: Any, origin: str | None) -> int:
    with pytest.raises(InvalidStatus) as caught:
        api.open_socket(client, origin)
    return caught.value.response.status_code


def test_a_foreign_origin_is_refused_before_accept(api: Api) -> None:
    client = api.sign_in()
    for origin in ("https://evil.example", "null", None, "http://127.0.0.1", "http://127.0.0.1:1/x"):
        assert refused(api, client, origin) == 403


def test_without_a_session_it_is_refused_before_accept(api: Api) -> None:
    assert refused(api, None, api.url) == 403
    stranger = api.client()
    stranger.cookies.set("homehd_session", "made-up")
    assert refused(api, stranger, api.url) == 403


def test_snapshot_first_then_what_changes(api: Api) -> None:
    api.add_unit("u-1", "Clinic 1", "Ada Example")
    socket = api.open_socket(api.sign_in())
    snapshot = socket.subscribe()
    assert [unit["unit"] for unit in snapshot["units"]] == ["u-1"]
    assert snapshot["units"][0]["patient"] == {"name": "Ada Example"}
    assert snapshot["units"][0]["reading"] is None
    api.do(lambda services: services.room.put_reading(reading("u-1", 7)))
    told = socket.next("readings")["readings"]
    assert [(r["unit"], r["seq"], r["values"], r["phase"]) for r in told] == [
        ("u-1", 7, {"venous_pressure": 127.0}, "TX")
    ]
    assert 0 <= told[0]["age_s"] < 30


def test_a_heartbeat_comes_although_nothing_happens(api: Api) -> None:
    socket = api.open_socket(api.sign_in())
    socket.subscribe()
    first, second = socket.next("status"), socket.next("status")
    assert first["server_time"] < second["server_time"]
    assert second["ingest"]["alive"] is False
    assert second["live_feed"]["alive"] is False


def test_only_the_units_asked_for(api: Api) -> None:
    for name in ("u-1", "u-2", "u-3"):
        api.add_unit(name, "Clinic 1")
    socket = api.open_socket(api.sign_in())
    assert [u["unit"] for u in socket.subscribe(["u-2", "not-there"])["units"]] == ["u-2"]
    api.do(lambda services: [services.room.put_reading(reading(f"u-{n}", 1)) for n in (1, 2, 3)])
    assert [r["unit"] for r in socket.next("readings")["readings"]] == ["u-2"]
    assert [u["unit"] for u in socket.subscribe("all")["units"]] == ["u-1", "u-2", "u-3"]


def test_another_clinic_is_not_there(api: Api) -> None:
    api.add_unit("u-1", "Clinic 1", "Ada Example")
    unit = api.add_unit("u-2", "Clinic 2", "Bo Example")
    socket = api.open_socket(api.sign_in(clinic=1))
    assert [u["unit"] for u in socket.subscribe()["units"]] == ["u-1"]
    assert socket.subscribe(["u-2"])["units"] == []
    socket.subscribe()
    api.raise_alert(unit)
    api.do(lambda services: [services.room.put_reading(reading(f"u-{n}", 1)) for n in (1, 2)])
    seen = [json.loads(socket.connection.recv(timeout=5)) for _ in range(3)]
    assert "u-2" not in json.dumps(seen)
    assert "Bo Example" not in json.dumps(seen)


def test_an_alert_is_told_when_it_is_recorded(options: ApiOptions, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "SYNC_S", 3600.0)  # nothing is found by looking
    with ExitStack() as stack:
        alert_is_told_when_it_is_recorded(start_api(stack, options))


def alert_is_told_when_it_is_recorded(api: Api) -> None:
    until(lambda: api.do(lambda services: services.room.is_alive("alert_feed")))
    unit = api.add_unit("u-1", "Clinic 1")
    socket = api.open_socket(api.sign_in())
    socket.subscribe()
    alert_id = api.raise_alert(unit)
    alert = socket.next("alert")["alert"]
    assert (alert["alert_id"], alert["unit"], alert["state"]) == (alert_id, "u-1", "active, unacknowledged")
    assert alert["inputs"] == {"venous_pressure": 12.0}
    assert alert["limits"] == {"venous_pressure": 20.0}
    assert [a["alert_id"] for a in socket.subscribe()["alerts"]] == [alert_id]
    api.raise_alert(unit, ConditionState.NORMAL, alert_id=int(alert_id))
    assert socket.next("alert")["alert"]["state"] == "normal"
    assert socket.subscribe()["alerts"] == []


def test_signing_out_closes_the_socket(api: Api) -> None:
    client, other = api.sign_in(name="A"), api.sign_in(name="B")
    socket, kept = api.open_socket(client), api.open_socket(other)
    socket.subscribe()
    kept.subscribe()
    assert client.delete("/api/session").status_code == 204
    assert socket.closed() == (1008, "signed out")
    kept.next("status")


def test_a_disabled_account_loses_its_socket(api: Api) -> None:
    client = api.sign_in()
    socket = api.open_socket(client)
    socket.subscribe()
    with api.database() as conn:
        user = next(a for a in accounts.list_users(conn) if a.email == api.account(Role.NEPHROLOGIST, 1))
        accounts.disable_user(conn, user.user_id, now_us())
    assert socket.closed() == (1008, "session ended")
    assert client.get("/api/session").status_code == 401


def test_a_changed_role_or_clinic_closes_the_socket(api: Api) -> None:
    for name, change in (("A", "role = 'technician'"), ("B", "clinic_id = 2")):
        socket = api.open_socket(api.sign_in(name=name))
        socket.subscribe()
        with api.database() as conn:
            conn.execute(f"UPDATE user_account SET {change} WHERE name = '{name}'")
        assert socket.closed() == (1008, "session ended")


NO_MESSAGES: list[str | bytes] = [
    "{", "[]", "null", "1", '"all"', '{"subscribe": {}}', '{"subscribe": {"units": "some"}}', b"\x00\xff",
    '{"subscribe": {"units": ["../x"]}}', '{"subscribe": {"units": "all"}, "more": 1}', "\u202e" * 100,
    '{"subscribe": {"units": ' + "[" * 5000 + "]" * 5000 + "}}",
]  # fmt: skip


def test_a_message_that_is_none_closes_with_the_reason(api: Api) -> None:
    client = api.sign_in()
    for message in NO_MESSAGES:
        socket = api.open_socket(client)
        socket.say(message)
        assert socket.closed() == (
            1008, EXPECTED,
        )  # fmt: skip


def test_a_huge_message_is_not_read(api: Api) -> None:
    socket = api.open_socket(api.sign_in())
    socket.say("x" * 100_000)
    assert socket.closed()[0] == 1009


def test_a_client_that_resubscribes_in_a_loop_is_closed(api: Api) -> None:
    socket = api.open_socket(api.sign_in())
    with suppress(ConnectionClosed):  # it may be shown the door while it still talks
        for _ in range(50):
            socket.say({"subscribe": {"units": "all"}})
    assert socket.closed() == (1008, "more than 10 messages in 10 s")


def test_a_screen_says_whose_values_it_shows_as_often_as_its_page_changes(api: Api) -> None:
    for unit in ("u-1", "u-2"):
        api.add_unit(unit, "Clinic 1", f"Patient of {unit}")
    socket = api.open_socket(api.sign_in())
    socket.subscribe()
    for _ in range(15):
        socket.say({"watch": "all"})
    socket.say({"watch": ["u-2"]})

    def told(seq: int) -> list[str]:
        api.do(lambda services: [services.room.put_reading(reading(unit, seq)) for unit in ("u-1", "u-2")])
        return [one["unit"] for one in socket.next("readings")["readings"]]

    # What was put before the server had heard of it may still be of both.
    assert any(told(seq) == ["u-2"] for seq in range(1, 50))
    socket.say({"watch": "all"})
    found = socket.next("readings", 5.0, lambda one: len(one["readings"]) == 2)
    assert [one["unit"] for one in found["readings"]] == ["u-1", "u-2"]


def test_a_session_has_a_limited_number_of_sockets(api: Api) -> None:
    client = api.sign_in()
    for _ in range(30):
        api.open_socket(client)
    assert refused(api, client, api.url) == 403


def test_texts_of_devices_and_people_come_as_data(api: Api) -> None:
    nasty = "<img src=x onerror=alert(1)>\u202e\r\nSet-Cookie: a=b"
    unit = api.add_unit("u-1", "Clinic 1", patient=nasty, label=nasty)
    client = api.sign_in()
    socket = api.open_socket(client)
    snapshot = socket.subscribe()
    assert snapshot["units"][0]["label"] == nasty
    assert snapshot["units"][0]["patient"] == {"name": nasty}
    api.raise_alert(unit, reason=nasty)
    assert socket.next("alert")["alert"]["reason"] == nasty
    answer = client.get("/api/units")
    assert answer.headers["content-type"] == "application/json"
    assert "a=b" not in str(answer.headers)
    assert answer.json()["units"][0]["label"] == nasty
