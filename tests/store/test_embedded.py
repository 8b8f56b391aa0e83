from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from store import embedded, embedded_guard, pool
from store.errors import StoreError
from tests import scratch

PATIENCE_S = 20.0
# A process with a share: says so, and lives until it is told to end or is killed.
SHARE = """
import sys
from pathlib import Path
from store import embedded
from tests import scratch
database = embedded.start(Path(sys.argv[1]))
print(database.pid(), flush=True)
sys.stdin.read()
database.close()
"""


@pytest.fixture
def home() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="homehd-", dir=scratch.place()))
    yield path
    for pid in processes_about(path):
        kill(pid)
    wait_until(lambda: processes_about(path) == [])
    if (path / "postgres").is_dir():
        embedded_guard.stop_if_unused(path / "postgres")  # nothing runs; it takes the socket's folder away
    shutil.rmtree(path, ignore_errors=True)


def kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def processes_about(folder: Path) -> list[int]:
    """Servers, guards and shares that name this folder on their command line."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            if os.fsencode(folder) in (entry / "cmdline").read_bytes():
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def wait_until(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < until, "waited too long"
        time.sleep(0.02)


def assert_nothing_left(folder: Path) -> None:
    """No process of ours, at the latest when the guard has had its turn."""
    wait_until(lambda: processes_about(folder) == [])


def share(home: Path) -> tuple[subprocess.Popen[str], int]:
    process = subprocess.Popen(
        [sys.executable, "-c", SHARE, str(home)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    return process, int(process.stdout.readline())


def end(process: subprocess.Popen[str], *, kill: bool = False) -> None:
    if kill:
        process.kill()
    process.communicate()


def test_the_last_to_leave_stops_it_and_the_data_stay(home: Path) -> None:
    with embedded.start(home) as first:
        with pool.connect(first.url) as conn:
            conn.execute("CREATE TABLE kept AS SELECT 42 AS answer")
            for name, value in (("fsync", "on"), ("synchronous_commit", "on"), ("listen_addresses", "")):
                assert conn.execute("SELECT current_setting(%s)", [name]).fetchone() == (value,)
        second = embedded.start(home)
        assert second.pid() == first.pid()
        second.close()
        second.close()
        assert first.pid() is not None
    assert first.pid() is None
    assert_nothing_left(home)
    assert list(Path("/tmp").glob(f"{Path(first.url.partition('%2Ftmp%2F')[2])}*")) == []
    with embedded.start(home) as third, pool.connect(third.url) as conn:
        assert third.url == first.url
        assert conn.execute("SELECT answer FROM kept").fetchone() == (42,)


def test_a_killed_starter_leaves_nothing_behind(home: Path) -> None:
    starter, pid = share(home)
    end(starter, kill=True)
    assert_nothing_left(home)
    with embedded.start(home) as database:
        assert database.pid() != pid


def test_a_killed_starter_takes_nothing_from_the_others(home: Path) -> None:
    starter, pid = share(home)
    other, same = share(home)
    assert same == pid
    end(starter, kill=True)
    with embedded.start(home) as database:
        assert database.pid() == pid
        end(other)
        with pool.connect(database.url) as conn:
            assert conn.execute("SELECT 1").fetchone() == (1,)
    assert_nothing_left(home)


def test_with_its_guard_killed_too_the_next_start_attaches_and_cleans(home: Path) -> None:
    starter, pid = share(home)
    (guard,) = set(processes_about(home)) - {pid, starter.pid} - set(children_of(pid))
    os.kill(guard, signal.SIGKILL)
    end(starter, kill=True)
    assert embedded_guard.server_pid(home / "postgres") == pid
    with embedded.start(home) as database:
        assert database.pid() == pid
    assert_nothing_left(home)


def children_of(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(child) for child in listed.split()]


def test_a_killed_server_comes_back_with_its_data(home: Path) -> None:
    with embedded.start(home) as database:
        with pool.connect(database.url) as conn:
            conn.execute("CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n")
        pid = database.pid()
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: database.pid() is None)
        database.ensure_running()
        database.ensure_running()
        assert database.pid() not in (None, pid)
        with pool.connect(database.url) as conn:
            assert conn.execute("SELECT count(*) FROM kept").fetchone() == (1000,)
    assert_nothing_left(home)


def test_everything_killed_and_its_number_taken_by_another(home: Path) -> None:
    starter, pid = share(home)
    for process in {*processes_about(home), *children_of(pid)}:
        kill(process)
    end(starter)
    # After a reboot the number in the server's file may well be another process's: ours, here.
    file = home / "postgres" / "data" / "postmaster.pid"
    file.write_text("\n".join([str(os.getpid()), *file.read_text().split("\n")[1:]]))
    assert embedded_guard.server_pid(home / "postgres") is None
    with embedded.start(home) as database, pool.connect(database.url) as conn:
        assert conn.execute("SELECT 1").fetchone() == (1,)
    assert_nothing_left(home)


def test_two_start_at_once(home: Path) -> None:
    started = [
        subprocess.Popen(
            [sys.executable, "-c", SHARE, str(home)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(3)
    ]
    pids = {int(process.stdout.readline()) for process in started if process.stdout}
    assert len(pids) == 1
    for process in started:
        end(process)
        assert process.returncode == 0
    assert_nothing_left(home)


def test_a_first_start_that_was_interrupted(home: Path) -> None:
    partial = home / "postgres" / "data.partial"
    partial.mkdir(parents=True)
    (partial / "PG_VERSION").write_text("18\n")
    with embedded.start(home) as database, pool.connect(database.url) as conn:
        assert conn.execute("SELECT 1").fetchone() == (1,)
    assert not partial.exists()


def test_a_home_too_deep_for_a_socket(home: Path) -> None:
    deep = home / ("d" * 60) / ("e" * 60) / "a 'quoted' name"
    with embedded.start(deep) as database, pool.connect(database.url) as conn:
        assert conn.execute("SELECT 1").fetchone() == (1,)


def test_another_version_s_data_are_left_alone(home: Path) -> None:
    data = home / "postgres" / "data"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("16\n")
    with pytest.raises(StoreError, match="made by PostgreSQL 16, this is 18"):
        embedded.start(home)
    assert_nothing_left(home)


def test_a_home_that_cannot_be(home: Path) -> None:
    (home / "file").write_text("")
    with pytest.raises(StoreError, match="start the database") as caught:
        embedded.start(home / "file")
    assert "\n" not in caught.value.line()


def test_a_server_that_will_not_start(home: Path) -> None:
    with embedded.start(home):
        pass
    conf = home / "postgres" / "data" / "postgresql.auto.conf"
    conf.write_text("shared_buffers = nonsense\n")
    with pytest.raises(StoreError, match="pg_ctl") as caught:
        embedded.start(home)
    assert caught.value.recoverable
    assert_nothing_left(home)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_as_a_normal_user(home: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    home.chmod(0o755)
    own = home / "own"
    own.mkdir(mode=0o700)
    os.chown(own, nobody.pw_uid, nobody.pw_gid)
    program = SHARE + "\nprint(oct(Path(sys.argv[1], 'postgres', 'data').stat().st_uid), flush=True)\n"
    # An interpreter in root's own folder is not for others; the system's will do if it is the same version.
    system = Path(f"/usr/bin/python3.{sys.version_info.minor}")
    interpreter = system if system.exists() else Path(sys.executable)
    done = subprocess.run(
        [str(interpreter), "-c", program, str(own)],
        input="", capture_output=True, text=True, user=nobody.pw_uid, group=nobody.pw_gid, extra_groups=[],
        env={"PATH": os.environ["PATH"], "HOME": str(own), "PYTHONPATH": os.pathsep.join(sys.path)},
        cwd="/", check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[1] == oct(nobody.pw_uid)
    assert_nothing_left(own)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root starts it as somebody else")
def test_root_opens_no_folder_to_everybody(home: Path) -> None:
    private = home / "private"
    private.mkdir(mode=0o700)
    with embedded.start(private) as database, pool.connect(database.url) as conn:
        assert conn.execute("SELECT 1").fetchone() == (1,)
        assert (private / "postgres" / "data").stat().st_uid != 0
        pid = database.pid()
        assert Path(f"/proc/{pid}").stat().st_uid != 0
    assert private.stat().st_mode & 0o007 == 0
    assert home.stat().st_mode & 0o007 == 0
