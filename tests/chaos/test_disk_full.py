"""A disk that is really full (a small tmpfs that something else fills): everything is still accepted, events are kept,
old readings are thinned and counted, it is said, and it is over by itself when there is room again."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from edge_agent.acquisition import Stamp
from edge_agent.intake import Intake
from edge_agent.outbox import Outbox
from telemetry.clock import ManualClock
from telemetry.messages import Event, EventKind, Reading
from tests.chaos.home import agent_and_machine, running_broker
from tests.conftest import require
from tests.edge_agent.conftest import Ingest
from tests.system import wait_for

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(600)]

LONG = os.environ.get("HOMEHD_CHAOS") == "long"
MEBIBYTE = 1 << 20
RESERVE_BYTES = 8 * MEBIBYTE


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 40 MiB of this test's own."""
    require(os.geteuid() == 0, "a file system of its own", "run as root to mount one")
    folder = tmp_path / "disk"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=40m", "tmpfs", str(folder)], check=True)
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


class Hog:
    """Another program that takes every byte it can get."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "hog"

    def eat(self) -> None:
        with self._path.open("ab", buffering=0) as file:
            for size in (MEBIBYTE, 4096, 1):
                try:
                    while file.write(b"x" * size) == size:
                        pass
                except OSError:
                    continue

    def go(self) -> None:
        self._path.unlink()


class Home:
    """The disk side of an agent: readings of twelve signals, an alarm now and then, the clock moved by hand."""

    def __init__(self, disk: Path, max_bytes: int = 64 * MEBIBYTE) -> None:
        self.path, self.clock, self.rng = disk / "outbox.sqlite", ManualClock(), Random(1)
        self.max_bytes = max_bytes
        self.accepted: list[tuple[int, bool]] = []
        self.alarms = 0
        self.open()

    def open(self) -> None:
        self.outbox = Outbox(
            self.path, now_us=self.clock.now_us(), max_bytes=self.max_bytes, reserve_bytes=RESERVE_BYTES
        )
        self.intake = Intake(self.outbox, self.clock, self.stamp, self.accepted.extend)

    def stamp(self) -> Stamp:
        return Stamp(self.clock.now_us(), round(self.clock.monotonic_s() * 1000), synchronised=True)

    def live(self, seconds: int, at_once: int = 10) -> None:
        for _ in range(seconds // at_once):
            records: list[Reading | Event] = []
            for _ in range(at_once):
                self.clock.advance(1)
                at = self.stamp()
                values = {n: float(self.rng.randrange(-300, 300)) for n in range(12)}
                records.append(Reading(0, at.time_us, at.mono_ms, 1, 3, values))
            if self.rng.random() < 0.2:
                self.alarms += 1
                name = f"alarm {self.alarms}"
                records.append(Event(0, at.time_us, at.mono_ms, 1, EventKind.ALARM, name, 196616, True))
            self.intake.put(records, b"memory of acquisition" * 10)

    def events(self, kind: EventKind) -> list[Event]:
        seqs = [seq for first, last, events in self.outbox.pending() if events for seq in range(first, last + 1)]
        rows = [row.record for i in range(0, len(seqs), 500) for row in self.outbox.read(seqs[i : i + 500])]
        return [record for record in rows if isinstance(record, Event) and record.kind is kind]

    def check(self) -> None:
        """Each number that was given is there or was counted, each alarm is there, and so is all that is newest."""
        assert self.intake.queued == 0 and self.intake.lost == 0, self.intake.trouble
        here = [seq for first, last, _ in self.outbox.pending() for seq in range(first, last + 1)]
        assert len(self.accepted) == len(here) + self.outbox.thinned
        assert [event.name for event in self.events(EventKind.ALARM)] == [f"alarm {n + 1}" for n in range(self.alarms)]
        assert here[-600:] == [seq for seq, _ in self.accepted[-600:]]


def test_the_outbox_goes_on_in_the_space_it_has_and_recovers_by_itself(disk: Path) -> None:
    home, hog = Home(disk), Hog(disk)
    home.live(3000)
    assert home.intake.trouble == ""
    hog.eat()
    home.live(1000)
    for _ in range(40):  # more than ten hours, with somebody who takes whatever is free
        hog.eat()
        home.live(1000)
        assert home.intake.queued == 0, home.intake.trouble
    assert home.intake.trouble.startswith("disk full: ") and home.outbox.thinned > 10_000
    home.check()
    thinned = home.outbox.thinned

    hog.go()
    home.clock.advance(61)
    home.intake.flush()
    assert home.intake.trouble == ""
    home.live(3000)
    home.check()
    assert home.outbox.thinned == thinned, "with room there is no reason to thin"
    assert (disk / "outbox.sqlite.reserve").stat().st_blocks * 512 >= RESERVE_BYTES, "for the next time"
    said = [event.name for event in home.events(EventKind.AGENT)]
    assert said.count("disk full") == said.count("disk has room again") == 1
    assert "readings thinned" in said
    home.outbox.close()
    with closing(sqlite3.connect(home.path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_log_full_of_what_is_not_yet_in_the_file_is_played_before_anything_else(disk: Path) -> None:
    home, hog = Home(disk), Hog(disk)
    home.outbox._db.execute("PRAGMA wal_autocheckpoint = 0").fetchall()
    while Path(f"{home.path}-wal").stat().st_size < 6 * MEBIBYTE:
        home.live(500, at_once=500)  # nearly all of the log is new to the file
    hog.eat()
    for _ in range(20):
        home.live(1000)
        hog.eat()
    assert home.intake.queued == 0, home.intake.trouble
    home.check()
    home.outbox.close()


def test_an_agent_that_starts_again_on_the_full_disk_goes_on(disk: Path) -> None:
    home, hog = Home(disk), Hog(disk)
    home.live(3000)
    hog.eat()
    home.live(3000)
    assert home.outbox.squeezed
    for _ in range(8):  # each costs a little of the log's length, which nobody else must have meanwhile
        home.outbox.close()
        hog.eat()
        home.open()
        hog.eat()
        home.live(2000)
        assert home.intake.queued == 0, home.intake.trouble
    home.check()
    home.outbox.close()


def test_killed_on_the_full_disk_it_opens_again(disk: Path) -> None:
    home, hog = Home(disk), Hog(disk)
    home.live(3000)
    hog.eat()
    home.live(5000)
    # What a killed process leaves: file, log and its index as they are, no reserve, no free byte.
    copy = disk.parent / "copy"
    copy.mkdir()
    for end in ("", "-wal", "-shm"):
        shutil.copy(f"{home.path}{end}", copy)
    home.outbox.close()
    for path in disk.glob("outbox*"):
        path.unlink()
    for path in copy.iterdir():
        shutil.copy(path, disk)
    hog.eat()
    home.open()
    home.live(2000)
    assert home.intake.queued == 0, home.intake.trouble
    home.check()
    home.outbox.close()


def test_copies_of_damaged_files_make_way_first(disk: Path) -> None:
    home, hog = Home(disk), Hog(disk)
    evidence = disk / "outbox.sqlite.quarantine-1"
    evidence.write_bytes(b"x" * 4 * MEBIBYTE)
    hog.eat()
    home.live(20_000)
    assert not evidence.exists() and home.intake.queued == 0
    home.check()
    home.outbox.close()


def test_a_torn_file_for_which_there_is_no_room_waits_until_there_is(disk: Path) -> None:
    home, hog = Home(disk), Hog(disk)
    home.live(40_000)
    home.outbox.close()
    size = home.path.stat().st_size
    assert size > 5 * MEBIBYTE
    home.path.write_bytes(b"X" * 100 + home.path.read_bytes()[100:])
    hog.eat()
    epoch = home.outbox.epoch
    home.open()
    assert home.outbox.epoch != epoch and [incident.waiting for incident in home.outbox.incidents] == [True]
    hog.eat()
    home.live(1000)
    assert home.intake.queued == 0, "there is a reserve to live on"
    hog.go()
    home.clock.advance(61)
    home.intake.flush()
    assert not list(disk.glob("*.torn-*")) and home.intake.trouble == ""
    home.check()
    home.outbox.close()


def test_without_a_reserve_it_waits_in_memory_and_loses_nothing(disk: Path) -> None:
    home, hog = Home(disk, max_bytes=32 * MEBIBYTE), Hog(disk)
    home.live(100)
    (disk / "outbox.sqlite.reserve").unlink()
    hog.eat()
    log = Path(f"{home.path}-wal").stat().st_size
    while home.intake.queued == 0 and len(home.accepted) < 30_000:
        home.live(10)
    assert home.intake.queued and "full" in home.intake.trouble, f"log of {log} bytes"
    home.live(200)
    hog.go()
    home.clock.advance(61)
    home.intake.flush()
    assert home.intake.trouble == "" and home.intake.queued == 0
    home.check()
    home.outbox.close()


def test_the_live_view_of_a_home_goes_on_when_its_disk_is_full(disk: Path, tmp_path: Path) -> None:
    path = disk / "outbox.sqlite"
    with running_broker(tmp_path) as broker, agent_and_machine(tmp_path, broker, path) as agent:
        cloud, hog = Ingest(broker.port), Hog(disk)
        agent.start()
        wait_for("the agent to send", lambda: len(cloud.stored) > 20, 20)
        for _ in range(10):
            hog.eat()
            seen = len(cloud.stored)
            wait_for("what the machine shows now", lambda seen=seen: len(cloud.stored) > seen + 5, 5)
        wait_for("the status to say so", lambda: cloud.statuses[-1].trouble.startswith("disk full: "), 5)
        assert cloud.statuses[-1].online and cloud.statuses[-1].outbox_rows < 200, "acknowledged rows are forgotten"
        hog.go()
        if LONG:
            wait_for("the trouble to be over", lambda: not cloud.statuses[-1].trouble, 90)
        assert agent.running
        numbers = cloud.seqs()
        assert numbers == set(range(1, max(numbers) + 1)), "none is missing"
        cloud.close()
