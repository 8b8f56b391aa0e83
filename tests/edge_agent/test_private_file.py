from __future__ import annotations

import os
from pathlib import Path

import pytest

from edge_agent import private_file
from telemetry.errors import HomehdError


def test_whole_and_private(tmp_path: Path) -> None:
    path = tmp_path / "identity.pem"
    old = os.umask(0)
    try:
        private_file.replace(path, b"one")
        private_file.replace(path, b"two")
        private_file.replace(tmp_path / "ca.pem", b"public", mode=0o644)
    finally:
        os.umask(old)
    assert path.read_bytes() == b"two"
    assert path.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "ca.pem").stat().st_mode & 0o777 == 0o644
    assert len(list(tmp_path.iterdir())) == 2, "no draft is left"


def test_a_draft_of_a_power_cut_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / ".identity.pem.new").write_bytes(b"half")
    private_file.replace(tmp_path / "identity.pem", b"whole")
    assert [path.name for path in tmp_path.iterdir()] == ["identity.pem"]


def test_what_cannot_be_written_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "identity.pem"
    private_file.replace(path, b"old")

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(HomehdError, match="No space left") as caught:
        private_file.replace(path, b"new")
    assert caught.value.recoverable
    assert [p.name for p in tmp_path.iterdir()] == ["identity.pem"] and path.read_bytes() == b"old"


def test_removing_twice_is_harmless(tmp_path: Path) -> None:
    private_file.replace(tmp_path / "key", b"x")
    private_file.remove(tmp_path / "key")
    private_file.remove(tmp_path / "key")
    assert not list(tmp_path.iterdir())
    with pytest.raises(HomehdError):
        private_file.remove(tmp_path / "nowhere" / "key")


def test_root_writes_for_the_agents_user(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give files away")
    folder = tmp_path / "homehd"
    folder.mkdir()
    os.chown(folder, 12345, 12346)
    private_file.replace(folder / "identity.pem", b"x")
    found = (folder / "identity.pem").stat()
    assert (found.st_uid, found.st_gid, found.st_mode & 0o777) == (12345, 12346, 0o600)
    os.chown(folder / "identity.pem", 777, 778)
    private_file.replace(folder / "identity.pem", b"y")
    assert (folder / "identity.pem").stat().st_uid == 777
    os.chown(folder, 0, 12346)
    private_file.replace(folder / "ours.pem", b"z")
    found = (folder / "ours.pem").stat()
    assert (found.st_uid, found.st_gid, found.st_mode & 0o777) == (0, 12346, 0o640), "as the package makes /etc/homehd"
