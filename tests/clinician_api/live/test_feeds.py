"""What keeps the room true: real database, real broker, and each of them lost."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import msgspec
import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from websockets.exceptions import InvalidStatus

from clinician_api.access import Role
from clinician_api.live import feeds
from clinician_api.live.feeds import not_from_the_future
from clinician_api.live.room import Room
from clinician_api.live.views import age_s
from clinician_api.settings import ApiOptions
from homehd.brokers import Broker
from ingest.live import HEARTBEAT_S
from ingest.operations_alarm import AFTER_S
from ingest.session import ANSWER_S
from store import heartbeat, pool, unit_status
from store.unit_status import StatusRow
from telemetry import topics, wire
from telemetry.clock import SystemClock
from telemetry.messages import LiveFrame, LiveReading, MachineLink, Status
from tests.clinician_api.builders import NOW, SECOND, entry, live_reading
from tests.clinician_api.conftest import Api, start_api, until
from tests.clinician_api.routes.test_history import START, store_readings
from tests.store.valve import valve

Publish = Callable[[LiveFrame], None]


def now_us() -> int:
    return SystemClock().now_us()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    running = Broker("nats", tmp_path / "broker")
    running.start()
    yield running
    running.stop()


@pytest.fixture
def connected(options: ApiOptions, broker: Broker, monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    """An API with a broker, and less patience."""
    monkeypatch.setattr(feeds, "LIVE_LIMIT_S", 1.0)
    monkeypatch.setattr(feeds, "INGEST_LIMIT_S", 1.5)
    monkeypatch.setattr(feeds, "SYNC_S", 0.3)
    monkeypatch.setattr(feeds, "RETRY_S", 0.2)
    monkeypatch.setattr(feeds, "WATCH_S", 0.1)
    with ExitStack() as stack:
        yield start_api(stack, msgspec.structs.replace(options, broker_url=broker.url))


class Ingest:
    """What ingest does for the API: frames, and a heartbeat in each of the two places."""

    def __init__(self, api: Api, broker: Broker) -> None:
        self._api = api
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="ingest")
        self._client.connect("127.0.0.1", broker.port)
        self._client.loop_start()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._beat)
        self._thread.start()

    def publish(self, *readings: LiveReading, statuses: tuple[Status, ...] = ()) -> None:
        payload = wire.encode(LiveFrame(1, now_us(), list(readings), list(statuses)))
        self._client.publish(topics.live(5), payload).wait_for_publish(5)

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    def close(self) -> None:
        self.stop()
        self._client.disconnect()
        self._client.loop_stop()

    def _beat(self) -> None:
        with self._api.database() as conn:
            while not self._stop.wait(0.2):
                heartbeat.beat(conn, "ingest", "i-1", now_us(), {"shards": 64})
                self.publish()


@pytest.fixture
def ingest(connected: Api, broker: Broker) -> Iterator[Ingest]:
    running = Ingest(connected, broker)
    yield running
    running.close()


def reading(seq: int) -> LiveReading:
    return LiveReading("u-1", now_us(), now_us(), seq, 3, 1, 0, {3: 120.0})


def test_a_committed_reading_reaches_a_screen_in_well_under_a_second(connected: Api, ingest: Ingest) -> None:
    api = connected
    api.add_unit("u-1", "Clinic 1")
    screen = api.open_socket(api.sign_in())
    screen.subscribe()
    screen.next("status", where=lambda m: m["live_feed"]["alive"] and m["ingest"]["alive"])
    delays = []
    for seq in range(1, 11):
        began = time.monotonic()
        ingest.publish(reading(seq))
        screen.next("readings", where=lambda m, s=seq: m["readings"][0]["seq"] == s)  # type: ignore[misc]
        delays.append(time.monotonic() - began)
    assert statistics.median(delays) < 0.5
    ingest.publish(statuses=(Status(1, "u-1", True, now_us(), machine=MachineLink.CONNECTED, outbox_rows=3),))
    told = screen.next("status", where=lambda m: m["statuses"] != [])["statuses"][0]
    assert (told["unit"], told["machine"], told["outbox_rows"]) == ("u-1", "connected", 3)


def test_when_ingest_dies_every_screen_is_told_and_since_when(connected: Api, ingest: Ingest) -> None:
    api = connected
    screen = api.open_socket(api.sign_in())
    screen.subscribe()
    alive = screen.next("status", where=lambda m: m["ingest"]["alive"] and m["live_feed"]["alive"])
    ingest.stop()
    dead = screen.next("status", where=lambda m: not (m["ingest"]["alive"] or m["live_feed"]["alive"]))
    assert dead["ingest"]["since"] > alive["ingest"]["since"]
    assert api.client().get("/healthz").status_code == 503


def test_without_the_broker_stored_readings_still_come(connected: Api, broker: Broker) -> None:
    api = connected
    unit = api.add_unit("u-1", "Clinic 1")
    broker.kill()
    screen = api.open_socket(api.sign_in())
    screen.subscribe()
    screen.next("status", where=lambda m: not m["live_feed"]["alive"])
    store_readings(api, unit, [(time.time() - START.timestamp(), 133.0)])
    told = screen.next("readings")["readings"][0]
    assert told["values"] == {"venous_pressure": 133.0}
    assert told["age_s"] < 5


def test_what_was_so_before_this_process_is_in_the_first_snapshot(options: ApiOptions) -> None:
    with ExitStack() as stack:
        first = start_api(stack, options)
        unit = first.add_unit("u-1", "Clinic 1", "Ada Example")
        store_readings(first, unit, [(time.time() - START.timestamp() - 60, 99.0)])
        with first.database() as conn, pool.transaction(conn):
            status = Status(1, "u-1", False, now_us(), machine=MachineLink.SILENT)
            unit_status.save(conn, [StatusRow(unit.unit_id, now_us(), status)])
        alert_id = first.raise_alert(unit)
        second = start_api(stack, options)
        view = second.open_socket(second.sign_in(Role.NURSE)).subscribe()
    (shown,) = view["units"]
    assert shown["reading"]["values"] == {"venous_pressure": 99.0}
    assert 59 < shown["reading"]["age_s"] < 70
    assert (shown["status"]["online"], shown["status"]["machine"]) == (False, "silent")
    assert [alert["alert_id"] for alert in view["alerts"]] == [alert_id]


def beat(api: Api, instance: str, **detail: object) -> None:
    with api.database() as conn:
        heartbeat.beat(conn, "ingest", instance, now_us(), detail)


def test_half_an_ingest_is_none(options: ApiOptions, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "SYNC_S", 0.2)
    with ExitStack() as stack:
        api = start_api(stack, options)
        screen = api.open_socket(api.sign_in())
        screen.subscribe()
        beat(api, "i-1", shards=32)
        assert screen.next("status", where=lambda m: m["ingest"]["reason"] == "incomplete")
        beat(api, "i-2", shards=32, silence="not judged")
        assert screen.next("status", where=lambda m: m["ingest"]["reason"] == "silence not judged")
        beat(api, "i-2", shards=32, broker="the subscription was refused")
        assert screen.next("status", where=lambda m: m["ingest"]["reason"] == "broker")
        beat(api, "i-2", shards=32)
        well = screen.next("status", where=lambda m: m["ingest"]["alive"])
        assert well["ingest"]["reason"] is None


def test_a_database_that_stands_still_is_not_taken_for_health(
    options: ApiOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, seconds in (("SYNC_S", 0.2), ("WATCH_S", 0.1), ("RETRY_S", 0.2)):
        monkeypatch.setattr(feeds, name, seconds)
    monkeypatch.setattr(pool, "CHECK_S", 0.3)
    monkeypatch.setattr(pool, "open_pool", partial(pool.open_pool, wait_s=1.0))
    with ExitStack() as stack, valve(options.database_url) as way:
        api = start_api(stack, msgspec.structs.replace(options, database_url=way.url))
        beat(api, "i-1", shards=64)
        client = api.sign_in()
        unit = api.add_unit("u-1", "Clinic 1")
        alert_id = api.raise_alert(unit)
        screen = api.open_socket(client)
        screen.subscribe()
        screen.next("status", where=lambda m: m["ingest"]["alive"] and m["alert_feed"]["alive"])
        way.shut()
        frozen = screen.next("status", where=lambda m: not (m["ingest"]["alive"] or m["alert_feed"]["alive"]))
        assert (frozen["ingest"]["reason"], frozen["alert_feed"]["reason"]) == ("database", "database")
        answers = [
            client.post(f"/api/alerts/{alert_id}/acknowledge", json={}, timeout=30),
            client.post("/api/session", json={"email": "a@example.org", "password": "x"}, timeout=30),
        ]
        assert [answer.status_code for answer in answers] == [503, 503]
        stranger = api.client()
        stranger.cookies.set("homehd_session", "made-up")
        with pytest.raises(InvalidStatus):
            api.open_socket(stranger, open_timeout=30)
        again = api.open_socket(client, open_timeout=30).subscribe()
        assert [alert["alert_id"] for alert in again["alerts"]] == [alert_id], "from memory, for whom was known"
        way.open()
        screen.next("status", where=lambda m: m["alert_feed"]["alive"], timeout=30)


def test_without_the_database_a_socket_is_trusted_for_so_long_and_no_longer(
    options: ApiOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "CHECK_S", 0.3)
    monkeypatch.setattr(pool, "open_pool", partial(pool.open_pool, wait_s=0.5))
    with ExitStack() as stack, valve(options.database_url) as way:
        api = start_api(stack, msgspec.structs.replace(options, database_url=way.url, trust_s=4.0))
        screens = [api.open_socket(api.sign_in(name=name)) for name in ("Nora", "Bo", "Ada")]
        for screen in screens:
            screen.subscribe()
        way.shut()
        shut_s = time.monotonic()
        assert [screen.closed(30) for screen in screens] == [(1008, "session cannot be checked")] * 3
        assert time.monotonic() - shut_s > 3.0, "not at the first question that got no answer"
        way.open()
        assert api.open_socket(api.sign_in(name="Nora"), open_timeout=30).subscribe()["type"] == "snapshot"


def terminate(api: Api, pattern: str) -> int:
    with api.database() as conn:
        row = conn.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name LIKE %s AND pid <> pg_backend_pid()",
            [pattern],
        ).fetchone()
    return int(row[0]) if row else 0


def test_a_lost_listen_is_told_taken_up_again_and_nothing_is_missed(connected: Api) -> None:
    api = connected
    unit = api.add_unit("u-1", "Clinic 1")
    screen = api.open_socket(api.sign_in())
    screen.subscribe()
    until(lambda: api.do(lambda services: services.room.is_alive("alert_feed")))
    assert terminate(api, "homehd alert feed") == 1
    alert_id = api.raise_alert(unit)
    assert screen.next("alert")["alert"]["alert_id"] == alert_id
    screen.next("status", where=lambda m: m["alert_feed"]["alive"])
    second = api.raise_alert(unit)
    assert screen.next("alert")["alert"]["alert_id"] == second


def test_every_database_connection_lost_at_once_is_survived(connected: Api) -> None:
    api = connected
    api.add_unit("u-1", "Clinic 1")
    client = api.sign_in()
    screen = api.open_socket(client)
    screen.subscribe()
    assert terminate(api, "homehd%") >= 2
    until(lambda: client.get("/api/session").status_code == 200)
    assert client.get("/api/units/u-1").status_code == 200
    screen.next("status", where=lambda m: m["alert_feed"]["alive"])
    assert [u["unit"] for u in screen.subscribe()["units"]] == ["u-1"], "the socket was not closed for it"


def test_nothing_is_called_a_standstill_before_ingest_can_say_that_it_goes_on_without_the_database() -> None:
    spoken_s = max(ANSWER_S, AFTER_S) + HEARTBEAT_S  # after its last frame
    assert spoken_s + feeds.WATCH_S < feeds.LIVE_LIMIT_S
    assert max(ANSWER_S, AFTER_S) + feeds.WATCH_S < (feeds.MISSED_SYNCS - 1) * feeds.SYNC_S, "after the last look"


def test_a_reading_stamped_in_the_future_grows_old_and_makes_way() -> None:
    room = Room(NOW)
    room.set_directory([entry()])
    forged = live_reading(time_us=2**63 - 1, received_us=2**63 - 1)
    assert room.put_reading(not_from_the_future(forged, NOW))
    held = room.readings[forged.unit]
    assert age_s(NOW + 60 * SECOND, held.time_us, held.received_us) == 60.0
    assert room.put_reading(not_from_the_future(live_reading(at_s=1.0), NOW + 2 * SECOND))
    assert not_from_the_future(live_reading(), NOW + SECOND) == live_reading(), "an honest one is left as it is"
