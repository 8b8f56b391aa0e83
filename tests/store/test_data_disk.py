"""What is known of the disk of the database: measured, told by who is beside it, the fullest first, not for ever."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from store import data_disk
from store.data_disk import FRESH_US, Disk
from store.heartbeat import Heartbeat

NOW = 1_750_000_000_000_000


def beat(instance: str, at_us: int, free: object, size: object = 100.0, folder: object = "/d") -> Heartbeat:
    return Heartbeat("notifier", instance, at_us, {"disk": {"folder": folder, "free": free, "size": size}})


def test_what_is_free_is_what_the_database_could_have(tmp_path: Path) -> None:
    found, seen = data_disk.measured([tmp_path]), shutil.disk_usage(tmp_path)
    assert found.folder == str(tmp_path)
    assert found.free_bytes == pytest.approx(seen.free, rel=0.05)
    # What only root may have is neither free nor a part of it, as `df` reckons.
    assert found.size_bytes == pytest.approx(seen.used + seen.free, rel=0.05)
    assert 0 <= found.share <= 1


def test_of_several_folders_the_fullest_disk_counts_and_one_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    shares = [data_disk.measured([Path(folder)]).share for folder in (tmp_path, "/dev")]
    assert data_disk.measured([tmp_path, Path("/dev")]).share == pytest.approx(min(shares), abs=0.05)
    with pytest.raises(OSError, match="gone"):
        data_disk.measured([tmp_path, tmp_path / "gone"])


def test_the_fullest_that_is_told_now_counts() -> None:
    beats = [
        beat("a", NOW, 40.0),
        beat("b", NOW - 1, 20),
        beat("c", NOW - FRESH_US, 1.0),
        Heartbeat("api", "d", NOW, {}),
    ]
    found = data_disk.latest(beats, NOW)
    assert found == Disk("/d", 20.0, 100.0, "b")
    assert data_disk.latest(beats, NOW + FRESH_US) is None, "what was once is not what is"


@pytest.mark.parametrize("word", ["", None, 3, {"free": 1.0}, {"folder": "/d", "free": "much", "size": 9.0}])
def test_what_is_said_otherwise_is_not_known(word: object) -> None:
    assert data_disk.latest([Heartbeat("api", "a", NOW, {"disk": word})], NOW) is None
    assert data_disk.latest([beat("a", NOW, 0.0, 0.0)], NOW) is None


def test_it_reads_what_it_says() -> None:
    disk = Disk("/d", 1e9, 2e9, "a")
    assert data_disk.latest([Heartbeat("ingest", "a", NOW, {"disk": data_disk.said(disk)})], NOW) == disk
