"""Damaged files: moved aside whole, salvaged once, a few kept as evidence."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge_agent import quarantine


def tear(path: Path, now_us: int, *suffixes: str) -> Path:
    for suffix in suffixes:
        path.with_name(path.name + suffix).write_text(f"rubbish{suffix}")
    return quarantine.move_aside(path, now_us)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_its_log_and_its_index_make_way_for_a_new_one(tmp_path: Path) -> None:
    path = tmp_path / "o.sqlite"
    torn = tear(path, 7, "", "-wal", "-shm")
    assert names(tmp_path) == ["o.sqlite.torn-7", "o.sqlite.torn-7-wal"]
    assert quarantine.torn_files(path) == [torn]


def test_they_are_salvaged_once_and_the_newest_three_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "o.sqlite"
    for n in range(8, 13):  # also across a power of ten
        torn = tear(path, n, "", "-wal")
        assert quarantine.torn_files(path) == [torn]
        quarantine.retire(torn, path)
        assert quarantine.torn_files(path) == []
    assert names(tmp_path) == [f"o.sqlite.quarantine-{n}{log}" for n in (10, 11, 12) for log in ("", "-wal")]


@pytest.mark.parametrize("suffix", ["", "-wal"])
def test_half_of_one_is_kept_under_the_name_that_is_told(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / "o.sqlite"
    torn = tear(path, 5, suffix)
    assert quarantine.torn_files(path) == [torn]
    quarantine.retire(torn, path)
    assert names(tmp_path) == [quarantine.retired_name(torn) + suffix] == [f"o.sqlite.quarantine-5{suffix}"]
    assert (tmp_path / f"o.sqlite.quarantine-5{suffix}").read_text() == f"rubbish{suffix}"


def test_the_evidence_can_be_given_up_what_is_not_salvaged_cannot(tmp_path: Path) -> None:
    path = tmp_path / "o.sqlite"
    quarantine.retire(tear(path, 1, "", "-wal"), path)
    quarantine.retire(tear(path, 2, "-wal"), path)
    tear(path, 3, "", "-wal")
    path.write_text("the outbox")
    assert quarantine.delete_evidence(path)
    assert names(tmp_path) == ["o.sqlite", "o.sqlite.torn-3", "o.sqlite.torn-3-wal"]
    assert not quarantine.delete_evidence(path)


def test_nothing_to_move_is_no_error(tmp_path: Path) -> None:
    quarantine.move_aside(tmp_path / "o.sqlite", 1)
    assert names(tmp_path) == [] and quarantine.torn_files(tmp_path / "o.sqlite") == []
