"""Space kept back on the disk, given up and taken back."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge_agent import reserve
from edge_agent.reserve import Reserve

SIZE = 1 << 20


def test_it_takes_real_space_and_gives_it_back(tmp_path: Path) -> None:
    kept = Reserve(tmp_path / "reserve", SIZE)
    assert kept.short and not kept.held and not kept.release()
    assert kept.refill() and kept.held and not kept.short
    assert (tmp_path / "reserve").stat().st_blocks * 512 >= SIZE, "not a hole that claims to be a file"
    assert kept.release() and not (tmp_path / "reserve").exists() and kept.short


def test_it_is_there_after_a_restart_and_one_cut_short_is_made_whole(tmp_path: Path) -> None:
    Reserve(tmp_path / "reserve", SIZE).refill()
    assert not Reserve(tmp_path / "reserve", SIZE).short
    with (tmp_path / "reserve").open("r+b") as file:
        file.truncate(SIZE // 4)
    again = Reserve(tmp_path / "reserve", SIZE)
    assert again.short and again.held and again.refill() and not again.short


def test_it_is_not_taken_back_while_that_would_fill_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Reserve(tmp_path / "reserve", SIZE)
    monkeypatch.setattr(reserve, "free_bytes", lambda _folder: 2 * SIZE - 1)
    assert not kept.refill() and not kept.held
    monkeypatch.setattr(reserve, "free_bytes", lambda _folder: 2 * SIZE)
    assert kept.refill()


def test_what_there_is_can_be_taken_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Reserve(tmp_path / "reserve", SIZE)
    monkeypatch.setattr(reserve, "free_bytes", lambda _folder: SIZE // 2)
    assert not kept.refill(leave=0)
    assert kept.held and kept.short and (tmp_path / "reserve").stat().st_size == SIZE // 2


def test_none_wanted_is_none_missing(tmp_path: Path) -> None:
    none = Reserve(tmp_path / "reserve", 0)
    assert not none.short and not none.held and not none.release() and none.refill()
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_gone_is_no_error(tmp_path: Path) -> None:
    gone = Reserve(tmp_path / "gone" / "reserve", SIZE)
    assert not gone.refill() and not gone.release() and gone.short
    assert reserve.free_bytes(tmp_path / "gone") is None
