"""The page on backups, command by command: a server under load is backed up, destroyed, restored, and has every row.

Nothing here repeats a command of the page: the test runs the page.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.request import ProxyHandler, build_opener

import pytest

from store import embedded, embedded_owner, pool
from tests.chaos.test_kill_everything import check_home, stop_machine_between_polls
from tests.system import System, running, wait_for

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(600)]

PAGE = Path(__file__).resolve().parents[2] / "docs/operations/backup.md"
STEPS: dict[str, str] = dict(re.findall(r"^ *```sh ([\w-]+)\n(.*?)^ *```$", PAGE.read_text("utf-8"), re.M | re.S))
HOMES = 3
TABLES = ("reading", "machine_event", "received", "alert_event", "audit_event", "treatment", "unit", "engine_state")
# Count and digest of a table, whatever order its rows lie in.
PRINT = "SELECT count(*), coalesce(sum(('x' || left(md5(t::text), 15))::bit(60)::bigint), 0) FROM {} AS t"
RECEIVED = """
    SELECT bool_and(flush_lsn >= pg_current_wal_flush_lsn()) FROM pg_stat_replication
    WHERE application_name = 'pg_receivewal' AND sync_state = 'sync'
"""


class Operator:
    """Somebody who follows the page, as the account of the database server."""

    def __init__(self, system: System) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="homehd-backup-", dir="/tmp"))
        self.data = system.home / "postgres/data"
        self.owner = embedded_owner.choose(system.home / "postgres")
        self.owner.give(self.folder)
        url = system.database.url
        programs = [str(embedded._bin_folder()), str(Path(sys.executable).parent), os.environ["PATH"]]
        self.environment = {
            **os.environ, **system.environment,
            "PATH": os.pathsep.join(programs),
            "SERVER": url.replace("homehd@", "homehd_backup@"), "ADMIN": url, "PGDATA": str(self.data),
            "BACKUP": str(self.folder / "backup"), "LOOKBACK": str(self.folder / "look-back"), "PGUSER": "homehd",
        }  # fmt: skip
        self.done: set[str] = set()

    def follow(self, step: str, **given: str) -> str:
        """Run one block of the page; what it printed."""
        done = subprocess.run(
            self.words(step), env={**self.environment, **given}, capture_output=True, text=True, timeout=120,
            check=False, cwd="/", **self.identity(step),
        )  # fmt: skip
        logs = sorted(self.data.glob("log/*"))[-1:] if done.returncode else []
        said = "".join(log.read_text(errors="replace")[-2000:] for log in logs)
        assert done.returncode == 0, f"{step}: {done.stderr}\n{done.stdout}\n{said}"
        return done.stdout

    def begin(self, step: str) -> subprocess.Popen[bytes]:
        """Start a block that goes on."""
        log = (self.folder / f"{step}.log").open("ab")
        with log:
            return subprocess.Popen(
                self.words(step), env=self.environment, stdout=log, stderr=log, cwd="/", **self.identity(step)
            )

    def words(self, step: str) -> list[str]:
        self.done.add(step)
        # The embedded server has one superuser, and it is not called postgres.
        return ["bash", "-euo", "pipefail", "-c", STEPS[step].replace("user=postgres", "user=homehd")]

    def identity(self, step: str) -> dict[str, object]:
        return {} if "homehd audit" in STEPS[step] or "HOMEHD_HOME" in STEPS[step] else self.owner.identity()


@pytest.fixture
def system(tmp_path: Path) -> Iterator[System]:
    yield from running(tmp_path)


@pytest.fixture
def operator(system: System) -> Iterator[Operator]:
    operator = Operator(system)
    yield operator
    shutil.rmtree(operator.folder, ignore_errors=True)


def test_a_server_that_is_destroyed_under_load_comes_back_with_every_row(system: System, operator: Operator) -> None:
    homes = [
        system.add_home(number, scenario="steady" if number else "air", poll_s=0.3, onset_s=8)
        for number in range(HOMES)
    ]
    system.ingest.start()
    for home in homes:
        home.machine.start()
        home.agent.start()
    wait_for("first rows", lambda: all(len(system.stored(home)) > 3 for home in homes), 40, system)
    assert set(re.findall(r"^export (\w+)=", STEPS["settings"], re.M)) <= operator.environment.keys()
    operator.done.add("settings")

    operator.follow("account")
    streams = [operator.begin("stream")]
    try:
        wait_for("the stream", lambda: operator.follow("watch").startswith("t|reserved|"), 30, system)
        operator.follow("synchronous")
        wait_for("the stream to be synchronous", lambda: ask(system, RECEIVED) is not None, 30, system)
        wait_for("an alert", lambda: ask(system, "SELECT count(*) FROM alert_event") != 0, 60, system)
        before = ask(system, "SELECT count(*) FROM reading")
        operator.follow("base")
        assert ask(system, "SELECT count(*) FROM reading") != before, "the backup was made under load"
        operator.follow("prune")

        # Life goes on after the backup.
        unit = re.search(r'unit = "(\w+)"', system.homehd("units", "add", "Home X").stdout)
        assert unit
        when = ask(system, "SELECT clock_timestamp()::text")
        assert system.homehd("units", "revoke", unit[1]).returncode == 0
        head = operator.follow("head").split()[-1]
        rows = sum(len(system.stored(home)) for home in homes)
        wait_for("more rows", lambda: sum(len(system.stored(h)) for h in homes) > rows + 20, 60, system)

        # Killed where it hurts: a row is committed, and its box has not been told.
        newest = len(system.stored(homes[0]))
        wait_for("one row more", lambda: len(system.stored(homes[0])) > newest, 30, system)
        system.ingest.kill()
        wait_for("the stream to have it all", lambda: ask(system, RECEIVED) is True, 30, system)
        stored = fingerprints(system)
        destroy(system, operator)
        streams[0].kill()
        streams[0].wait()

        operator.follow("restore")
        operator.follow("opened")
        assert fingerprints(system) == stored
        streams.append(operator.begin("stream"))
        wait_for("the new stream", lambda: operator.follow("watch").startswith("t|"), 30, system)
        operator.follow("base")
        operator.follow("check", HEAD=head)

        system.ingest.start()
        for home in homes:
            stop_machine_between_polls(home)
        truths = {home.unit: len(home.truth) for home in homes}
        wait_for("the boxes' rest", lambda: all(len(system.stored(h)) >= truths[h.unit] for h in homes), 120, system)
        for home in homes:
            check_home(system, home)
        wait_for("the stream to be seen", lambda: figure(system, "backup_streams") == 1, 30, system)
        assert figure(system, 'rows_total{outcome="duplicate"}') > 0, "stored, not acknowledged, sent again, recognised"

        question = f"SELECT revoked_at IS NULL FROM unit WHERE name = '{unit[1]}'"
        assert ask(system, question) is False
        assert "t" in operator.follow("look-back", WHEN=str(when), QUESTION=question).splitlines(), "as it was"
    finally:
        for stream in streams:
            stream.kill()
            stream.wait()
    operator.follow("home")
    assert operator.done == STEPS.keys(), "every command of the page was run"


def test_every_command_of_the_page_has_a_name() -> None:
    fences = re.findall(r"^ *```(.*)$", PAGE.read_text("utf-8"), re.M)
    assert all(re.fullmatch(r"sh [\w-]+", fence) for fence in fences[::2]), fences
    assert len(fences) == 2 * len(STEPS)


def ask(system: System, question: str) -> object:
    with pool.connect(system.database.url) as conn:
        row = conn.execute(question).fetchone()
    return row[0] if row else None


def fingerprints(system: System) -> dict[str, tuple[object, ...]]:
    with pool.connect(system.database.url) as conn:
        found = {table: conn.execute(PRINT.format(table)).fetchone() for table in TABLES}
    assert all(row is not None and row[0] > 0 for table, row in found.items() if table != "treatment"), found
    return {table: tuple(row or ()) for table, row in found.items()}


def destroy(system: System, operator: Operator) -> None:
    """The database server and its disk are gone."""
    pid = system.database.pid()
    assert pid is not None
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    os.kill(pid, signal.SIGKILL)
    wait_for("its children to notice", lambda: not any(is_alive(child) for child in children), 30, system)
    # One that is dead and not yet collected still counts as the owner of its socket for whoever starts next.
    wait_for("the server's end to be taken note of", lambda: not Path(f"/proc/{pid}").exists(), 30, system)
    shutil.rmtree(operator.data)
    operator.data.mkdir()
    operator.owner.give(operator.data)


def is_alive(pid: str) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def figure(system: System, name: str) -> float:
    """One of ingest's own, from its health port."""
    ready = [json.loads(line) for line in system.ingest.log_file.read_text().splitlines() if '"ingest ready"' in line]
    with build_opener(ProxyHandler({})).open(
        f"http://127.0.0.1:{ready[-1]['health_port']}/metrics", timeout=10
    ) as page:
        text = page.read().decode()
    found = re.search(rf"^homehd_ingest_{re.escape(name)} ([0-9.e+]+)$", text, re.M)
    return float(found[1]) if found else 0.0
