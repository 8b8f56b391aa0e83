"""Ports, folders, keys and locks as the doctor sees them."""

from __future__ import annotations

import fcntl
import os
import pty
from pathlib import Path

import pytest

from homehd import box_files


def test_a_port_that_is_there_and_one_that_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    master, slave = pty.openpty()
    try:
        assert box_files.serial_port(Path(os.ttyname(slave)), "nobody-of-that-name").level == "ok"
    finally:
        os.close(master)
        os.close(slave)
    by_id = tmp_path / "by-id"
    by_id.mkdir()
    monkeypatch.setattr(box_files, "BY_ID", by_id)
    missing = box_files.serial_port(tmp_path / "ttyUSB0")
    assert missing.level == "fail" and "no serial adapter" in missing.hint
    (by_id / "usb-FTDI_1234-if00-port0").touch()
    assert "usb-FTDI_1234" in box_files.serial_port(tmp_path / "ttyUSB0").hint
    (tmp_path / "file").touch()
    assert "not a device" in box_files.serial_port(tmp_path / "file").text


@pytest.mark.parametrize(
    ("mode", "uid", "gid", "may"),
    [(0o600, 65534, 0, True), (0o400, 65534, 0, False), (0o660, 0, 65534, True), (0o640, 0, 65534, False),
     (0o666, 0, 0, True), (0o660, 0, 0, False)],
)  # fmt: skip
def test_the_agent_s_user_may_what_the_mode_says(mode: int, uid: int, gid: int, may: bool) -> None:
    status = os.stat_result((0o020000 | mode, 1, 1, 1, uid, gid, 0, 0, 0, 0))
    assert box_files.may_use(status, "nobody") is may


def test_the_unit_s_own_group_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(box_files, "_added_by_unit", lambda: {4711})
    assert box_files.may_use(os.stat_result((0o020660, 1, 1, 1, 0, 4711, 0, 0, 0, 0)), "nobody")


def test_a_key_that_everybody_may_read(tmp_path: Path) -> None:
    key = tmp_path / "identity.pem"
    key.touch(mode=0o600)
    assert box_files.private(key).level == "ok"
    key.chmod(0o644)
    assert box_files.private(key).level == "fail"


def test_a_certificate_s_end_is_read_from_its_file(tmp_path: Path) -> None:
    (tmp_path / "no.pem").write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    assert box_files.certificate_until_us(tmp_path / "no.pem") is None


def test_a_lock_is_seen_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "outbox.sqlite.lock"
    assert not box_files.is_locked(path)
    with path.open("wb") as held:
        assert not box_files.is_locked(path)
        fcntl.flock(held, fcntl.LOCK_EX)
        assert box_files.is_locked(path)
    assert not box_files.is_locked(path)
