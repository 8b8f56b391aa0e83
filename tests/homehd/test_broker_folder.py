"""The broker's folder: secrets for their owner alone, passwords made once, what is missing said."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

import pytest

from homehd import broker_folder
from homehd.mosquitto_config import PASSWORDS, RIGHTS, SERVICES, Plan
from telemetry.errors import HomehdError


def plan(folder: Path) -> Plan:
    return Plan(folder, user="root" if os.geteuid() == 0 else "mosquitto")


def test_passwords_are_made_once_and_again_when_asked(tmp_path: Path) -> None:
    told = broker_folder.write(plan(tmp_path), SERVICES)
    assert [line.split(":")[0] for line in told if ".env" in line] == [f"wrote {name}.env" for name in SERVICES]
    first = {name: (tmp_path / f"{name}.env").read_text() for name in SERVICES}
    hashes = (tmp_path / PASSWORDS).read_text()
    again = broker_folder.write(plan(tmp_path), SERVICES)
    assert not [line for line in again if ".env" in line]
    assert (tmp_path / PASSWORDS).read_text() == hashes
    broker_folder.write(plan(tmp_path), SERVICES, new_passwords=True)
    assert all((tmp_path / f"{name}.env").read_text() != text for name, text in first.items())
    assert (tmp_path / PASSWORDS).read_text() != hashes


def test_an_account_that_is_not_wanted_any_more_is_gone(tmp_path: Path) -> None:
    broker_folder.write(plan(tmp_path), tuple(RIGHTS))
    before = {line.split(":")[0]: line for line in (tmp_path / PASSWORDS).read_text().splitlines()}
    broker_folder.write(plan(tmp_path), SERVICES)
    after = {line.split(":")[0]: line for line in (tmp_path / PASSWORDS).read_text().splitlines()}
    assert set(before) - set(after) == {"simulator"}
    assert all(before[name] == after[name] for name in after)
    assert "simulator" not in (tmp_path / "acl_services").read_text()


def test_secrets_are_nobody_elses_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        broker_folder.write(plan(tmp_path), SERVICES)
    finally:
        os.umask(before)
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    assert modes[PASSWORDS] == 0o640 and modes["mosquitto.conf"] == 0o644
    assert all(modes[f"{name}.env"] == 0o600 for name in SERVICES)


def test_what_is_missing_and_what_everybody_can_read_is_said(tmp_path: Path) -> None:
    missing = broker_folder.missing(plan(tmp_path))
    assert [line.split(" ")[0] for line in missing] == [
        str(tmp_path / name) for name in ("root.pem", "broker.pem", "broker.key", "crl.pem")
    ]
    for name in ("root.pem", "broker.pem", "broker.key", "crl.pem"):
        (tmp_path / name).write_text("x")
        (tmp_path / name).chmod(0o644)
    (line,) = broker_folder.missing(plan(tmp_path))
    assert "broker.key" in line and "chmod 640" in line
    (tmp_path / "broker.key").chmod(0o640)
    assert broker_folder.missing(plan(tmp_path)) == []


def test_a_key_that_the_broker_cannot_read_is_said(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root: only root starts a broker that becomes somebody else")
    for name in ("root.pem", "broker.pem", "broker.key", "crl.pem"):
        (tmp_path / name).write_text("x")
    key, other = tmp_path / "broker.key", pwd.getpwnam("nobody")
    made = Plan(tmp_path, user=other.pw_name)
    key.chmod(0o600)
    (line,) = broker_folder.missing(made)
    assert "nobody cannot read it at a reload" in line
    key.chmod(0o640)
    assert len(broker_folder.missing(made)) == 1, "root's group is not its own"
    os.chown(key, 0, other.pw_gid)
    assert broker_folder.missing(made) == []
    os.chown(key, other.pw_uid, 0)
    key.chmod(0o400)
    assert broker_folder.missing(made) == []


def test_a_folder_that_cannot_be_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(HomehdError, match="write broker configuration"):
        broker_folder.write(plan(tmp_path / "file"), SERVICES)
    if os.geteuid() == 0:
        with pytest.raises(HomehdError, match="user nobody-of-that-name"):
            broker_folder.write(Plan(tmp_path, user="nobody-of-that-name"), SERVICES)
