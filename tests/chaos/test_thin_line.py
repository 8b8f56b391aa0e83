"""After days without a line: a backlog behind 64 kbit/s drains, and no live alarm waits five seconds for it.

Real agent, Mosquitto, ingest and PostgreSQL; agent and broker meet over a line shaped in both directions. The short
form (an hour and a half of backlog) runs in the suite; `./run chaos` sets HOMEHD_CHAOS=long for three days of it.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

import pytest

from bench import lanes
from edge_agent.acquisition import Record
from edge_agent.outbox import Outbox
from homehd.brokers import find
from protocols.jsdt.encode import encode
from protocols.jsdt.frames import POLL
from protocols.jsdt.profiles import get_profile
from simulators.pty_link import PtyLink
from simulators.scenario import Beginning, build, load_scenario
from store import embedded, migrate, pool, registry
from telemetry.messages import Reading
from telemetry.signals import BY_NAME, CATALOGUE
from tests import scratch
from tests.namespaces import ADDRESS, ThinLine, require_namespaces

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(2400)]

LONG = os.environ.get("HOMEHD_CHAOS") == "long"
OUTAGE_S = 72 * 3600 if LONG else 5400
BITS_PER_S = 64_000
WORST_S = 5.0
ALARM_EVERY_S = 7.0 if LONG else 1.0
HOMEHD = (sys.executable, "-m", "homehd")
PORT = 1883
pause = threading.Event()


@dataclass
class Change:
    """What the machine is to show, and when it first did."""

    alarms: frozenset[str]
    shown_s: float = 0.0
    shown: threading.Event = field(default_factory=threading.Event)


class Machine(threading.Thread):
    """A treatment on a pseudo-terminal that raises and clears an alarm when it is told to."""

    def __init__(self, path: Path) -> None:
        super().__init__(daemon=True)
        self._machine = build(load_scenario("steady"), 1, Beginning(minute=20.0))
        self._profile = get_profile("nikkiso-v2")
        self._link = PtyLink(path)
        self._link.plug_in()
        self._change = Change(frozenset())
        self._over = threading.Event()

    def change(self) -> float:
        """Raise the alarm, or clear it when it stands; gives the time of the first frame that said so."""
        self._change = change = Change(frozenset() if self._change.alarms else frozenset({"venous_pressure"}))
        assert change.shown.wait(10), "nobody polls the machine"
        return change.shown_s

    def run(self) -> None:
        waiting = b""
        while not self._over.wait(0.005):
            waiting += self._link.read()
            if POLL in waiting:
                waiting = b""
                self._answer(self._change)

    def _answer(self, change: Change) -> None:
        self._machine.step(1.0)
        at = time.time()
        self._link.write(encode(self._profile, self._machine.values, change.alarms, phase=self._machine.phase))
        if not change.shown.is_set():
            change.shown_s = at
            change.shown.set()

    def end(self) -> None:
        self._over.set()
        if self.is_alive():
            self.join(5)
        self._link.unplug()


@dataclass
class Seen:
    """What the drain showed."""

    alarms_s: list[float] = field(default_factory=list)  # from the machine's frame to the commit
    ages_s: list[float] = field(default_factory=list)  # of the newest committed reading
    queued: list[int] = field(default_factory=list)  # bytes that waited to leave the home
    took_s: float = 0.0
    bytes_sent: int = 0


class World:
    """A unit in a database, a broker and an ingest in the cloud, a home that has not had a line for long."""

    def __init__(self, folder: Path, closing: ExitStack) -> None:
        self.folder = folder
        self.now_us = time.time_ns() // 1000
        self.chance = Random(1)
        self.home = closing.enter_context(scratch.folder("thin"))
        self.database = closing.enter_context(embedded.start(self.home))
        migrate.migrate(self.database.url)
        self.conn = closing.enter_context(pool.connect(self.database.url))
        with pool.transaction(self.conn):
            self.unit = registry.add_unit(self.conn, "Home", "Test", self.now_us)
        self.machine = Machine(folder / "machine")
        closing.callback(self.machine.end)
        self.line = ThinLine(BITS_PER_S)
        closing.callback(self.line.close)
        self.broker = f"mqtt://{ADDRESS['cloud']}:{PORT}"
        self.environment = {
            "HOMEHD_HOME": str(self.home), "HOMEHD_DATABASE": self.database.url, "HOMEHD_BROKER": self.broker,
        }  # fmt: skip

    def fill(self) -> None:
        """The outbox of an agent that was cut off for so long, until now."""
        outbox = Outbox(self.folder / "outbox.sqlite", now_us=1, max_bytes=1 << 28)
        groups = self.backlog()
        while chunk := [record for group in islice(groups, 500) for record in group]:
            self.last_seq = outbox.append(chunk, "a boot before this one")[-1]
        outbox.close()

    def backlog(self) -> Iterator[list[Record]]:
        """What the agent had kept, in order; the same whenever it is asked for."""
        observations = lanes.shown("tenths", min(OUTAGE_S, lanes.TREATMENT_S))
        return lanes.kept(observations, OUTAGE_S, self.now_us - OUTAGE_S * 1_000_000)

    def start(self) -> None:
        """Broker, ingest, machine; the agent when they are there."""
        config = self.folder / "broker.conf"
        config.write_text(f"user root\nlistener {PORT} {ADDRESS['cloud']}\nallow_anonymous true\n")
        mosquitto = find("mosquitto")
        assert mosquitto is not None
        self.line.start("cloud", [mosquitto, "-c", config], self.folder / "broker.log", {})
        heard = self.folder / "ingest.log"
        self.line.start("cloud", [*HOMEHD, "ingest"], heard, self.environment)
        until(lambda: "ingest ready" in heard.read_text(), "ingest", 30.0)
        self.machine.start()
        (self.folder / "edge.toml").write_text(
            f'unit = "{self.unit.name}"\nshard = {self.unit.shard}\nbroker = "{self.broker}"\nclock = "trusted"\n'
            f'[machine]\nprotocol = "jsdt"\nprofile = "nikkiso-v2"\nport = "{self.folder / "machine"}"\n'
            '[outbox]\npath = "outbox.sqlite"\n'
        )
        self.agent = self.line.start(
            "home", [*HOMEHD, "edge", "--config", self.folder / "edge.toml"], self.folder / "agent.log", {}
        )
        self.started_s = time.time()

    def stop_agent(self) -> dict[str, int]:
        """End the agent in order; what it counted."""
        self.agent.terminate()
        self.agent.wait(20)
        lines = [json.loads(line) for line in (self.folder / "agent.log").read_text().splitlines()]
        figures: dict[str, int]
        (figures,) = [line for line in lines if line["event"] == "agent stopped"]
        return figures

    def ask(self, query: str) -> Any:
        """One value."""
        row = self.conn.execute(query, {"unit": self.unit.unit_id, "start": self.started_s}).fetchone()
        return None if row is None else row[0]

    def has_more_alarms(self, than: int) -> bool:
        """Whether the database has more live alarms, raised and cleared, than so many."""
        return int(self.ask(ALARMS)) > than


@pytest.fixture
def world(mosquitto: None, tmp_path: Path) -> Iterator[World]:
    require_namespaces()
    with ExitStack() as closing:
        yield World(tmp_path, closing)


def test_three_days_of_backlog_drain_over_64_kbit_and_no_live_alarm_waits_five_seconds(world: World) -> None:
    world.fill()
    world.start()
    seen = watch(world)
    figures = world.stop_agent()

    print(
        f"\n{OUTAGE_S} readings and {world.last_seq - OUTAGE_S} events in {seen.took_s:.0f} s,"
        f" {seen.bytes_sent / OUTAGE_S:.1f} bytes a reading on the line, all in all;"
        f" {len(seen.alarms_s)} alarms, median {statistics.median(seen.alarms_s):.2f} s,"
        f" worst {max(seen.alarms_s):.2f} s; newest reading at worst {max(seen.ages_s):.2f} s old;"
        f" {statistics.median(seen.queued):.0f} bytes queued, at most {max(seen.queued)};"
        f" {figures['rows_sent']} rows sent, {figures['rows_settled']} settled"
    )
    assert max(seen.alarms_s) < WORST_S
    assert max(seen.ages_s) < WORST_S
    usually = sorted(seen.queued)[len(seen.queued) * 19 // 20]
    assert usually < 2 * world.line.bytes_per_s, "no more than two seconds of backlog stand in front of an alarm"
    assert len(seen.alarms_s) > 5
    assert figures["rows_sent"] <= 1.01 * figures["rows_settled"], "hardly anything is sent twice"
    check_order(world)
    check_stored(world)


def watch(world: World) -> Seen:
    """Raise alarms until the backlog is stored; note how long each takes, and what else there is to see."""
    seen = Seen()
    until(lambda: world.ask(NEWEST) is not None, "the first live reading", 30.0)
    over = threading.Event()
    sampler = threading.Thread(target=sample_queue, args=(world, seen, over), daemon=True)
    sampler.start()
    began, deadline = time.monotonic(), time.monotonic() + 60 + OUTAGE_S / 150
    try:
        while (stored := world.ask(DRAINED_TO) or 0) <= world.last_seq:
            assert time.monotonic() < deadline, f"stored up to {stored} of {world.last_seq}"
            told = len(seen.alarms_s)
            shown_s = world.machine.change()
            until(partial(world.has_more_alarms, told), f"alarm {told}", 60.0)
            seen.alarms_s.append(time.time() - shown_s)
            seen.ages_s.append(time.time() - float(world.ask(NEWEST)))
            pause.wait(ALARM_EVERY_S * (0.5 + world.chance.random()))
    finally:
        over.set()
        sampler.join()
    seen.took_s = time.monotonic() - began
    seen.bytes_sent = world.line.sent("home")
    return seen


def sample_queue(world: World, seen: Seen, over: threading.Event) -> None:
    while not over.wait(0.2):
        seen.queued.append(world.line.queued("home"))


def until(ready: Callable[[], bool], what: str, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < deadline, f"waited {seconds:.0f} s for {what}"
        pause.wait(0.01)


def check_order(world: World) -> None:
    """Events first, then the readings, oldest first."""
    assert world.ask(READINGS_BEFORE_LAST_EVENT) == 0
    assert world.ask(OUT_OF_ORDER) == 0


def check_stored(world: World) -> None:
    """What is stored is what was kept: every number once, and the values of every 97th reading."""
    ranges = world.conn.execute(RANGES, {"unit": world.unit.unit_id}).fetchall()
    assert len(ranges) == 1, f"a hole in {ranges[:5]}"
    assert world.ask(READINGS) == OUTAGE_S
    names = [signal.name for signal in CATALOGUE]
    stored = world.conn.execute(EVERY_97TH, {"unit": world.unit.unit_id, "start": world.started_s})
    rows = {row[0]: dict(zip(names, row[1:], strict=True)) for row in stored}
    numbered = enumerate((record for group in world.backlog() for record in group), start=1)
    kept = {seq: record for seq, record in numbered if isinstance(record, Reading) and seq % 97 == 0}
    assert rows.keys() == kept.keys() and len(rows) > OUTAGE_S / 110
    for seq, record in kept.items():
        found = {BY_NAME[name].number: value for name, value in rows[seq].items() if value is not None}
        assert found == pytest.approx(record.values, rel=1e-6)


NEWEST = "SELECT extract(epoch FROM max(time)) FROM reading WHERE unit_id = %(unit)s AND time > to_timestamp(%(start)s)"
ALARMS = """
    SELECT count(*) FROM machine_event WHERE unit_id = %(unit)s AND time > to_timestamp(%(start)s) AND kind = 'alarm'
"""
RANGES = "SELECT lower(piece), upper(piece) FROM received, unnest(seqs) AS piece WHERE unit_id = %(unit)s ORDER BY 1"
DRAINED_TO = "SELECT upper(piece) FROM received, unnest(seqs) AS piece WHERE unit_id = %(unit)s AND lower(piece) = 1"
READINGS = "SELECT count(*) FROM reading WHERE unit_id = %(unit)s AND time < to_timestamp(%(start)s)"
READINGS_BEFORE_LAST_EVENT = f"""
    {READINGS} AND received_at < (
        SELECT max(received_at) FROM machine_event WHERE unit_id = %(unit)s AND time < to_timestamp(%(start)s)
    )
"""
OUT_OF_ORDER = """
    SELECT count(*) FROM (
        SELECT received_at < lag(received_at) OVER (ORDER BY seq) AS earlier
        FROM reading WHERE unit_id = %(unit)s AND time < to_timestamp(%(start)s)
    ) AS old WHERE earlier
"""
EVERY_97TH = f"""
    SELECT seq, {", ".join(signal.name for signal in CATALOGUE)} FROM reading
    WHERE unit_id = %(unit)s AND time < to_timestamp(%(start)s) AND seq %% 97 = 0
"""
