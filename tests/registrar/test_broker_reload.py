"""Telling the broker: by command, by signal, or not at all."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from registrar.broker_reload import WATCHED, reloader
from telemetry.errors import HomehdError, SettingsError


def test_a_command_is_run(tmp_path: Path) -> None:
    mark = tmp_path / "a file"
    reloader(f"touch '{mark}'")()
    assert mark.exists()


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("/nowhere/systemctl reload mosquitto", "/nowhere/systemctl"),
        (f"{sys.executable} -c 'import sys; sys.exit(\"no such unit\")'", "no such unit"),
        (f"{sys.executable} -c 'raise SystemExit(3)'", "exit code 3"),
    ],
)
def test_a_command_that_fails_says_so_in_one_line(command: str, said: str) -> None:
    with pytest.raises(HomehdError, match=said):
        reloader(command)()


def test_what_cannot_be_a_command_is_refused_at_once() -> None:
    for setting in ("", "  ", "systemctl 'reload"):
        with pytest.raises(SettingsError, match="HOMEHD_BROKER_RELOAD"):
            reloader(setting)


def test_somebody_who_watches_the_file_needs_no_word() -> None:
    reloader(WATCHED)()


def test_a_signal_goes_to_mosquitto_and_to_nobody_else(tmp_path: Path) -> None:
    stranger = subprocess.Popen(["sleep", "60"])
    for text in (str(stranger.pid), "1", "none", "999999999"):
        (tmp_path / "pid").write_text(text)
        with pytest.raises(HomehdError, match="pid"):
            reloader(f"pid:{tmp_path / 'pid'}")()
    with pytest.raises(HomehdError, match="No such file"):
        reloader(f"pid:{tmp_path / 'none'}")()
    assert stranger.poll() is None
    # A process of that name, as the kernel sees it.
    (tmp_path / "mosquitto").symlink_to("/bin/sleep")
    hears = signal.signal(signal.SIGHUP, signal.SIG_DFL)  # under nohup it would inherit deafness
    named = subprocess.Popen([str(tmp_path / "mosquitto"), "60"])
    signal.signal(signal.SIGHUP, hears)
    try:
        (tmp_path / "pid").write_text(f"{named.pid}\n")
        reloader(f"pid:{tmp_path / 'pid'}")()
        assert named.wait(10) == -signal.SIGHUP
    finally:
        for process in (named, stranger):
            process.kill()
            process.wait(10)
