"""From acquisition to the disk, also while the disk refuses."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from edge_agent.acquisition import Stamp
from edge_agent.intake import QUEUED_EVENTS, QUEUED_READINGS, REOPEN_AFTER, Intake
from edge_agent.outbox import Outbox
from edge_agent.outbox_file import OutboxError
from telemetry.clock import ManualClock
from telemetry.messages import Event

AT = Stamp(1, 1, synchronised=True)


class Full:
    """Makes the real SQLite refuse to grow, as a full disk does, and relents."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    def fill(self) -> None:
        # A page for the log's bookkeeping is always there; so fill what is left in the last pages first.
        pages = self._outbox._db.execute("PRAGMA page_count").fetchone()[0]
        self._outbox._db.execute(f"PRAGMA max_page_count = {pages}")

    def relent(self) -> None:
        self._outbox._db.execute("PRAGMA max_page_count = 1000000")


@pytest.fixture
def accepted() -> list[tuple[int, bool]]:
    return []


@pytest.fixture
def intake(outbox: Outbox, accepted: list[tuple[int, bool]]) -> Intake:
    def take(rows: Sequence[tuple[int, bool]]) -> None:
        accepted.extend(rows)

    return Intake(outbox, ManualClock(), lambda: AT, take)


def rows(outbox: Outbox) -> list[Any]:
    seqs = [seq for first, last, _ in outbox.pending() for seq in range(first, last + 1)]
    return [row.record for part in range(0, len(seqs), 200) for row in outbox.read(seqs[part : part + 200])]


def notes(outbox: Outbox) -> list[str]:
    return [f"{r.name}: {r.text}" for r in rows(outbox) if isinstance(r, Event) and r.kind == "agent"]


def test_what_is_put_is_durable_and_told_in_order(
    outbox: Outbox, intake: Intake, accepted: list[tuple[int, bool]], tools: Any
) -> None:
    intake.put([tools.event(), tools.reading()], b"m1")
    assert accepted == [(1, True), (2, False)]
    assert outbox.memory() == b"m1" and intake.trouble == ""
    intake.note("agent started", "now")
    assert notes(outbox) == ["agent started: now"]


def test_while_the_disk_is_full_records_wait_and_nothing_is_lost(
    outbox: Outbox, intake: Intake, accepted: list[tuple[int, bool]], tools: Any
) -> None:
    disk = Full(outbox)
    disk.fill()
    long = tools.reading(extras={"x": "y" * 200})
    for n in range(50):
        intake.put([long], b"m%d" % n)
    assert "full" in intake.trouble
    assert intake.queued > 0 and intake.failures > 3
    assert len(accepted) + intake.queued == 50
    disk.relent()
    intake.flush()
    assert intake.trouble == "" and intake.queued == 0
    assert [seq for seq, _ in accepted] == list(range(1, 51))
    assert outbox.memory() == b"m49" and intake.lost == 0


@pytest.mark.parametrize("refused", [1, 2, 3, 4, 6, 7])
def test_a_disk_whose_sync_fails_for_a_while_keeps_every_record_once(
    outbox: Outbox, intake: Intake, accepted: list[tuple[int, bool]], tools: Any, refused: int
) -> None:
    intake.put([tools.reading(time_us=1)], b"m1")

    def put_some() -> None:
        for n in range(refused):
            intake.put([tools.reading(time_us=2 + n)], b"m%d" % (2 + n))

    tools.while_sync_fails(put_some)
    assert intake.trouble.endswith("disk I/O error"), "what the disk says, not what became of our file"
    assert intake.failures >= refused and intake.queued == refused and len(accepted) == 1
    for _ in range(REOPEN_AFTER + 1):  # it may have been closed just now
        intake.flush()
    assert intake.trouble == "" and intake.queued == 0
    assert [record.time_us for record in rows(outbox)] == list(range(1, refused + 2))
    assert [seq for seq, _ in accepted] == [
        seq for first, last, _ in outbox.pending() for seq in range(first, last + 1)
    ]
    assert outbox.memory() == b"m%d" % (refused + 1)


def test_what_no_memory_can_hold_is_lost_readings_first_and_said_so(outbox: Outbox, intake: Intake, tools: Any) -> None:
    outbox.close()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(outbox, "reopen", lambda _now: (_ for _ in ()).throw(OutboxError("open outbox", "gone")))
        for n in range(QUEUED_READINGS + 25):
            intake.put([tools.reading(time_us=n), *([tools.event()] if n < 10 else [])])
        assert intake.queued == QUEUED_READINGS + 10 and intake.lost == 25
    outbox._lock = open(outbox._path, "rb")  # noqa: PTH123, SIM115 - any file: the lock itself is not the matter here
    outbox.reopen(5)
    intake.flush()
    found = rows(outbox)
    assert sum(isinstance(r, Event) for r in found) == 11
    assert min(r.time_us for r in found if not isinstance(r, Event)) == 25, "the oldest went first"
    assert notes(outbox) == ["readings lost: 25 records could not be written to the disk"]


def test_a_flood_of_events_is_bounded_too(outbox: Outbox, intake: Intake, tools: Any) -> None:
    outbox.close()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(outbox, "reopen", lambda _now: (_ for _ in ()).throw(OutboxError("open outbox", "gone")))
        intake.put([tools.event()] * (QUEUED_EVENTS + 5))
    assert intake.queued == QUEUED_EVENTS and intake.lost == 5


def test_a_file_torn_while_running_is_quarantined_and_work_goes_on(
    outbox: Outbox, intake: Intake, tmp_path: Path, tools: Any
) -> None:
    path = tmp_path / "outbox.sqlite"
    for _ in range(500):
        intake.put([tools.reading()])
    epoch = outbox.epoch
    outbox._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    data = bytearray(path.read_bytes())
    for page in range(1, len(data) // 4096):
        data[page * 4096 : page * 4096 + 8] = b"\xff" * 8
    path.write_bytes(data)
    outbox._db.execute("PRAGMA cache_size = 0")
    for _ in range(5):
        intake.put([tools.reading()])
    assert intake.trouble == "" and outbox.epoch != epoch
    assert any(note.startswith("outbox quarantined") for note in notes(outbox))
    assert sum(not isinstance(r, Event) for r in rows(outbox)) >= 5
    assert list(tmp_path.glob("*.quarantine-*"))


def test_what_went_for_want_of_room_is_told_at_once_and_then_once_an_hour(tmp_path: Path, tools: Any) -> None:
    outbox, clock = Outbox(tmp_path / "small.sqlite", now_us=1, max_bytes=65536), ManualClock()
    seqs: list[tuple[int, bool]] = []
    intake = Intake(outbox, clock, lambda: AT, seqs.extend)
    for _ in range(1500):
        intake.put([tools.reading()])
    (first,) = notes(outbox)
    assert first.startswith("readings thinned: ") and first.endswith(", extremes of each 60 s kept")
    clock.advance(3601)
    for _ in range(100):
        intake.put([tools.reading()])
    assert [note.split(" rows")[0] for note in notes(outbox)] == [
        first.split(" rows")[0], f"readings thinned: {outbox.thinned - int(first.split()[2]) - left(outbox)}",
    ]  # fmt: skip
    assert [seq for seq, _ in seqs] == list(range(1, 1603)), "each is told as accepted, also these"
    outbox.close()


def left(outbox: Outbox) -> int:
    """Rows that went and were not told yet."""
    return sum(gap.rows for gap in outbox.untold.values())


def test_a_full_disk_is_told_once_and_so_is_its_end(tmp_path: Path, tools: Any, monkeypatch: Any) -> None:
    outbox = Outbox(tmp_path / "o.sqlite", now_us=1, max_bytes=1 << 24, reserve_bytes=1 << 20)
    clock = ManualClock()
    intake = Intake(outbox, clock, lambda: AT, lambda _rows: None)
    intake.put([tools.reading()])
    assert intake.trouble == "" and notes(outbox) == []
    monkeypatch.setattr("edge_agent.reserve.free_bytes", lambda _folder: 4096)
    (tmp_path / "o.sqlite.reserve").unlink()  # as if it had been given up
    for _ in range(3):
        intake.put([tools.reading()])
    assert intake.trouble.startswith("disk full: ") and intake.queued == 0 and intake.failures == 0
    assert len(notes(outbox)) == 1 and notes(outbox)[0].startswith("disk full: ")
    monkeypatch.undo()
    intake.flush()
    assert intake.trouble, "it looks once a minute"
    clock.advance(61)
    intake.flush()
    assert intake.trouble == "" and notes(outbox)[1:] == ["disk has room again: "]
    assert (tmp_path / "o.sqlite.reserve").stat().st_size == 1 << 20
    outbox.close()


def test_a_full_disk_does_not_make_it_close_the_file(outbox: Outbox, intake: Intake, tools: Any) -> None:
    generation = outbox.generation
    Full(outbox).fill()
    for _ in range(100):
        intake.put([tools.reading(extras={"x": "y" * 200})])
    assert intake.failures > REOPEN_AFTER and outbox.generation == generation


def test_trouble_with_reading_is_over_when_reading_works(outbox: Outbox, intake: Intake, tools: Any) -> None:
    intake.put([tools.reading()])
    intake.failed(OutboxError("read outbox", "x", hint="disk I/O error", recoverable=True))
    assert "I/O" in intake.trouble
    intake.flush()
    assert intake.trouble == ""


def test_a_quarantine_at_the_start_is_told(tmp_path: Path) -> None:
    path = tmp_path / "o.sqlite"
    path.write_bytes(b"rubbish" * 1000)
    outbox = Outbox(path, now_us=3, max_bytes=1 << 20)
    Intake(outbox, ManualClock(), lambda: AT, lambda _rows: None).flush()
    assert notes(outbox) == ["outbox quarantined: 0 rows saved from a torn outbox, kept as o.sqlite.quarantine-3"]
    with sqlite3.connect(path) as db:
        assert db.execute("SELECT count(*) FROM entry").fetchone() == (1,)
    outbox.close()
