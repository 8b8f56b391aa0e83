"""A database that can be stopped and started, and live frames as ingest sends them meanwhile."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from clinician_api.live import feeds
from clinician_api.settings import ApiOptions
from homehd.brokers import Broker
from store import alert_log, embedded, heartbeat, migrate, pool
from store.alert_log import AlertEventRow
from store.embedded import EmbeddedDatabase
from store.errors import StoreError, translate
from store.registry import Unit
from telemetry import topics, wire
from telemetry.alarms import ConditionState, Priority
from telemetry.clock import SystemClock
from telemetry.messages import LiveFrame, LiveReading, UnsavedAlert
from telemetry.signals import BY_NAME
from tests import scratch
from tests.clinician_api.builders import unsaved_alert
from tests.clinician_api.conftest import Api, start_api, until


def now_us() -> int:
    return SystemClock().now_us()


class Ingest:
    """Five times a second a frame of a shard with its units' readings; in an outage with what could not be saved."""

    def __init__(self, broker: Broker, database_url: str, shard: int = 5) -> None:
        self.units: list[str] = []
        self.values = {"arterial_pressure": -120.0, "venous_pressure": 120.0}
        self.since_us = 0
        self.unsaved: list[UnsavedAlert] = []
        self.speaks = True
        self._shard, self._url, self._seq = shard, database_url, 0
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="ingest")
        self._client.connect("127.0.0.1", broker.port)
        self._client.loop_start()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ingest of the test")
        self._thread.start()

    def fail(self, *unsaved: UnsavedAlert) -> None:
        """From now on nothing can be saved, and this has changed."""
        self.unsaved = list(unsaved)
        self.since_us = self.since_us or now_us()

    def recover(self) -> None:
        """All is saved."""
        self.since_us, self.unsaved = 0, []

    def close(self) -> None:
        self._stop.set()
        self._thread.join()
        self._client.disconnect()
        self._client.loop_stop()

    def _run(self) -> None:
        while not self._stop.wait(0.2):
            if self.speaks:
                self._client.publish(topics.live(self._shard), wire.encode(self._frame())).wait_for_publish(5)
            if not self.since_us:
                # As in ingest, one that cannot be written is written with the next.
                with suppress(StoreError), pool.connect(self._url) as conn, translate("beat"):
                    heartbeat.beat(conn, "ingest", "i-1", now_us(), {"shards": 64})

    def _frame(self) -> LiveFrame:
        self._seq += 1
        at = now_us()
        values = {BY_NAME[name].number: value for name, value in self.values.items()}
        readings = [LiveReading(unit, at, at, self._seq, 3, 1, 0, values) for unit in self.units]
        return LiveFrame(1, at, readings, [], self.since_us, self.unsaved if self.since_us else [])


def unsaved_now(unit: str, rule: str = "R07", **fields: Any) -> UnsavedAlert:
    """An unsaved alert that began a moment ago."""
    at = now_us()
    return unsaved_alert(unit, rule, **{"since_us": at, "time_us": at, **fields})


@dataclass
class Outage:
    """A running API, what it hears, and the database under it."""

    api: Api
    ingest: Ingest
    database: EmbeddedDatabase
    units: dict[str, Unit]

    def stop_database(self) -> None:
        """As `pg_ctl stop -m immediate` does."""
        pid = self.database.pid()
        assert pid is not None
        os.kill(pid, signal.SIGQUIT)
        until(lambda: self.database.pid() is None)

    def start_database(self) -> None:
        self.database.ensure_running()

    def save(self, unit: str, rule: str, reason: str) -> str:
        """What ingest does once it can: put on record what was shown as not saved. The alert's id."""
        with self.api.database() as conn, pool.transaction(conn):
            (number,) = alert_log.reserve_ids(conn, 1)
            state, unit_id = ConditionState.ACTIVE_UNACKNOWLEDGED, self.units[unit].unit_id
            row = AlertEventRow(number, unit_id, rule, "1.0.0", Priority.HIGH, state, now_us(), reason, {}, {})
            alert_log.append(conn, [row], now_us())
        return str(number)


@contextmanager
def outage(folder: Path, options: ApiOptions, monkeypatch: pytest.MonkeyPatch) -> Iterator[Outage]:
    """Everything well, with u-1 (Ada Example) of clinic 1 and u-2 of clinic 2 heard; and less patience than usual."""
    for name, seconds in (("LIVE_LIMIT_S", 1.5), ("SYNC_S", 0.3), ("WATCH_S", 0.1), ("RETRY_S", 0.2)):
        monkeypatch.setattr(feeds, name, seconds)
    monkeypatch.setattr(pool, "open_pool", partial(pool.open_pool, wait_s=1.0))
    with ExitStack() as stack:
        database = stack.enter_context(embedded.start(stack.enter_context(scratch.folder("outage"))))
        migrate.migrate(database.url)
        broker = Broker("nats", folder / "broker")
        broker.start()
        stack.callback(broker.stop)
        ingest = Ingest(broker, database.url)
        stack.callback(ingest.close)
        own = {"database_url": database.url, "broker_url": broker.url}
        api = start_api(stack, msgspec.structs.replace(options, **own))
        units = {
            "u-1": api.add_unit("u-1", "Clinic 1", "Ada Example"),
            "u-2": api.add_unit("u-2", "Clinic 2", "Bo Example"),
        }
        ingest.units = list(units)
        until(lambda: api.do(lambda services: services.room.all_alive()))
        yield Outage(api, ingest, database, units)
