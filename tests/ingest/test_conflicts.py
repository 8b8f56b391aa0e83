"""Two copies under one number: the same is the same, another is counted, and the first stays."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence

import msgspec
import pytest

from ingest import conflicts
from ingest.conflicts import ConflictWatch, CopyBox
from ingest.metrics import Metrics
from store import pool
from store.pool import Connection
from telemetry.messages import Batch, EventKind, Flag, Lane
from telemetry.signals import BY_NAME
from tests.ingest.building import SECOND, START_US, batch, event, reading, seconds
from tests.ingest.conftest import Rig
from tests.ingest.world import World, up

MODE, PUMP = BY_NAME["machine_mode"].number, BY_NAME["blood_pump_running"].number


@pytest.fixture
def conn(database_url: str) -> Iterator[Connection]:
    with pool.connect(database_url) as connection:
        yield connection


class Watched:
    """A watch on a rig's copies, one step at a time."""

    def __init__(self, rig: Rig, conn: Connection) -> None:
        self.metrics = Metrics()
        self.box = rig.worker.copies
        self.watch = ConflictWatch(rig.url, self.box, rig.clock, self.metrics)
        self.conn = conn

    def counted(self) -> tuple[int, int]:
        """Conflicts and copies left unchecked, after all that waits was compared."""
        while self.watch.step(self.conn):
            pass
        sample = self.metrics.registry.get_sample_value
        found = sample("homehd_ingest_rows_total", {"outcome": "conflict"}) or 0
        return int(found), int(sample("homehd_ingest_unchecked_copies") or 0)


ROW = reading(1, values={0: 300.0, 3: 120.1, MODE: 2.4, PUMP: 0.5}, invalid=1 << 5)
EVENT = event(2)


@pytest.mark.parametrize(
    "again",
    [
        [batch([ROW], [EVENT])],
        [batch([ROW], sent_us=START_US + 90 * SECOND), batch([], [EVENT], sent_us=START_US + 90 * SECOND)],
        [batch([ROW, reading(5)], [EVENT], sent_us=START_US + 9000 * SECOND, lane=Lane.BACKFILL)],
    ],
)
def test_the_same_again_is_no_conflict(rig: Rig, conn: Connection, again: Sequence[Batch]) -> None:
    watched = Watched(rig, conn)
    rig.feed(batch([ROW], [EVENT]))
    assert watched.counted() == (0, 0)
    rig.feed(*again)
    assert len(rig.rows()) == (2 if again[0].count == 2 else 1)
    assert watched.counted() == (0, 0)


def changed(**fields: object) -> Batch:
    return batch([msgspec.structs.replace(ROW, **fields)], [], sent_us=ROW.time_us + SECOND // 10)


@pytest.mark.parametrize(
    "other",
    [
        changed(values={0: 300.0, 3: 120.2, MODE: 2.4, PUMP: 0.5}),
        changed(values={0: 300.0, MODE: 2.4, PUMP: 0.5}),
        changed(values={0: 300.0, 3: 120.1, 4: 1.0, MODE: 2.4, PUMP: 0.5}),
        changed(invalid=1 << 6),
        changed(phase=1),
        changed(flags=int(Flag.CLOCK_SYNCHRONISED | Flag.PHASE_DERIVED)),
        changed(mono_ms=ROW.mono_ms + 1),
        changed(time_us=ROW.time_us + 1),
        batch([], [event(1)]),
        batch([], [event(1, kind=EventKind.SYMPTOM)]),
    ],
)
def test_another_under_the_same_number_is_one_and_the_first_stays(rig: Rig, conn: Connection, other: Batch) -> None:
    watched = Watched(rig, conn)
    rig.feed(batch([ROW]))
    before = rig.rows("reading")
    rig.feed(other)
    assert watched.counted() == (1, 0)
    assert rig.rows("reading") == before
    assert rig.rows("seq", "machine_event") == []
    rig.clock.advance(5)
    rig.turn()
    assert rig.outlet.acked("u1") == [(1, 1)]


@pytest.mark.parametrize(
    "other",
    [
        event(2, name="MDC_OTHER"), event(2, active=False), event(2, kind=EventKind.SYMPTOM),
        msgspec.structs.replace(EVENT, code=7), msgspec.structs.replace(EVENT, text="other"),
        msgspec.structs.replace(EVENT, signal="other"), msgspec.structs.replace(EVENT, mono_ms=EVENT.mono_ms + 1),
    ],
)  # fmt: skip
def test_events_too(rig: Rig, conn: Connection, other: object) -> None:
    watched = Watched(rig, conn)
    rig.feed(batch([], [EVENT]))
    rig.feed(batch([], [other]))  # type: ignore[list-item]
    rig.feed(batch([reading(2)]))
    assert watched.counted() == (2, 0)
    assert rig.rows("name, active", "machine_event") == [(EVENT.name, True)]
    assert rig.rows() == []


def test_both_in_one_handful_and_across_a_restart(rig: Rig, conn: Connection) -> None:
    watched = Watched(rig, conn)
    rig.feed(batch([ROW]), changed(phase=1), batch([ROW]))
    assert watched.counted() == (1, 0)
    rig.restart()
    watched = Watched(rig, conn)
    rig.feed(batch([ROW]), changed(phase=2))
    assert watched.counted() == (1, 0)


def test_a_time_that_is_corrected_otherwise_the_second_time_is_no_conflict(rig: Rig, conn: Connection) -> None:
    wrong_us = 86_400 * SECOND
    early = [
        msgspec.structs.replace(reading(seq, flags=0), time_us=START_US + seq * SECOND - wrong_us) for seq in (1, 2)
    ]
    one = batch(early)
    rig.feed(one)
    assert rig.rows("flags & 8") == [8, 8]
    # Without the first message's estimate the rows are placed by how late the second one is.
    rig.restart()
    watched = Watched(rig, conn)
    rig.clock.advance(40)
    rig.feed(msgspec.structs.replace(one, sent_us=one.sent_us + 3 * SECOND, lane=Lane.BACKFILL))
    (again,) = watched.box._waiting
    assert again.rows.time_us.tolist() != rig.rows("to_us(time)")
    assert watched.counted() == (0, 0)


def test_what_cannot_be_found_is_counted_as_unchecked(rig: Rig, conn: Connection) -> None:
    watched = Watched(rig, conn)
    rig.feed(seconds(1, 2))
    rig.conn.execute("DELETE FROM reading WHERE seq = 1")
    rig.feed(seconds(1, 2))
    assert watched.counted() == (0, 1)


def test_the_box_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    world, box = World(), CopyBox()
    monkeypatch.setattr(conflicts, "MAX_WAITING", 5)
    world.take(up(seconds(1, 2, 3)))
    again = conflicts.copied(world.take(up(seconds(1, 2, 3))))
    assert len(again) == 3
    box.put(again)
    box.put(again)
    assert box.unchecked == 3
    assert box.take() is again
    assert box.take() is None
    box.put(again)
    assert box.take() is again
    assert len(conflicts.copied(world.take(up(seconds(4))))) == 0


def test_one_line_a_minute_tells_of_it(rig: Rig, conn: Connection, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    watched = Watched(rig, conn)
    rig.feed(seconds(1, 2, 3))
    other = [reading(seq, values={0: 1.0}) for seq in (1, 2, 3)]
    rig.feed(batch(other))
    assert watched.counted() == (3, 0)
    told = [record for record in caplog.records if "two different rows" in record.getMessage()]
    assert [record.__dict__["fields"]["seq"] for record in told] == [1]


def test_the_thread_compares_until_it_is_stopped(rig: Rig) -> None:
    metrics = Metrics()
    watch = ConflictWatch(rig.url, rig.worker.copies, rig.clock, metrics)
    watch.start()
    rig.feed(batch([ROW]))
    rig.feed(changed(phase=1))
    end = time.monotonic() + 20
    while not metrics.registry.get_sample_value("homehd_ingest_rows_total", {"outcome": "conflict"}):
        assert time.monotonic() < end, "never happened"
        time.sleep(0.05)
    watch.stop()
    assert not watch._thread.is_alive()
