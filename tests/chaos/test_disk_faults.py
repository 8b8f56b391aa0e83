"""EIO and ENOSPC at every single write of the outbox, one after the other: nothing accepted is lost, nothing ends in
silence, the file opens afterwards.

A real process (`disk_driver.py`) runs under strace, which makes the n-th call of one kind that concerns the outbox's
files fail. The short form takes a spread of n in the suite; `./run chaos` takes each from 1 to 200.
"""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from edge_agent.outbox import Outbox
from telemetry.messages import Event, EventKind, Reading
from tests.chaos.disk_driver import MAX_BYTES, start_us
from tests.conftest import require

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(1500)]

LONG = os.environ.get("HOMEHD_CHAOS") == "long"
LAST_N = 200
ROOT = Path(__file__).resolve().parents[2]
DRIVER = Path(__file__).with_name("disk_driver.py")
PUTS = 60
EVENT = Event(0, 1, 1, 1, EventKind.ALARM, "MDC_EVT_ALARM", 196616, True)
CALLS = ("pwrite64", "write", "fsync", "fdatasync", "ftruncate", "fallocate", "unlink", "rename")
# What the short form takes of each kind of start.
SPREAD = {
    "new": [("pwrite64", 1), ("pwrite64", 9), ("pwrite64", 60), ("fdatasync", 2), ("fdatasync", 20), ("ftruncate", 1),
            ("fsync", 1), ("unlink", 2)],
    "full": [("pwrite64", 11), ("pwrite64", 140), ("fdatasync", 7)],
    "torn": [("pwrite64", 20), ("fdatasync", 2), ("rename", 2)],
}  # fmt: skip


@dataclass
class Told:
    """What a run has said, and what became of it."""

    folder: Path
    accepted: set[int] = field(default_factory=set)
    settling: set[int] = field(default_factory=set)
    trouble: str = ""
    refused: list[str] = field(default_factory=list)
    queued: int | None = None  # None: it never came to its end
    injected: int = 0
    calls: Counter[str] = field(default_factory=Counter)
    errors: str = ""
    code: int = 0

    @property
    def path(self) -> Path:
        return self.folder / "outbox.sqlite"


@dataclass(frozen=True)
class Start:
    """A folder to start from, and the numbers that were accepted there."""

    name: str
    folder: Path
    rows: set[int]


@pytest.fixture(scope="module")
def starts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Start]:
    """No file at all; an outbox at its size bound; a torn one, of which all rows can be read."""
    require(shutil.which("strace"), "strace", "apt-get install strace")
    new, full, torn = (tmp_path_factory.mktemp(name) for name in ("new", "full", "torn"))
    filled, spoilt = drive(full, "thin", 900), drive(torn, "thin", 300)
    pages = spoilt.path.read_bytes()
    spoilt.path.write_bytes(b"X" * 100 + pages[100:])  # the first page has no rows, but without it SQLite reads nothing
    return {
        "new": Start("new", new, set()),
        "full": Start("full", full, filled.accepted),
        "torn": Start("torn", torn, spoilt.accepted - spoilt.settling),
    }


def drive(folder: Path, mode: str, puts: int, inject: str = "", log: Path | None = None) -> Told:
    path = folder / "outbox.sqlite"
    names = [path, *(path.with_name(path.name + end) for end in ("-wal", "-shm", ".lock", ".reserve")), folder]
    names.append(path.with_name(f"{path.name}.torn-{start_us(path)}"))
    watch = [word for name in names for word in ("-P", str(name))]
    trace = ["strace", "-f", "-qqq", "-o", str(log), *watch, "-e", f"trace={','.join(CALLS)}"] if log else []
    trace += ["-e", f"inject={inject}"] if inject else []
    done = subprocess.run(
        [*trace, sys.executable, str(DRIVER), str(path), mode, str(puts)],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    told = Told(folder, errors=done.stderr, code=done.returncode)
    for line in done.stdout.splitlines():
        word, _, rest = line.partition(" ")
        if word == "accepted":
            told.accepted |= set(map(int, rest.split()))
        elif word == "settling":
            first, last = map(int, rest.split())
            told.settling |= set(range(first, last + 1))
        elif word == "trouble":
            told.trouble = rest
        elif word == "refused":
            told.refused.append(rest)
        elif word == "done":
            told.queued = int(rest)
    for line in log.read_text().splitlines() if log else ():
        told.injected += "INJECTED" in line
        found = re.match(r"\d+ +(\w+)\(", line)
        told.calls.update([found[1]] if found else [])
    return told


def check(told: Told, start: str, before: set[int]) -> None:
    """Whatever happened: the file opens, is whole, and has what was accepted, once."""
    what = f"{told.folder.name}: {told.errors[-1500:]}"
    assert told.code == 0 and "Traceback" not in told.errors, what
    with closing(Outbox(told.path, now_us=10**15, max_bytes=MAX_BYTES[mode_of(start)], reserve_bytes=0)) as outbox:
        here = {seq for first, last, _ in outbox.pending() for seq in range(first, last + 1)}
        rows = [row for part in parts(sorted(here)) for row in outbox.read(part)]
        assert outbox.rejected == 0 and len(rows) == len(here), what
        missing = (before | told.accepted) - here - told.settling
        if start == "full":
            assert len(missing) == outbox.thinned > 0, f"{len(missing)} missing, {outbox.thinned} counted: {what}"
        else:
            assert not missing, f"{sorted(missing)[:9]} accepted and not there: {what}"
        times = [row.record.time_us for row in rows if isinstance(row.record, Reading)]
        assert len(times) == len(set(times)), f"a record is there twice: {what}"
        assert outbox.append([EVENT], "b")[0] > max(here | told.accepted, default=0), what
    with closing(sqlite3.connect(told.path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)], what


def parts(seqs: list[int]) -> list[list[int]]:
    return [seqs[i : i + 500] for i in range(0, len(seqs), 500)]


def mode_of(start: str) -> str:
    return "thin" if start == "full" else "plain"


def run(start: Start, folder: Path, inject: str = "") -> Told:
    """One run from a copy of a start, traced, perhaps with a fault."""
    shutil.copytree(start.folder, folder)
    return drive(folder, mode_of(start.name), PUTS, inject, folder.with_suffix(".log"))


def every_write(start: Start, folder: Path) -> list[tuple[str, int]]:
    """Each call that a run without faults makes to the outbox's files, up to LAST_N of a kind."""
    counted = run(start, folder).calls
    return [(call, n) for call in CALLS for n in range(1, min(counted[call], LAST_N) + 1)]


@pytest.mark.parametrize("error", ["EIO", "ENOSPC"])
@pytest.mark.parametrize("name", list(SPREAD))
def test_a_fault_at_any_write_loses_nothing_and_is_got_over(
    starts: dict[str, Start], tmp_path: Path, name: str, error: str
) -> None:
    start = starts[name]
    cases = every_write(start, tmp_path / "count") if LONG else SPREAD[name]
    with ThreadPoolExecutor(2) as pool:
        runs = pool.map(
            lambda at: run(start, tmp_path / f"{at[0]}-{at[1]}", f"{at[0]}:error={error}:when={at[1]}"), cases
        )
        for (call, n), told in zip(cases, runs, strict=True):
            assert told.injected == 1, f"{call} {n}: no such call"
            check(told, name, start.rows)
            assert (told.queued, told.trouble) == (0, ""), f"{call} {n} {error} is not got over: {told.errors[-1500:]}"
            shutil.rmtree(told.folder)


@pytest.mark.parametrize("error", ["EIO", "ENOSPC"])
@pytest.mark.parametrize(("name", "call", "since"), [
    ("new", "pwrite64", 1), ("new", "pwrite64", 80), ("new", "fdatasync", 12), ("full", "pwrite64", 30),
    ("full", "fdatasync", 6), ("torn", "pwrite64", 40),
])  # fmt: skip
def test_a_disk_that_fails_from_some_write_on_is_said_and_loses_nothing_it_has_accepted(
    starts: dict[str, Start], tmp_path: Path, name: str, call: str, since: int, error: str
) -> None:
    told = run(starts[name], tmp_path / "run", f"{call}:error={error}:when={since}+")
    assert told.injected > 0
    assert told.trouble or told.refused, "it does not end in silence"
    assert told.refused or told.queued, "what was not accepted waits in memory and is counted"
    check(told, name, starts[name].rows)
