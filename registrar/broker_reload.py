"""Makes the broker read its revocation list again: by a command, by a signal, or by whoever watches the file."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Final

from telemetry.errors import HomehdError, SettingsError

COMMAND_S: Final = 20.0
_PID: Final = "pid:"
WATCHED: Final = "watched"
GRAMMAR: Final = f"a command line, {_PID}/path/of/the/pid/file, or {WATCHED}"


def reloader(setting: str) -> Callable[[], None]:
    """What `HOMEHD_BROKER_RELOAD` names; SettingsError for nothing that can be run.

    The function returns when the broker has been told, not when it has done it; HomehdError when it cannot be told.
    """
    if setting == WATCHED:
        return lambda: None
    if setting.startswith(_PID):
        path = Path(setting.removeprefix(_PID))
        return lambda: _signal(path)
    try:
        words = shlex.split(setting)
    except ValueError as error:
        raise SettingsError("read settings", "HOMEHD_BROKER_RELOAD", hint=f"{error}; expected {GRAMMAR}") from error
    if not words:
        raise SettingsError("read settings", "HOMEHD_BROKER_RELOAD", hint=f"expected {GRAMMAR}")
    return lambda: _run(words)


def _signal(path: Path) -> None:
    try:
        pid = int(path.read_text("ascii"))
        # A number left behind by a broker that was killed may be anybody's by now.
        name = Path(f"/proc/{pid}/comm").read_text().strip()
        if pid <= 1 or name != "mosquitto":
            raise HomehdError("reload the broker", str(path), hint=f"process {pid} is {name}, not mosquitto")
        os.kill(pid, signal.SIGHUP)
    except ValueError as error:
        raise HomehdError("reload the broker", str(path), hint="it holds no process id") from error
    except OSError as error:
        raise HomehdError("reload the broker", str(path), hint=error.strerror or str(error)) from error


def _run(words: list[str]) -> None:
    try:
        done = subprocess.run(
            words, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=COMMAND_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise HomehdError("reload the broker", words[0], hint=str(error)) from error
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        raise HomehdError("reload the broker", words[0], hint=last)
