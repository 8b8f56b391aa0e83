"""Question: what do 300 screens cost the API, each with 500 homes at 1 Hz, and how late is what they show?

A real API (`homehd api`), real PostgreSQL, a real broker; live frames made by ingest's own book, one reading a second
and home, 24 values each; 1 000 alerts open. The clients are in a process of their own and read hardly more than the
lengths of frames. Measured: processor seconds of the API in a second, the time from a reading's publication to the
frame with it at the client, bytes, memory; once all well, once while ten have stopped reading (each must be closed, and
nobody else) and ten come and go (from the connection to the snapshot); once with a session each, of which a third end
(`bench.live_sessions`). The floor, in the same run: the very frames, recorded, broadcast by a bare `websockets` server
to the same clients. Baseline: bench/live.txt.

    ./run bench live [--quick] [--clients N] [--units N] [--seconds S]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import httpx
import msgspec
from argon2 import PasswordHasher

from bench import live_sessions
from bench.live_clients import Plan
from bench.notify import Alert, cpu_s, open_alerts
from homehd.brokers import Broker, default_kind, free_port
from homehd.children import Child, stop_all
from store import accounts, embedded, migrate, notices, pool, registry
from store.registry import Unit
from telemetry.alarms import Priority

PASSWORD: Final = "correct horse battery"
PER_SESSION: Final = 25  # the API takes 30
ALERTS_PER_HOME: Final = 2
TROUBLED_S: Final = 16.0  # the API closes who has read nothing for ten
START_S: Final = 60.0


def main(words: Sequence[str] | None = None) -> int:
    """Run all; print the table. 1 when somebody was closed who should not be, or was not who should."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="a tenth of the clients, a moment each: whether it works")
    parser.add_argument("--clients", type=int)
    parser.add_argument("--units", type=int)
    parser.add_argument("--seconds", type=float)
    given = parser.parse_args(words)
    clients, units, seconds = (30, 500, 2.0) if given.quick else (300, 500, 20.0)
    clients, units = given.clients or clients, given.units or units
    seconds, odd = given.seconds or seconds, max(1, clients // 30)
    with tempfile.TemporaryDirectory() as name, embedded.start(Path(name, "database")) as database:
        folder = Path(name)
        homes = build(database.url, units, -(-clients // PER_SESSION))
        broker = Broker(default_kind(), folder / "broker")
        broker.start()
        try:
            with serving(folder, database.url, broker.url) as (api, pid), feed(broker.url, homes):
                print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before; {clients} clients, {units} homes")
                print(f"API at rest: {rest(pid, seconds / 2):.2f} processor seconds a second, {rss_mb(pid):.0f} MB")
                cookies = [sign_in(api, number) for number in range(-(-clients // PER_SESSION))]
                record = folder / "record"
                print(HEADER)
                plan = Plan(api, cookies, clients, seconds, record=str(record))
                ours = told("all well", crowd(folder, plan, pid))
                plan = Plan(api, cookies, clients, TROUBLED_S, stalled=odd, leaving=odd)
                troubled = told(f"{odd} stalled, {odd} leaving", crowd(folder, plan, pid))
                own = live_sessions.Sessions(database.url, clients, clients // 3)
                plan = Plan(api, own.cookies, clients, live_sessions.WATCHED_S, shut_out=own.shut_out)
                ended = told(f"a session each, {own.shut_out} end", crowd(folder, plan, pid, own.end))
            with floor(record) as (url, pid):
                bare = told("bare websockets", crowd(folder, Plan(url, [""], clients, seconds), pid))
        finally:
            broker.stop()
    print(
        f"\nAPI, of bare websockets: processor {ours['cpu'] / max(0.01, bare['cpu']):.1f} times,"
        f" p99 {ours['p99'] - bare['p99']:+.0f} ms\n"
        f"Of {odd} that stopped reading {troubled['stalled_closed']} were closed, of the others {troubled['lost']};"
        f" {len(troubled['snapshot_s'])} came back, snapshot ({troubled['snapshot_bytes'] / 1000:.0f} kB) after"
        f" {ms(troubled['snapshot_s'], 0.5):.0f} ms at p50, {ms(troubled['snapshot_s'], 0.99):.0f} at p99"
    )
    print(own.told(ended["shut_at_s"], ended["lost"]))
    fine = troubled["stalled_closed"] == odd and troubled["lost"] == ours["lost"] == 0 and ours["on_the_way_s"]
    fine = fine and own.is_fine(ended["shut_at_s"], ended["lost"])
    return 0 if fine else 1


HEADER: Final = (
    f"{'':28}{'CPU s/s':>9}{'p50 ms':>8}{'p99 ms':>8}{'kB/s each':>11}{'frames/s':>10}{'MB':>6}{'clients CPU':>13}"
)


def build(url: str, units: int, people: int) -> list[Unit]:
    """Homes with alerts, and people who see all of them."""
    migrate.migrate(url)
    hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    with pool.connect(url) as conn:
        now_us = notices.database_us(conn)
        with pool.transaction(conn, "build"):
            registry.add_clinic(conn, "Clinic")
            for number in range(people):
                accounts.add_user(
                    conn, email=f"p{number}@example.org", name=f"p{number}", role="nephrologist", clinic_id=1,
                    password_hash=hasher.hash(PASSWORD), now_us=now_us,
                )  # fmt: skip
            homes = [registry.add_unit(conn, f"Home {number}", "Clinic", now_us) for number in range(units)]
        plan = [Alert(0, home.unit_id, f"R7{n}", Priority.MEDIUM) for home in homes for n in range(ALERTS_PER_HOME)]
        for start in range(0, len(plan), 500):
            open_alerts(conn, plan[start : start + 500])
    return homes


@contextmanager
def serving(folder: Path, database: str, broker: str) -> Iterator[tuple[str, int]]:
    """The API as in production: its address and process, once it answers."""
    port = free_port()
    environment = {
        "HOMEHD_HOME": str(folder), "HOMEHD_DATABASE": database, "HOMEHD_BROKER": broker, "HOMEHD_API_PORT": str(port),
    }  # fmt: skip
    api, url = Child("api", ("api",), folder / "api.log", environment), f"http://127.0.0.1:{port}"
    api.start()
    try:
        deadline_s = time.monotonic() + START_S
        while not answers(url):
            if time.monotonic() > deadline_s or not api.running:
                raise RuntimeError(f"the API does not start: {api.last_words()}")
            time.sleep(0.1)
        yield url, api.pid
    finally:
        stop_all([api])


def answers(url: str) -> bool:
    """Whether somebody listens there."""
    with suppress(httpx.HTTPError), httpx.Client(trust_env=False) as client:
        client.get(url)
        return True
    return False


@contextmanager
def feed(broker: str, homes: Sequence[Unit]) -> Iterator[None]:
    """Live frames, in a process of its own."""
    words = ["bench.live_feed", broker, "1", *(f"{home.name}:{home.shard}" for home in homes)]
    with started(words) as _:
        yield


@contextmanager
def floor(record: Path) -> Iterator[tuple[str, int]]:
    """The bare server: its address and process."""
    with started(["bench.live_floor", str(record)]) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip(), process.pid


@contextmanager
def started(words: Sequence[str]) -> Iterator[subprocess.Popen[str]]:
    """A process that ends when its input does."""
    command = [sys.executable, "-m", *words]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        try:
            yield process
        finally:
            process.stdin.close()
            with suppress(subprocess.TimeoutExpired):
                process.wait(5)
            process.kill()


def sign_in(api: str, number: int) -> str:
    """A person's cookie."""
    with httpx.Client(base_url=api, headers={"Origin": api}, trust_env=False, timeout=30) as client:
        client.post("/api/session", json={"email": f"p{number}@example.org", "password": PASSWORD}).raise_for_status()
        return "; ".join(f"{name}={value}" for name, value in client.cookies.items())


def crowd(folder: Path, plan: Plan, pid: int, deed: Callable[[], None] = lambda: None) -> dict[str, Any]:
    """What the clients saw, and what the server used meanwhile; `deed` is done once everybody has a snapshot."""
    file = folder / "plan.json"
    file.write_bytes(msgspec.json.encode(plan))
    with started(["bench.live_clients", str(file)]) as process:
        assert process.stdout is not None
        if process.stdout.readline().strip() != "ready":
            raise RuntimeError("the clients did not get their snapshots")
        deed()
        before_s, begun_s = cpu_s(pid), time.monotonic()
        time.sleep(plan.seconds)
        used, memory = (cpu_s(pid) - before_s) / (time.monotonic() - begun_s), rss_mb(pid)
        seen: dict[str, Any] = json.loads(process.stdout.readline())
    each = seen["seconds"] * (plan.clients - plan.stalled) * 1000
    late = seen["on_the_way_s"]
    return {
        **seen, "cpu": used, "memory": memory, "p50": ms(late, 0.5), "p99": ms(late, 0.99),
        "kb_each": seen["received"] / each, "frames_s": seen["frames"] / seen["seconds"],
        "own": seen["cpu_s"] / seen["seconds"],
    }  # fmt: skip


def told(name: str, seen: dict[str, Any]) -> dict[str, Any]:
    """Printed as a line, and handed on."""
    print(
        f"{name:28}{seen['cpu']:>9.2f}{seen['p50']:>8.0f}{seen['p99']:>8.0f}{seen['kb_each']:>11.0f}"
        f"{seen['frames_s']:>10.0f}{seen['memory']:>6.0f}{seen['own']:>13.2f}",
        flush=True,
    )
    return seen


def ms(values: Sequence[float], share: float) -> float:
    """A quantile in milliseconds; NaN of none."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(len(ranked) * share))] * 1000 if ranked else float("nan")


def rest(pid: int, seconds: float) -> float:
    """Processor seconds a second with nobody there."""
    before_s, begun_s = cpu_s(pid), time.monotonic()
    time.sleep(seconds)
    return (cpu_s(pid) - before_s) / (time.monotonic() - begun_s)


def rss_mb(pid: int) -> float:
    """Memory of a process now."""
    lines = Path(f"/proc/{pid}/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1000


if __name__ == "__main__":
    sys.exit(main())
