"""Question: does the agent stay within what a small box can give, for a day of data, and how far is it from the least?

Budgets: resident memory under 40 MB and flat over 24 h of data at 60-fold speed within 128 MB and 20 % of a core,
processor under 2 % of a core at 1 Hz, import under 0.5 s, start to the first reading published under 3 s, durable
appends at 200/s or more.

The day at 60-fold speed is a simulated machine on a pseudo-terminal whose patients live 60 times as fast, polled 60
times a second over the real serial shell, through codec, outbox on this machine's disk, broker and acknowledgements:
86,400 polls in 24 minutes. The agent's own timers (status every 30 s, time-outs) are not faster than in life. `peer` is
paho and sqlite3 in one loop: poll, insert, publish at QoS 1, delete on the broker's word – no lanes, no recovery, no
clock, no status. Code is compiled beforehand, as a package does it when it is installed.

    ./run bench edge [--minutes 24] [--quick]
"""

from __future__ import annotations

import argparse
import os
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bench.cage import Cage, available, cage
from bench.edge_ingest import Ingest
from edge_agent.outbox import Outbox
from homehd.brokers import Broker, default_kind, free_port
from telemetry.messages import Reading

ROOT: Final = Path(__file__).resolve().parent.parent
MEMORY: Final = 128 * 1024 * 1024
CPU_SHARE: Final = 0.2
SPEED: Final = 60
MEBIBYTE: Final = 1024 * 1024
WARM_UP_SHARE: Final = 0.2  # of a run: caches and free lists fill
CONFIG: Final = """
unit = "k7m2qx4d"
shard = 17
broker = "mqtt://127.0.0.1:{broker}"
clock = "trusted"
[machine]
protocol = "jsdt"
profile = "nikkiso-v2"
port = "{port}"
[outbox]
path = "{outbox}"
[status_page]
listen = "127.0.0.1:{page}"
"""


@dataclass
class Soak:
    """What one run in the cage, or outside, showed. Memory in bytes, times in seconds."""

    seconds: float = 0.0
    cpu_share: float = 0.0
    resident: list[tuple[float, int]] = field(default_factory=list)
    polls: float = 0.0
    readings: int = 0
    again: int = 0
    delays_s: list[float] = field(default_factory=list)
    rows_left: int = 0
    cage_peak: int = 0
    kills: int = 0
    throttled: float = 0.0
    first_reading_s: float | None = None

    @property
    def peak(self) -> int:
        """Most resident memory seen."""
        return max(size for _, size in self.resident)

    @property
    def per_hour(self) -> float:
        """Slope of resident memory after warming up, bytes per hour of this run."""
        warm = [(t, size) for t, size in self.resident if t > self.seconds * WARM_UP_SHARE]
        if len(warm) < 3:
            return 0.0
        return statistics.linear_regression([t for t, _ in warm], [size for _, size in warm]).slope * 3600

    @property
    def growth(self) -> float:
        """Bytes gained between the second and the last fifth of the run, by their medians."""
        fifth = max(1, len(self.resident) // 5)
        early = statistics.median(size for _, size in self.resident[fifth : 2 * fifth])
        return statistics.median(size for _, size in self.resident[-fifth:]) - early

    def delay_s(self, share: float) -> float:
        """Quantile of the time from a reading to its arrival at ingest."""
        ordered = sorted(self.delays_s)
        return ordered[int((len(ordered) - 1) * share)] if ordered else float("inf")


def environment() -> dict[str, str]:
    """As systemd starts it on a box; compiled code is kept."""
    base = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {
        **base,
        "MALLOC_ARENA_MAX": "1",
        "PYTHONPYCACHEPREFIX": str(Path(tempfile.gettempdir()) / "homehd-bench-pyc"),
    }


def soak(seconds: float, poll_s: float, *, caged: bool, peer: bool = False) -> Soak:
    """Run the agent, or its peer, on a simulated machine for so long."""
    shown = Soak(seconds=seconds)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="homehd-bench-")))
        broker = Broker(default_kind(), folder / "broker")
        broker.start()
        stack.callback(broker.stop)
        ingest = Ingest("127.0.0.1", broker.port)
        stack.callback(ingest.close)
        port = folder / "machine"
        stack.enter_context(_machine(port, 1.0 / poll_s))
        walls = stack.enter_context(cage(f"homehd-bench-{os.getpid()}", MEMORY, CPU_SHARE)) if caged else None
        began = time.monotonic()
        child = stack.enter_context(_subject(folder, port, broker.port, poll_s, walls, peer=peer))
        watch(child, seconds, shown)
        child.send_signal(signal.SIGTERM)
        child.wait(20)
        if walls is not None:
            shown.cage_peak, shown.kills, shown.throttled = walls.peak_bytes(), walls.kills(), walls.throttled_share()
        shown.first_reading_s = ingest.first_reading_s and ingest.first_reading_s - began
        shown.polls = (seconds - (shown.first_reading_s or 0.0)) / poll_s
        shown.readings, shown.again, shown.delays_s = ingest.readings, ingest.again, ingest.delays_s
        if not peer:
            with closing(Outbox(folder / "outbox.sqlite", now_us=time.time_ns() // 1000, max_bytes=MEBIBYTE)) as kept:
                shown.rows_left = kept.rows
    return shown


def watch(child: subprocess.Popen[bytes], seconds: float, shown: Soak) -> None:
    """Note memory once a second, and the processor's share after a start of two seconds."""
    began = time.monotonic()
    settled = min(2.0, seconds / 4)
    cpu_from: tuple[float, float] | None = None
    while (passed := time.monotonic() - began) < seconds:
        if child.poll() is not None:
            raise RuntimeError(f"it ended after {passed:.0f} s with {child.returncode}")
        shown.resident.append((passed, _resident(child.pid)))
        if cpu_from is None and passed >= settled:
            cpu_from = (passed, _cpu_s(child.pid))
        time.sleep(min(1.0, max(0.05, seconds - passed)))
    if cpu_from is not None:
        shown.cpu_share = (_cpu_s(child.pid) - cpu_from[1]) / (time.monotonic() - began - cpu_from[0])


@contextmanager
def _machine(port: Path, speed: float) -> Iterator[None]:
    words = ("simulate", "machine", "--profile", "nikkiso-v2", "--port", str(port), "--speed", str(speed))
    child = subprocess.Popen(
        [sys.executable, "-m", "homehd", *words], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        for _ in range(200):
            if port.exists():
                break
            time.sleep(0.05)
        yield
    finally:
        child.terminate()
        child.wait(10)


@contextmanager
def _subject(
    folder: Path, port: Path, broker_port: int, poll_s: float, walls: Cage | None, *, peer: bool
) -> Iterator[subprocess.Popen[bytes]]:
    config = folder / "edge.toml"
    values = {"broker": broker_port, "port": port, "outbox": folder / "outbox.sqlite", "page": free_port()}
    config.write_text(CONFIG.format(**values))
    words = ["agent", str(config), str(poll_s)]
    if peer:
        words = ["peer", str(port), str(broker_port), str(folder / "peer.sqlite"), str(poll_s)]
    child = subprocess.Popen(
        [sys.executable, "-m", "bench.edge_subject", *words],
        cwd=ROOT, env=environment(), stderr=subprocess.DEVNULL,
        preexec_fn=(lambda: walls.enter(os.getpid())) if walls else None,
    )  # fmt: skip
    try:
        yield child
    finally:
        if child.poll() is None:
            child.kill()
        child.wait()


def import_s(runs: int) -> float:
    """Seconds to import all that `homehd edge` imports, beyond a bare interpreter; median."""
    code = (
        "import time; t = time.perf_counter(); import homehd.cli, homehd.commands.edge; print(time.perf_counter() - t)"
    )
    taken = [
        float(subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment(), capture_output=True, text=True,
                             check=True).stdout)
        for _ in range(runs + 1)
    ]  # fmt: skip
    return statistics.median(taken[1:])  # the first one compiles


def appends_per_s(seconds: float) -> float:
    """Readings appended one by one, each durable before the next."""
    with tempfile.TemporaryDirectory(dir=Path.home()) as folder:
        outbox = Outbox(Path(folder) / "outbox.sqlite", now_us=time.time_ns() // 1000, max_bytes=256 * MEBIBYTE)
        row = [Reading(0, time.time_ns() // 1000, 1, 1, 3, {number: float(number) for number in range(16)})]
        with closing(outbox):
            return _rate(lambda: outbox.append(row, "boot"), seconds)


def inserts_per_s(seconds: float) -> float:
    """The same bytes into SQLite and nothing else, for comparison."""
    with tempfile.TemporaryDirectory(dir=Path.home()) as folder:
        db = sqlite3.connect(Path(folder) / "peer.sqlite", isolation_level=None)
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=FULL")
        db.execute("CREATE TABLE entry (seq INTEGER PRIMARY KEY AUTOINCREMENT, line BLOB)")
        with closing(db):
            return _rate(lambda: db.execute("INSERT INTO entry (line) VALUES (?)", (b"x" * 130,)), seconds)


def _rate(once: Callable[[], object], seconds: float) -> float:
    began, done = time.monotonic(), 0
    while time.monotonic() - began < seconds:
        once()
        done += 1
    return done / (time.monotonic() - began)


def _resident(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; 0, or 1 when a budget is exceeded."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a short form that only shows that it works")
    parser.add_argument("--minutes", type=float, default=2.0, help="of the soak; 24 is a day of data (default: 2)")
    options = parser.parse_args(arguments)
    minutes = 0.15 if options.quick else options.minutes
    imported = import_s(1 if options.quick else 5)  # first: it also compiles
    caged = available()
    long = soak(minutes * 60, 1 / SPEED, caged=caged)
    peer = soak(min(minutes, 2.0) * 60, 1 / SPEED, caged=caged, peer=True)
    slow = soak(5 if options.quick else 60, 1.0, caged=False)
    slow_peer = soak(5 if options.quick else 60, 1.0, caged=False, peer=True)
    starts = [soak(4, 1.0, caged=False).first_reading_s for _ in range(1 if options.quick else 3)]
    appends, inserts = appends_per_s(0.5 if options.quick else 3), inserts_per_s(0.5 if options.quick else 3)
    where = "within 128 MB and 20 % of a core" if caged else "without a control group (not root)"
    print(f"{minutes * SPEED / 60:.1f} h of data at {SPEED}-fold speed, {where}:")
    rows = [
        ("resident, most (MB)", long.peak / 1e6, "< 40", long.peak < 40e6, peer.peak / 1e6),
        ("resident, growth (MB)", long.growth / 1e6, "< 1", long.growth < 1e6, peer.growth / 1e6),
        ("resident, slope (MB/h)", long.per_hour / 1e6, "", True, peer.per_hour / 1e6),
        ("whole group, most (MB)", long.cage_peak / 1e6, "< 128", long.kills == 0, peer.cage_peak / 1e6),
        ("killed for memory", long.kills, "0", long.kills == 0, peer.kills),
        ("readings arrived (%)", 100 * long.readings / long.polls, "> 98", long.readings > 0.98 * long.polls, None),
        ("came again", long.again, "", True, None),
        ("rows left at the end", long.rows_left, "< 120", long.rows_left < 120, None),
        ("on the way, p99 (s)", long.delay_s(0.99), "< 1", long.delay_s(0.99) < 1, None),
        ("processor at 60 Hz (%)", 100 * long.cpu_share, "< 20", long.cpu_share < CPU_SHARE, 100 * peer.cpu_share),
        ("made to wait (% of periods)", 100 * long.throttled, "", True, 100 * peer.throttled),
        ("processor at 1 Hz (%)", 100 * slow.cpu_share, "< 2", slow.cpu_share < 0.02, 100 * slow_peer.cpu_share),
        ("import (s)", imported, "< 0.5", imported < 0.5, None),
        ("start to first reading (s)", (start := max(s or 99.0 for s in starts)), "< 3", start < 3, None),
        ("durable appends per second", appends, ">= 200", appends >= 200, inserts),
    ]
    print(f"{'':30}{'measured':>10}  {'budget':>8}  {'':4}{'peer':>10}")
    for name, value, budget, kept, other in rows:
        shown = "" if other is None else f"{other:10.2f}"
        print(f"{name:30}{value:10.2f}  {budget:>8}  {'' if kept else 'OVER':4}{shown}")
    return 0 if all(row[3] for row in rows) else 1


if __name__ == "__main__":
    raise SystemExit(main())
