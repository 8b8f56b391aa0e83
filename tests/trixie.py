"""Debian 13's PostgreSQL 17 with TimescaleDB's Apache edition, on any Debian, without installing it.

The packages are fetched with apt from the mirror this machine uses anyway and unpacked below `.cache`. They want a
newer C library than Debian 12 has, so every program is started by the loader that came with them. Nothing needs root;
root, whom PostgreSQL does not serve, hands the server to another account as for the embedded one.

`python -m tests.trixie [pytest arguments]` runs the tests that need a database on it, or on `HOMEHD_TEST_TIMESCALE`.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import quote

from store import embedded_owner
from store.errors import StoreError
from store.pool import connect
from tests import debian_mirror, scratch
from tests.secured_broker import wait_for

ROOT: Final = Path(__file__).resolve().parent.parent
CACHE: Final = ROOT / ".cache" / "trixie"
SUITE: Final = "trixie"
WANTED: Final = ("postgresql-17", "postgresql-17-timescaledb")
# What the server links against; of the rest of what apt would install nothing is ever loaded here.
LINKED: Final = re.compile(r"lib(?!c-l10n|llvm|perl|z3-|.*-perl$)")
PROGRAMS: Final = Path("usr/lib/postgresql/17/bin")
# Where readings are stored, kept, read and told of. Of the API, what asks for readings, and whose they are: what else
# it does it does alike wherever they lie, and does in the suite.
ASKS_FOR_READINGS: Final = (
    "routes/test_before.py", "routes/test_history.py", "routes/test_live.py", "routes/test_timeline.py",
    "routes/test_treatments.py", "routes/test_trends.py", "routes/test_usual.py", "routes/test_what_if.py",
    "live/test_feeds.py", "treatments", "trends", "test_another_patient.py", "test_data.py",
)  # fmt: skip
TESTS: Final = (
    "tests/store", "tests/ingest", *(f"tests/clinician_api/{place}" for place in ASKS_FOR_READINGS),
    "tests/homehd/test_doctor.py", "tests/homehd/test_reading_files.py", "tests/bench/test_history.py",
    "tests/bench/test_load_history.py", "tests/bench/test_editions.py",
)  # fmt: skip
SETTINGS: Final = """
listen_addresses = ''
unix_socket_directories = '{socket}'
shared_preload_libraries = 'timescaledb'
timescaledb.telemetry_level = off
# Jobs are run by the tests that want them; a scheduler would hold every database that is to be copied or dropped.
timescaledb.max_background_workers = 0
max_connections = 64
fsync = off
jit = off
timezone = 'UTC'
"""


def main(arguments: Sequence[str]) -> int:
    """Run the tests that need a database; pytest's exit code."""
    words = list(arguments) or ["-n", "2", "--dist", "worksteal", "-q"]
    if not any(Path(word.partition("::")[0]).exists() for word in words):
        words += TESTS
    if os.environ.get("HOMEHD_TEST_TIMESCALE"):
        return _pytest(words, os.environ)
    CACHE.parent.mkdir(exist_ok=True)
    system = unpacked(CACHE)
    with scratch.folder("trixie") as folder, server(system, folder) as url:
        return _pytest(words, {**os.environ, "HOMEHD_TEST_TIMESCALE": url})


def _pytest(words: Sequence[str], environment: dict[str, str] | os._Environ[str]) -> int:
    return subprocess.run([sys.executable, "-m", "pytest", *words], env=environment, check=False).returncode


def unpacked(cache: Path) -> Path:
    """The folder with the unpacked packages, made when it is not there; SystemExit where it cannot be had."""
    system = cache / "system"
    if system.exists():
        return system
    if not shutil.which("apt-get"):
        raise SystemExit("./run timescale: needs apt, or a server of your own: HOMEHD_TEST_TIMESCALE=URL")
    print(f"./run timescale: unpacking Debian {SUITE}'s TimescaleDB below {cache} (once)", file=sys.stderr, flush=True)
    cache.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as name:
        folder = Path(name)
        options = _apt_options(folder)
        _run("apt-get", *options, "-qq", "update")
        plan = _run("apt-get", *options, "-s", "--no-install-recommends", "install", *WANTED)
        names = re.findall(r"^Inst (\S+)", plan, re.M)
        chosen = [package for package in names if package in WANTED or LINKED.match(package)]
        _run("apt-get", *options, "-qq", "download", *chosen, cwd=folder)
        partial = folder / "system"
        for package in folder.glob("*.deb"):
            _run("dpkg-deb", "-x", package, partial)
        for program in ("postgres", "initdb"):
            _wrap(partial, system, program)
        partial.chmod(0o755)
        partial.rename(system)
    return system


def _apt_options(folder: Path) -> list[str]:
    """apt with lists and a state of its own, in which nothing is installed, and this machine's mirror and settings."""
    for path in ("state/lists/partial", "cache/archives/partial"):
        (folder / path).mkdir(parents=True)
    (folder / "status").touch()
    (folder / "sources.list").write_text(f"deb {_mirror()} {SUITE} main\n")
    return [f"-o{name}={value}" for name, value in {
        "Dir::State": folder / "state", "Dir::State::status": folder / "status", "Dir::Cache": folder / "cache",
        "Dir::Etc::sourcelist": folder / "sources.list", "Dir::Etc::sourceparts": "/dev/null",
        "Dir::Etc::preferences": "/dev/null", "Dir::Etc::preferencesparts": "/dev/null",
        "APT::Sandbox::User": "", "Acquire::Languages": "none",
    }.items()]  # fmt: skip


def _mirror() -> str:
    found = debian_mirror.of_this_machine()
    if not found:
        raise SystemExit(
            "./run timescale: apt knows no Debian mirror here – apt-get update, or HOMEHD_TEST_TIMESCALE=URL"
        )
    return found


def _wrap(partial: Path, system: Path, program: str) -> None:
    # PostgreSQL finds its other files by where its program lies, and initdb starts `postgres` by that name.
    path = PROGRAMS / program
    (partial / path).rename(partial / path.with_suffix(".elf"))
    loader = next((partial / "usr").glob("lib*/ld-linux*.so.*"))
    libraries = ":".join(
        str(system / place.relative_to(partial))
        for place in sorted({library.parent for library in (partial / "usr/lib").glob("*-linux-gnu/lib*.so.*")})
    )
    (partial / path).write_text(
        f"#!/bin/sh\nexec '{system / loader.relative_to(partial)}' --library-path '{libraries}'"
        f" --argv0 '{system / path}' '{system / path.with_suffix('.elf')}' \"$@\"\n"
    )
    (partial / path).chmod(0o755)


@contextmanager
def server(system: Path, folder: Path) -> Iterator[str]:
    """A new server with its data in `folder`, for the block; the URL of its database `postgres`."""
    owner = embedded_owner.choose(folder)
    owner.let_through(folder, system / PROGRAMS / "postgres")
    owner.give(folder)
    data = folder / "data"
    initdb = [system / PROGRAMS / "initdb", "-D", data, "-U", "homehd", "--auth=trust", "--encoding=UTF8", "--no-sync",
              "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]  # fmt: skip
    environment = {**{k: v for k, v in os.environ.items() if not k.startswith("PG")}, "LC_ALL": "C", "TZ": "UTC"}
    made = subprocess.run(
        [str(word) for word in initdb], env=environment, cwd="/", capture_output=True, text=True, check=False,
        **owner.identity(),
    )  # fmt: skip
    if made.returncode:
        raise SystemExit(f"./run timescale: initdb failed: {made.stderr[-500:]}")
    with (data / "postgresql.conf").open("a") as settings:
        settings.write(SETTINGS.format(socket=folder))
    url = f"postgresql://homehd@/postgres?host={quote(str(folder), safe='')}"
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [str(system / PROGRAMS / "postgres"), "-D", str(data)], env=environment, cwd="/", stdin=subprocess.DEVNULL,
            stdout=log, stderr=log, **owner.identity(),
        )  # fmt: skip
    try:
        wait_for(lambda: process.poll() is not None or _answers(url), seconds=60)
        if process.poll() is not None:
            raise SystemExit(f"./run timescale: the server ended: {(folder / 'server.log').read_text()[-500:]}")
        yield url
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)


def _answers(url: str) -> bool:
    try:
        connect(url).close()
    except StoreError:
        return False
    return True


def _run(*command: object, cwd: Path | None = None) -> str:
    done = subprocess.run([str(word) for word in command], cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"./run timescale: {command[0]} failed: {done.stderr.strip()[-500:]}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
