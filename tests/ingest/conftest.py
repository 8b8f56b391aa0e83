"""A pipeline on a real database, with the clock in hand."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from alerts import ruleset
from ingest.housekeeping import REVOKED_S
from ingest.inbox import Inbox, Message
from ingest.metrics import Metrics
from ingest.opener import Settings
from ingest.ranges import RangeSet
from ingest.shards import ALL
from ingest.worker import Worker
from store import pool, registry
from store.errors import translate
from store.pool import Connection
from telemetry import wire
from telemetry.clock import ManualClock
from telemetry.messages import Ack, Batch, LiveFrame, Status
from tests.ingest.building import START_US
from tests.secured_broker import wait_for


@dataclass
class Outlet:
    """Remembers what was sent instead of sending it."""

    owned: frozenset[int] = frozenset()
    sent: list[tuple[str, bytes]] = field(default_factory=list)
    trouble: str = ""

    def own(self, shards: frozenset[int]) -> None:
        self.owned = shards

    def publish(self, topic: str, payload: bytes) -> None:
        self.sent.append((topic, payload))

    def acks(self, unit: str) -> list[Ack]:
        return [wire.decode_ack(data) for topic, data in self.sent if topic.endswith(f"/{unit}/down")]

    def acked(self, unit: str) -> list[tuple[int, int]]:
        """All ranges ever acknowledged, of whatever epoch."""
        return RangeSet(piece for ack in self.acks(unit) for piece in ack.ranges).ranges()

    def frames(self) -> list[LiveFrame]:
        return [wire.decode_live(data) for topic, data in self.sent if topic.startswith("live/")]


@dataclass
class Rig:
    """One ingest process without threads: `feed` is what arrived, `turn` is one round of the worker."""

    url: str
    conn: Connection
    clock: ManualClock
    shards: dict[str, int] = field(default_factory=dict)
    outlet: Outlet = field(default_factory=Outlet)

    def __post_init__(self) -> None:
        self.rules = ruleset.load()
        self.inbox = Inbox()
        self.worker = self._new_worker()

    def restart(self) -> None:
        """A new process: everything that was only in memory is gone."""
        self.worker.close()
        # The server lets go of a session's locks a moment after its line is closed; a worker that comes before owns
        # nothing, and agents, who would send again, are not here.
        wait_for(self._all_free)
        self.inbox = Inbox()
        self.worker = self._new_worker()

    def _all_free(self) -> bool:
        held = """SELECT FROM pg_locks JOIN pg_database ON pg_database.oid = database
                  WHERE locktype = 'advisory' AND datname = current_database()"""
        return not self.conn.execute(held).fetchall()

    def _new_worker(self) -> Worker:
        settings = Settings(self.url, ALL, self.rules, "test")
        worker = Worker(settings, self.inbox, self.outlet, self.clock, Metrics())
        worker.open()
        return worker

    def add_unit(self, name: str) -> registry.Unit:
        unit = registry.add_unit(self.conn, name, "North", self.clock.now_us(), name=name)
        self.shards[name] = unit.shard
        return unit

    def message(self, sent: Batch | Status | bytes, unit: str = "u1", direction: str = "up") -> Message:
        """As it would come off the broker a moment after it was sent."""
        payload = sent if isinstance(sent, bytes) else wire.encode(sent)
        name = unit if isinstance(sent, bytes) else sent.unit
        at_us = self.clock.now_us() if isinstance(sent, bytes) else max(sent.sent_us + 20_000, self.clock.now_us())
        return Message(f"hhd/1/{self.shards.get(name, 0)}/{name}/{direction}", payload, at_us)

    def feed(self, *sent: Batch | bytes) -> None:
        """One handful in one cycle; the clock moves on to when it arrived, and acknowledgements are due."""
        self.put([self.message(one) for one in sent])

    def put(self, messages: Sequence[Message]) -> None:
        for message in messages:
            self.inbox.put(message)
        newest_us = max([m.received_us for m in messages], default=0)
        self.clock.advance(max(0.0, (newest_us - self.clock.now_us()) / 1e6))
        self.turn()

    def turn(self) -> None:
        """One round of the worker's loop, in this thread."""
        self.worker.turn(0)

    def step(self) -> None:
        """The same, and losing the database is part of it."""
        self.worker.step(0)

    def arrive(self, *sent: Batch | bytes) -> None:
        """Like `feed`, with the database or without it."""
        messages = [self.message(one) for one in sent]
        for message in messages:
            self.inbox.put(message)
        newest_us = max([m.received_us for m in messages], default=0)
        self.clock.advance(max(0.0, (newest_us - self.clock.now_us()) / 1e6))
        self.step()

    def until_saved(self) -> None:
        """Go on until the worker has a session again."""
        pause = threading.Event()
        for _ in range(1000):
            self.step()
            if self.worker.session is not None:
                return
            pause.wait(0.02)
        pytest.fail("waited in vain for the database to be used again")

    def rows(self, columns: str = "seq", table: str = "reading", where: str = "true") -> list[Any]:
        """Stored rows in order of unit, epoch and seq."""
        order = "unit_id, epoch, seq" if table in ("reading", "machine_event") else "1"
        with translate("test"):
            found = self.conn.execute(f"SELECT {columns} FROM {table} WHERE {where} ORDER BY {order}")
            return [row[0] if len(row) == 1 else row for row in found]

    def held(self) -> list[tuple[int, int]]:
        """The received ranges of every unit and epoch together."""
        pieces = self.conn.execute("SELECT lower(p), upper(p) - 1 FROM received, unnest(seqs) AS p ORDER BY 1")
        return [tuple(row) for row in pieces]


@dataclass
class Gate:
    """The way to a rig's database: shut for everybody but its own `conn`, as if the database were gone."""

    server: str
    rig: Rig

    def shut(self) -> None:
        self._allow("false")
        self.rig.conn.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )

    def open(self) -> None:
        self._allow("true")

    def lose(self) -> None:
        """Shut it, and let the worker find out."""
        self.shut()
        self.rig.clock.advance(REVOKED_S)
        self.rig.step()
        assert self.rig.worker.session is None

    def _allow(self, word: str) -> None:
        with pool.connect(self.server) as conn:
            conn.execute(f"ALTER DATABASE {self.rig.conn.info.dbname} WITH ALLOW_CONNECTIONS {word}")


@pytest.fixture
def gate(postgres_url: str, rig: Rig) -> Iterator[Gate]:
    """Shuts the database to the rig's worker, and opens it in the end."""
    gate = Gate(postgres_url, rig)
    yield gate
    gate.open()


@pytest.fixture
def rig(database_url: str) -> Iterator[Rig]:
    """A worker on a fresh database, with one unit, `u1`, and the clock at START_US."""
    # A test works for as long as it takes between two cycles; the server's clock is not in its hand.
    with pytest.MonkeyPatch.context() as patch, pool.connect(database_url) as conn:
        patch.setattr("ingest.session.IDLE_S", 600.0)
        rig = Rig(database_url, conn, ManualClock(START_US))
        rig.add_unit("u1")
        yield rig
        rig.worker.close()
