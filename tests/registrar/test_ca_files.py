from __future__ import annotations

import multiprocessing
import os
from pathlib import Path

import pytest

from registrar import ca_files
from registrar.ca_files import CaError

NOW_US = 1_750_000_000_000_000


def test_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "home" / "ca"
    old = os.umask(0)
    try:
        made = ca_files.create(folder, NOW_US)
    finally:
        os.umask(old)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / ca_files.AUTHORITY).stat().st_mode & 0o777 == 0o600
    assert ca_files.create(folder, NOW_US + 1).fingerprint == made.fingerprint == ca_files.load(folder).fingerprint
    assert sorted(path.name for path in folder.iterdir()) == [ca_files.AUTHORITY, ca_files.ROOT]
    assert "PRIVATE" not in (folder / ca_files.ROOT).read_text()


def _fingerprint(folder: Path) -> bytes:
    return ca_files.create(folder, NOW_US).fingerprint


def test_of_several_at_once_one_wins_and_all_get_the_same(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(4) as processes:
        made = processes.map(_fingerprint, [tmp_path / "ca"] * 8)
    assert len(set(made)) == 1
    assert not list((tmp_path / "ca").glob(".authority*"))


def test_a_passphrase_is_asked_for(tmp_path: Path) -> None:
    made = ca_files.create(tmp_path, NOW_US, "correct horse")
    assert b"ENCRYPTED" in (tmp_path / ca_files.AUTHORITY).read_bytes()
    assert ca_files.load(tmp_path, "correct horse").fingerprint == made.fingerprint
    with pytest.raises(CaError, match="it is encrypted: give HOMEHD_CA_PASSPHRASE"):
        ca_files.load(tmp_path)
    with pytest.raises(CaError, match="is HOMEHD_CA_PASSPHRASE right") as caught:
        ca_files.load(tmp_path, "wrong horse")
    assert "horse" not in caught.value.line()


def test_what_others_can_read_or_is_damaged_is_not_used(tmp_path: Path) -> None:
    ca_files.create(tmp_path, NOW_US)
    path = tmp_path / ca_files.AUTHORITY
    path.chmod(0o644)
    with pytest.raises(CaError, match="others can read it: chmod 600"):
        ca_files.load(tmp_path)
    path.chmod(0o600)
    whole = path.read_bytes()
    ca_files.create(tmp_path / "other", NOW_US)
    other = (tmp_path / "other" / ca_files.AUTHORITY).read_bytes()
    cut = whole.index(b"-----BEGIN CERT")
    for wrong, said in (
        (whole[:100], "damaged"),
        (whole[:cut], "damaged"),
        (whole[:cut] + other[other.index(b"-----BEGIN CERT") :], "do not belong together"),
    ):
        path.write_bytes(wrong)
        with pytest.raises(CaError, match=said):
            ca_files.load(tmp_path)
    path.unlink()
    with pytest.raises(CaError, match="No such file"):
        ca_files.load(tmp_path)


def test_a_folder_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CaError, match="create the authority"):
        ca_files.create(tmp_path / "file" / "ca", NOW_US)


def test_a_file_is_replaced_as_a_whole(tmp_path: Path) -> None:
    ca_files.write(tmp_path / "crl.pem", b"one", mode=0o644)
    ca_files.write(tmp_path / "crl.pem", b"two", mode=0o644)
    assert (tmp_path / "crl.pem").read_bytes() == b"two"
    assert (tmp_path / "crl.pem").stat().st_mode & 0o777 == 0o644
    assert [path.name for path in tmp_path.iterdir()] == ["crl.pem"]


def test_a_file_that_is_replaced_keeps_its_owner_and_its_rights(tmp_path: Path) -> None:
    path = tmp_path / "broker.key"
    ca_files.write(path, b"old")
    path.chmod(0o640)
    owner = 12345 if os.geteuid() == 0 else os.geteuid()
    if os.geteuid() == 0:
        os.chown(path, owner, owner)
    ca_files.write(path, b"new")
    assert path.read_bytes() == b"new"
    assert (path.stat().st_mode & 0o777, path.stat().st_uid) == (0o640, owner)


def test_another_group_gets_no_right_that_was_not_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "broker.key"
    path.write_bytes(b"old")
    path.chmod(0o640)
    asked: list[int] = []

    def refuse(_path: Path, owner: int, _group: int) -> None:
        asked.append(owner)
        raise PermissionError  # as for anybody but root

    monkeypatch.setattr(os, "chown", refuse)
    ca_files.write(path, b"new")
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"new", 0o600)
    assert asked == [os.geteuid(), -1], "the group alone may be given by its members"
