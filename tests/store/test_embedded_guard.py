from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from store import embedded_guard


def test_a_file_alone_proves_nothing(tmp_path: Path) -> None:
    assert embedded_guard.server_pid(tmp_path) is None
    data = tmp_path / "data"
    data.mkdir()
    for text in ("", "nonsense\n", "999999999\n", f"{os.getpid()}\n"):
        (data / "postmaster.pid").write_text(text)
        assert embedded_guard.server_pid(tmp_path) is None


def test_a_process_started_with_the_folder_is_the_server(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    command = [sys.executable, "-c", "print(flush=True); input()", str(data)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        (data / "postmaster.pid").write_text(f"{process.pid}\n")
        assert embedded_guard.server_pid(tmp_path) == process.pid
        process.communicate(b"\n")
    assert embedded_guard.server_pid(tmp_path) is None


def test_while_somebody_has_a_share_nothing_is_stopped(tmp_path: Path) -> None:
    with (tmp_path / embedded_guard.USERS).open("a") as users:
        fcntl.flock(users, fcntl.LOCK_SH)
        assert not embedded_guard.stop_if_unused(tmp_path)
    assert embedded_guard.stop_if_unused(tmp_path)


@pytest.fixture
def share(tmp_path: Path) -> int:
    return os.open(tmp_path / embedded_guard.USERS, os.O_CREAT | os.O_RDWR)


def test_there_is_one_guard_and_it_goes_with_the_last_share(tmp_path: Path, share: int) -> None:
    fcntl.flock(share, fcntl.LOCK_SH)
    assert not embedded_guard.is_guarded(tmp_path)
    for _ in range(2):
        subprocess.run([sys.executable, "-I", "-S", embedded_guard.__file__, str(tmp_path)], check=True, timeout=10)
        assert embedded_guard.is_guarded(tmp_path)
    os.close(share)
    embedded_guard.wait_for_guard(tmp_path)
    assert not embedded_guard.is_guarded(tmp_path)
