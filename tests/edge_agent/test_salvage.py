"""Torn files: what can be read is saved under its old epoch, and a new one begins."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path
from random import Random

import pytest

from edge_agent.outbox import Outbox
from edge_agent.salvage import Incident, checksum, is_sound
from telemetry import wire
from telemetry.messages import Event, EventKind, Reading

READING = Reading(0, 1, 1, 1, 3, {2: -120.0, 3: 140.5, 4: 7.0})
EVENT = Event(0, 1, 1, 1, EventKind.ALARM, "MDC_EVT_ALARM", 196616, True)


def write(path: Path, rows: int = 2000) -> str:
    outbox = Outbox(path, now_us=1, max_bytes=1 << 24)
    outbox.append([READING] * (rows // 2) + [EVENT] * (rows // 2), "b", b"memory")
    epoch = outbox.epoch
    outbox.close()
    return epoch


def reopen(path: Path) -> tuple[Outbox, set[int]]:
    outbox = Outbox(path, now_us=99, max_bytes=1 << 24)
    return outbox, {s for first, last, _ in outbox.pending() for s in range(first, last + 1)}


@pytest.mark.parametrize("seed", range(25))
def test_flipped_bytes_lose_little_and_never_give_a_wrong_row(tmp_path: Path, seed: int) -> None:
    path, rng = tmp_path / "o.sqlite", Random(seed)
    epoch = write(path)
    data = bytearray(path.read_bytes())
    for _ in range(rng.choice((1, 3, 20))):
        data[rng.randrange(len(data))] ^= rng.randrange(1, 256)
    path.write_bytes(data)
    outbox, seqs = reopen(path)
    for start in range(1, 2001, 200):
        for row in outbox.read(range(start, start + 200)):
            record = row.record
            expected: Reading | Event = READING if isinstance(record, Reading) else EVENT
            assert wire.encode(record)[2:] != b"" and record.time_us == 1 and row.epoch == epoch
            if isinstance(record, Reading) and isinstance(expected, Reading):
                assert record.values == expected.values
    if outbox.incidents:
        assert outbox.epoch != epoch
        assert outbox.append([READING], "b")[0] > max(seqs, default=0)
    assert len(seqs) > 2000 - 20 * 80, "twenty flips hit at most twenty pages"
    outbox.close()


@pytest.mark.parametrize("keep", [0.3, 0.5, 0.9])
def test_a_truncated_file_gives_what_is_left(tmp_path: Path, keep: float) -> None:
    path = tmp_path / "o.sqlite"
    epoch = write(path)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * keep) // 4096 * 4096 + 100])
    outbox, seqs = reopen(path)
    assert len(outbox.incidents) == 1 and outbox.incidents[0].salvaged == len(seqs)
    assert len(seqs) > 2000 * keep - 300, "some fifty rows a page, none in the first few"
    assert outbox.epoch != epoch
    assert {row.epoch for row in outbox.read(sorted(seqs)[:10])} == {epoch}
    settled = outbox.settle(epoch, [(1, 2000)])
    assert settled is not None and set(settled) == seqs, "an old epoch's rows are settled by its acknowledgements"
    assert list(tmp_path.glob("*.quarantine-99")) and not list(tmp_path.glob("*.torn-*"))
    outbox.close()
    outbox, seqs = reopen(path)
    assert outbox.incidents == [] and not seqs
    outbox.close()


@pytest.mark.parametrize("rubbish", [b"\0" * 8192, b"not a database at all" * 500])
def test_a_file_that_is_no_database_any_more_gives_a_new_epoch(tmp_path: Path, rubbish: bytes) -> None:
    path = tmp_path / "o.sqlite"
    epoch = write(path)
    path.write_bytes(rubbish)
    outbox, seqs = reopen(path)
    assert outbox.epoch != epoch and not seqs and len(outbox.incidents) == 1
    assert outbox.append([READING], "b") == [1]
    outbox.close()


def test_power_lost_between_quarantine_and_salvage_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "o.sqlite"
    epoch = write(path)
    shutil.move(path, tmp_path / "o.sqlite.torn-5")
    outbox, seqs = reopen(path)
    assert len(seqs) == 2000 and outbox.epoch != epoch
    assert outbox.memory() == b"memory", "what was known of the machine is kept where it can be read"
    assert outbox.append([READING], "b") == [2001], "numbers go on above the salvaged ones"
    outbox.close()


def test_a_torn_log_is_cut_off_by_sqlite_itself(tmp_path: Path) -> None:
    path = tmp_path / "o.sqlite"
    outbox = Outbox(path, now_us=1, max_bytes=1 << 24)
    for _ in range(10):
        outbox.append([READING], "b")
    copy = tmp_path / "copy.sqlite"
    shutil.copy(path, copy)
    log = path.with_name("o.sqlite-wal").read_bytes()
    outbox.close()
    copy.with_name("copy.sqlite-wal").write_bytes(log[: len(log) - 3000])
    torn, seqs = reopen(copy)
    assert torn.incidents == [] and seqs == set(range(1, 10))
    torn.close()


def test_a_row_is_sound_only_if_everything_about_it_is_right() -> None:
    payload = wire.encode(Reading(5, 1, 1, 1, 3, {}))
    crc = checksum(5, 7, "b", 0, payload)
    assert is_sound(5, 7, "b", 0, crc, payload)
    assert not is_sound(6, 7, "b", 0, crc, payload)
    assert not is_sound(5, 8, "b", 0, crc, payload)
    assert not is_sound(5, 7, "b", 1, crc, payload)
    assert not is_sound(5, 7, "b", 0, crc + 1, payload)
    assert not is_sound(5, 7, None, 0, crc, payload)
    assert not is_sound(5, 7, "c", 0, crc, payload)
    assert not is_sound("5", 7, "b", 0, crc, payload)
    other = wire.encode(Reading(6, 1, 1, 1, 3, {}))
    assert not is_sound(5, 7, "b", 0, checksum(5, 7, "b", 0, other), other)


def test_sqlite_alone_would_not_have_noticed_a_flipped_value(tmp_path: Path) -> None:
    path = tmp_path / "o.sqlite"
    write(path, rows=10)
    data = path.read_bytes()
    at = data.index(wire.encode(-120.0))  # type: ignore[arg-type]
    path.write_bytes(data[: at + 2] + bytes([data[at + 2] ^ 1]) + data[at + 3 :])
    with sqlite3.connect(path) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    db.close()
    outbox, seqs = reopen(path)
    assert len(seqs) == 10 and len(outbox.read(sorted(seqs))) == 9 and outbox.rejected == 1
    outbox.close()


def test_a_text_that_is_none_any_more_spoils_its_own_row_only(tmp_path: Path) -> None:
    path = tmp_path / "o.sqlite"
    write(path, rows=10)
    with sqlite3.connect(path) as db:
        db.execute("UPDATE entry SET boot = CAST(x'ff' AS TEXT) WHERE seq = 5")
    db.close()
    outbox, _ = reopen(path)
    assert [row.seq for row in outbox.read(range(1, 11))] == [1, 2, 3, 4, 6, 7, 8, 9, 10]
    assert outbox.rejected == 1
    outbox.close()


def test_power_lost_between_the_two_renames_costs_no_row(tmp_path: Path) -> None:
    path = tmp_path / "o.sqlite"
    outbox = Outbox(path, now_us=1, max_bytes=1 << 24)
    outbox.append([READING] * 20, "b")
    log = (tmp_path / "o.sqlite-wal").read_bytes()
    outbox.close()
    # The log was moved aside, the file itself was not; then the next start moved that under another name.
    (tmp_path / "o.sqlite.torn-5-wal").write_bytes(log)
    path.write_bytes(b"XXXX" * 1024)
    again, seqs = reopen(path)
    assert seqs == set(range(1, 21))
    assert not list(tmp_path.glob("*.torn-*")), "nothing is left to be found, and lost, later"
    again.close()


def test_a_log_whose_file_is_gone_is_salvaged(tmp_path: Path) -> None:
    path = tmp_path / "o.sqlite"
    outbox = Outbox(path, now_us=1, max_bytes=1 << 24)
    outbox.append([READING] * 20, "b")
    log = (tmp_path / "o.sqlite-wal").read_bytes()
    epoch = outbox.epoch
    outbox.close()
    path.unlink()
    (tmp_path / "o.sqlite-wal").write_bytes(log)
    again, seqs = reopen(path)
    assert seqs == set(range(1, 21))
    assert again.epoch != epoch and {row.epoch for row in again.read(range(1, 21))} == {epoch}
    (incident,) = again.incidents
    assert incident.salvaged == 20
    assert (tmp_path / f"{incident.file}-wal").read_bytes() == log, "kept under the name that is told"
    again.close()


def test_a_torn_file_for_whose_rows_there_is_no_room_waits_and_the_work_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "o.sqlite"
    epoch = write(path, rows=200)
    shutil.move(path, tmp_path / "o.sqlite.torn-5")

    monkeypatch.setattr("edge_agent.squeeze.free_bytes", lambda _folder: 1 << 20)
    outbox, seqs = reopen(path)
    assert not seqs and [i.text() for i in outbox.incidents] == [
        "a torn outbox waits for room on the disk as o.sqlite.torn-5"
    ]
    assert outbox.append([READING], "b") == [201], "above the numbers that wait"
    outbox.recover(6)
    assert (tmp_path / "o.sqlite.torn-5").exists(), "still no room"
    monkeypatch.undo()
    outbox.recover(7)
    assert outbox.rows == 201 and outbox.incidents == [Incident("o.sqlite.quarantine-5", 200)]
    assert {row.epoch for row in outbox.read([1, 200])} == {epoch} != {row.epoch for row in outbox.read([201])}
    outbox.close()
