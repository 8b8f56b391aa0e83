"""The broker in `HOMEHD_HOME`: started by whoever comes first, shared by all, stopped by whoever leaves last.

Every user holds a shared lock on a file; the kernel drops it when a process dies, however it dies. A broker whose users
were all killed stays until the next start, which attaches to it.
"""

from __future__ import annotations

import fcntl
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self

import msgspec

from homehd.brokers import Broker, Kind, accepts, default_kind, is_free

_STATE: Final = "broker.json"


@dataclass
class EmbeddedBroker:
    """A share in the running broker; close it when done."""

    url: str
    kind: Kind
    _folder: Path
    _users: IO[str]

    def ensure_running(self) -> None:
        """Start the broker again if it has died; the address stays the same. HomehdError when it cannot be started."""
        with _locked(self._folder / "start.lock"):
            _ensure_running(self._folder, self.kind)

    def close(self) -> None:
        """Give up the share; the last one stops the broker."""
        with _locked(self._folder / "start.lock"):
            if _is_last(self._users):
                _stop(self._folder / _STATE)
            self._users.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def attach(home: Path, kind: Kind | None = None) -> EmbeddedBroker:
    """Join the broker of `home`, starting one when none runs; HomehdError when it cannot start."""
    folder = home / "broker"
    folder.mkdir(parents=True, exist_ok=True)
    with _locked(folder / "start.lock"):
        users = (folder / "users.lock").open("a")
        fcntl.flock(users, fcntl.LOCK_SH)
        try:
            running = _ensure_running(folder, kind)
        except BaseException:
            users.close()
            raise
    return EmbeddedBroker(f"mqtt://127.0.0.1:{running.port}", running.kind, folder, users)


class _Running(msgspec.Struct, frozen=True):
    kind: Kind
    port: int
    pid: int


def _ensure_running(folder: Path, kind: Kind | None) -> _Running:
    running = _running(folder / _STATE)
    if running is not None:
        return running
    # The port of last time, if it is still to be had: the homes' configurations name it.
    last = _last(folder / _STATE)
    port = last.port if last is not None and is_free(last.port) else None
    broker = Broker(kind or default_kind(), folder, port)
    broker.start(detached=True)
    running = _Running(broker.kind, broker.port, broker.release())
    (folder / _STATE).write_bytes(msgspec.json.encode(running))
    return running


def _running(state: Path) -> _Running | None:
    last = _last(state)
    return last if last is not None and _is_broker(last) and accepts(last.port) else None


def _last(state: Path) -> _Running | None:
    try:
        return msgspec.json.decode(state.read_bytes(), type=_Running)
    except (OSError, msgspec.MsgspecError):
        return None


def _is_broker(running: _Running) -> bool:
    # A process id is reused after a reboot: believe it only if that process was started with our configuration.
    try:
        return b"broker.conf" in Path(f"/proc/{running.pid}/cmdline").read_bytes()
    except OSError:
        return False


def _stop(state: Path) -> None:
    running = _running(state)
    if running is None:
        return
    os.kill(running.pid, signal.SIGTERM)
    pause = threading.Event()
    for _ in range(250):
        # Our own child stays a zombie until it is waited for; anybody else's just goes.
        with suppress(ChildProcessError):
            os.waitpid(running.pid, os.WNOHANG)
        if not _is_broker(running):
            break
        pause.wait(0.02)
    else:
        os.kill(running.pid, signal.SIGKILL)


def _is_last(users: IO[str]) -> bool:
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
