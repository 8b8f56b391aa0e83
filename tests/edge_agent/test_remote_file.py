"""The state of remote configuration survives a power cut at any write."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge_agent import remote_file
from edge_agent.remote_config import Settings, State
from telemetry.errors import HomehdError

STATE = State(active=Settings(1, b"a"), pending=Settings(3, b"\xff"), refused=2, why="serial 2: no")


def test_what_is_kept_is_read_again(tmp_path: Path) -> None:
    path = remote_file.path_beside(tmp_path / "outbox.sqlite")
    assert remote_file.read(path) == State()
    remote_file.write(path, STATE)
    assert remote_file.read(path) == STATE
    assert [p.name for p in tmp_path.iterdir()] == ["outbox.sqlite.remote"]


def test_a_torn_file_leaves_the_box_with_its_own_settings(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "x.remote"
    remote_file.write(path, STATE)
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        assert remote_file.read(path) == State()
    assert "unreadable" in caplog.text


def test_a_cut_before_the_rename_leaves_the_old_state(tmp_path: Path) -> None:
    path = tmp_path / "x.remote"
    remote_file.write(path, STATE)
    (tmp_path / "x.remote.new").write_bytes(b"half")
    assert remote_file.read(path) == STATE
    remote_file.write(path, State())
    assert remote_file.read(path) == State()


def test_a_disk_that_refuses_is_said_and_leaves_the_old_state(tmp_path: Path) -> None:
    path = tmp_path / "x.remote"
    remote_file.write(path, STATE)
    (tmp_path / "x.remote.new").mkdir()
    with pytest.raises(HomehdError, match="keep remote configuration"):
        remote_file.write(path, State())
    assert remote_file.read(path) == STATE
