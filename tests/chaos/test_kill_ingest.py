"""Ingest killed with SIGKILL thirty times, half of them between a commit and its acknowledgement; broker and database
three times each. Afterwards the store equals the simulators' own truth: nothing lost, nothing twice.

Acknowledgements wait for up to two seconds to be told together, so a kill at the moment a commit can be seen leaves
rows that are stored and whose senders do not know. That it did is shown from outside, by a listener on the homes'
topics: such a row was in the database and had not been acknowledged when ingest died, and was acknowledged by a later
ingest. Only a message that came again is ever acknowledged.

The short form runs in the suite; `./run chaos` sets HOMEHD_CHAOS=long for all the kills.
"""

from __future__ import annotations

import json
import os
import random
import threading
import time
from collections import Counter
from pathlib import Path
from urllib.request import ProxyHandler, build_opener

import numpy as np
import paho.mqtt.client as mqtt
import pytest

from homehd.brokers import free_port
from simulators.fleet import Fleet, FleetOptions
from store import pool, registry
from store.pool import Connection
from telemetry import topics, wire
from telemetry.clock import SystemClock
from telemetry.signals import BY_NAME
from tests.chaos.faults import check_home, kill_broker, kill_database, pause, stop_machine_between_polls
from tests.system import System, wait_for

LONG = os.environ.get("HOMEHD_CHAOS") == "long"
pytestmark = [pytest.mark.chaos, pytest.mark.timeout(1500 if LONG else 240)]

AT_RANDOM, AFTER_COMMIT = (15, 15) if LONG else (1, 2)
OTHERS = 3 if LONG else 1  # kills of the broker, and of the database
HOMES, FLEET, HZ = (2, 20, 2.0) if LONG else (1, 8, 2.0)
LOAD_S = 260.0 if LONG else 10.0
POLL_S = 0.5

Row = tuple[str, str, int]
"""Unit, epoch, seq."""
STORED = "SELECT sum(upper(r) - lower(r)) FROM received, unnest(seqs) AS r"
HELD = "SELECT name, epoch, lower(r), upper(r) FROM received JOIN unit USING (unit_id), unnest(seqs) AS r"


class Listener:
    """Hears every acknowledgement on its way down, and in which life of ingest it came."""

    def __init__(self, system: System) -> None:
        self.life = 0
        self.told: dict[Row, int] = {}  # the latest life that acknowledged it
        self._lock = threading.Lock()
        self._client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
        self._client.reconnect_delay_set(1, 1)
        self._client.on_connect = lambda client, *_: client.subscribe("hhd/1/+/+/down", 0)
        self._client.on_message = self._hear
        self._client.connect("127.0.0.1", system.broker.port)
        self._client.loop_start()

    def _hear(self, _client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        ack = wire.decode_ack(bytes(message.payload))
        unit = topics.parse_home(message.topic).unit
        with self._lock:
            for first, last in ack.ranges:
                self.told.update(((unit, ack.epoch, seq), self.life) for seq in range(first, last + 1))

    def untold(self, rows: set[Row]) -> set[Row]:
        """Those of these rows that have never been acknowledged, in a life that is over, which ends here."""
        pause.wait(0.5)  # what a dead ingest had still handed to the broker arrives
        with self._lock:
            self.life += 1
            return rows - self.told.keys()

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


class Killer:
    """Kills ingest, at random or between a commit and its acknowledgement, and starts it again."""

    def __init__(self, system: System, listener: Listener, chance: random.Random) -> None:
        self._system, self._listener, self._chance = system, listener, chance
        self.untold: list[tuple[int, set[Row]]] = []  # per kill after a commit: the next life, and what was not told

    def at_random(self) -> None:
        pause.wait(self._chance.uniform(0.0, 3.0))
        self._kill()

    def after_commit(self) -> None:
        with pool.connect(self._system.database.url) as conn:
            # From now on, not from before it was started: ingest is there, and this very commit is its own.
            before, deadline = count(conn), time.monotonic() + 40
            while count(conn) == before:
                # One that finds the database or the broker still starting says so and ends: it is started again.
                self._system.ingest.keep_running(time.monotonic())
                assert time.monotonic() < deadline, f"no commit within 40 s\n{self._system.explain()}"
            untold = self._kill()
        self.untold.append((self._listener.life, untold))

    def _kill(self) -> set[Row]:
        self._system.ingest.kill()
        with pool.connect(self._system.database.url) as conn:
            untold = self._listener.untold(held(conn))
        self._system.ingest.start()
        return untold


def count(conn: Connection) -> int:
    (rows,) = conn.execute(STORED).fetchone() or (0,)
    return int(rows or 0)


def held(conn: Connection) -> set[Row]:
    """Everything `received` says is stored."""
    found = conn.execute(HELD).fetchall()
    return {(unit, epoch, seq) for unit, epoch, first, end in found for seq in range(first, end)}


def provision(system: System) -> tuple[tuple[str, int], ...]:
    with pool.connect(system.database.url) as conn, pool.transaction(conn):
        units = [registry.add_unit(conn, f"Fleet {n}", "Fleet", time.time_ns() // 1000) for n in range(FLEET)]
    return tuple((unit.name, unit.shard) for unit in units)


def counted(port: int, outcome: str) -> float:
    """How many rows this life of ingest has counted so."""
    with build_opener(ProxyHandler({})).open(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    name = f'homehd_ingest_rows_total{{outcome="{outcome}"}}'
    return sum(float(line.split()[-1]) for line in lines if line.startswith(name))


def check_fleet(system: System, truth: Path) -> int:
    """Every row the fleet wrote down is stored exactly once, value for value, and no other; how many."""
    with pool.connect(system.database.url) as conn:
        cursor = conn.execute("SELECT name AS unit, r.* FROM reading AS r JOIN unit USING (unit_id)")
        names = [column.name for column in cursor.description or ()]
        rows = [dict(zip(names, row, strict=True)) for row in cursor]
    shown = [json.loads(line) for line in truth.read_text().splitlines()]
    epochs = {entry["epoch"] for entry in shown}
    stored = [row for row in rows if row["epoch"] in epochs]
    times_stored = Counter((row["unit"], row["epoch"], row["seq"]) for row in stored)
    assert times_stored == Counter((entry["unit"], entry["epoch"], entry["seq"]) for entry in shown)
    by_key = {(row["unit"], row["seq"]): row for row in stored}
    for entry in shown:
        row = by_key[entry["unit"], entry["seq"]]
        values = {name: float(row[name]) for name in BY_NAME if row.get(name) is not None}
        expected = {name: float(np.float32(value)) for name, value in entry["readings"].items()}
        assert values == pytest.approx(expected, rel=1e-6)
    return len(shown)


def test_thirty_kills_of_ingest_lose_nothing_and_double_nothing(system: System, tmp_path: Path) -> None:
    chance = random.Random(30)
    port = free_port()
    (tmp_path / "ingest.toml").write_text(f"ingest_health_port = {port}\n")
    system.ingest = system.child("ingest", "ingest", "--config", str(tmp_path / "ingest.toml"))
    homes = [system.add_home(number, poll_s=POLL_S) for number in range(HOMES)]
    units = provision(system)
    system.ingest.start()
    for home in homes:
        home.machine.start()
        home.agent.start()
    wait_for("first rows", lambda: all(len(system.stored(home)) > 3 for home in homes), 40, system)

    results: list[dict[str, object]] = []
    truth = tmp_path / "fleet.jsonl"
    options = FleetOptions(system.broker.url, units, HZ, LOAD_S, truth=truth, grace_s=120.0, resend_s=2.0)
    load = threading.Thread(target=lambda: results.append(Fleet(options, SystemClock()).run(threading.Event())))
    load.start()
    wait_for("the load", lambda: truth.exists() and truth.stat().st_size > 0, 30, system)
    listener = Listener(system)
    killer = Killer(system, listener, chance)
    faults = [killer.at_random] * AT_RANDOM + [killer.after_commit] * (AFTER_COMMIT - 1)
    faults += [lambda: kill_broker(system), lambda: kill_database(system)] * OTHERS
    chance.shuffle(faults)
    try:
        for fault in (*faults, killer.after_commit):
            fault()
        load.join()
        for home in homes:
            stop_machine_between_polls(home)
        wait_for("the backlog", lambda: all(len(system.stored(h)) >= len(h.truth) for h in homes), 120, system)
        # One that died unheard was waited for by its sender, sent again, and told by a later life.
        again = [{row for row in untold if listener.told.get(row, -1) >= life} for life, untold in killer.untold]
        assert len(again) == AFTER_COMMIT
        assert all(again), "each of these kills came after a commit and before its acknowledgement"
        # The last life began with the last of them: it has counted all that came again.
        duplicates = counted(port, "duplicate")
        assert duplicates >= len(again[-1])
        assert counted(port, "conflict") == 0
    finally:
        load.join()
        listener.close()
    assert results[0]["ok"] is True
    assert results[0]["resent"] >= len({r for rows in again for r in rows if r[0] in dict(units)})  # type: ignore[operator]
    rows = check_fleet(system, truth)
    for home in homes:
        check_home(system, home)
    print(
        f"\n{system.broker.kind}: ingest killed {AT_RANDOM + AFTER_COMMIT} times, broker and database {OTHERS} each;"
        f" {rows} rows of the fleet and {sum(len(h.truth) for h in homes)} of agents, 0 lost, 0 twice;"
        f" {sum(map(len, again))} rows were committed, not told, and came again ({[len(rows) for rows in again]});"
        f" the fleet sent {results[0]['resent']} again; {duplicates:.0f} duplicates in the last life"
    )
