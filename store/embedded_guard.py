"""Stops the embedded server when its last user is gone. Standard library only: it also runs as a tiny process.

`python embedded_guard.py FOLDER` goes to the background, waits until no process holds a share in FOLDER, however they
ended, stops the server there and exits. Locks, always taken in this order: control (whoever starts or stops), users
(shared by every user), guard (held by the one guard).
"""

from __future__ import annotations

import fcntl
import os
import signal
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import IO

CONTROL, USERS, GUARD = "control.lock", "users.lock", "guard.lock"


def server_pid(folder: Path) -> int | None:
    """The server's process id, None when it is not running: the file alone proves nothing after a kill or a reboot."""
    try:
        pid = int((folder / "data" / "postmaster.pid").read_text().split("\n", 1)[0])
        return pid if _is_postmaster(pid, folder / "data") else None
    except (OSError, ValueError):
        return None


def is_guarded(folder: Path) -> bool:
    """Whether a guard is watching; only meaningful while holding the control lock."""
    return not _is_free(folder / GUARD)


def stop_if_unused(folder: Path) -> bool:
    """Stop the server and wait for it unless somebody has a share; true if nobody had. Needs the control lock."""
    # The guard, waiting for its turn, holds the users' lock for an instant: it is no user.
    pause = threading.Event()
    for _ in range(5):
        if _is_free(folder / USERS):
            break
        pause.wait(0.01)
    else:
        return False
    # SIGINT is PostgreSQL's fast shutdown: transactions are rolled back, a checkpoint is written. SIGQUIT leaves that
    # to the recovery of the next start.
    socket = _socket_folder(folder)
    for number, patience_s in ((signal.SIGINT, 30.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0)):
        pid = server_pid(folder)
        if pid is None or _ended(pid, folder, number, patience_s):
            break
    if socket is not None and server_pid(folder) is None:
        _remove(socket)
    return True


def wait_for_guard(folder: Path, patience_s: float = 5.0) -> None:
    """Wait until the guard has gone, after the server was stopped; without the control lock, which it needs."""
    pause = threading.Event()
    for _ in range(round(patience_s / 0.01)):
        if _is_free(folder / GUARD):
            return
        pause.wait(0.01)


def guard(folder: Path) -> None:
    """Become the guard, in the background; returns at once when there is one already."""
    mine = (folder / GUARD).open("a")
    try:
        fcntl.flock(mine, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return
    # The child keeps the lock; the parent's end tells whoever started it that the guard is there.
    if os.fork() == 0:
        _watch(folder, mine)
        os._exit(0)


def _watch(folder: Path, mine: IO[str]) -> None:
    stopped = False
    while not stopped and folder.exists():
        with (folder / USERS).open("a") as users:
            fcntl.flock(users, fcntl.LOCK_EX)
        # Only a hint: to decide, the control lock is needed, and it comes before the users' in the order.
        with (folder / CONTROL).open("a") as control:
            fcntl.flock(control, fcntl.LOCK_EX)
            stopped = stop_if_unused(folder)
            if stopped:
                mine.close()


def _ended(pid: int, folder: Path, number: int, patience_s: float) -> bool:
    with suppress(ProcessLookupError):
        os.kill(pid, number)
    pause = threading.Event()
    for _ in range(round(patience_s / 0.02)):
        if server_pid(folder) != pid:
            return True
        pause.wait(0.02)
    return False


def _socket_folder(folder: Path) -> Path | None:
    # Fifth line of the server's own file; only our own folder is ever removed.
    try:
        line = (folder / "data" / "postmaster.pid").read_text().split("\n")[4]
    except (OSError, IndexError):
        return None
    return Path(line) if Path(line).name.startswith("homehd-") else None


def _remove(socket: Path) -> None:
    # A killed server leaves its socket file and lock in it.
    with suppress(OSError):
        for left in socket.iterdir():
            left.unlink()
        socket.rmdir()


def _is_postmaster(pid: int, data: Path) -> bool:
    process = Path(f"/proc/{pid}")
    if not process.parent.is_dir() or not Path("/proc/self").exists():  # no /proc on this system
        os.kill(pid, 0)
        return True
    # A zombie has no command line: a server killed while its parent still has to collect it is not running.
    command = (process / "cmdline").read_bytes().split(b"\0")
    return os.fsencode(data) in command


def _is_free(path: Path) -> bool:
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


if __name__ == "__main__":
    guard(Path(sys.argv[1]))
