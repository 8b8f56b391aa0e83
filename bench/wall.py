"""Question: what do 10 000 open alerts over 5 000 homes cost the screens, against 100?

Wanted: a wall no slower. A server in a process of its own, real PostgreSQL, a real Chromium; ten clinics, two people:
one sees a clinic of 500 homes, one all 5 000. Asked over HTTP: the lists. Over the live socket: the snapshot, and how
long a new alert takes from its commit (the alert is of the clinic; the server is at rest otherwise). In the browser:
the time until the wall stands, the script time of a second at rest and while five alerts a second come, and the time
until the list of alerts stands. Of the server: the query by which it looks every two seconds for what it missed, and
its processor time at rest. Other work on the machine moves all figures: read each against the same with 100.
Baseline: bench/wall.txt.

    ./run bench wall [--quick] [--no-browser]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import httpx
from argon2 import PasswordHasher
from playwright.sync_api import CDPSession, Page, sync_playwright
from websockets.sync.client import connect
from websockets.typing import Origin

from bench.notify import Alert, cpu_s, open_alerts
from notifier import router, service
from store import accounts, alert_queries, embedded, migrate, notices, pool, registry
from store.pool import Connection
from telemetry.alarms import Priority

CLINICS: Final = 10
PAGE_WORK: Final = ("ScriptDuration", "LayoutDuration", "RecalcStyleDuration")
PASSWORD: Final = "correct horse battery"
HASHER: Final = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
PROCESS: Final = """
import asyncio, sys, threading
from clinician_api import server
from clinician_api.app import create_app
from clinician_api.data import Data
from clinician_api.settings import STATIC_DIR, ApiOptions
from telemetry.clock import SystemClock
options = ApiOptions(database_url=sys.argv[1], broker_url="mqtt://127.0.0.1:9", port=0, metrics_port=None,
    static_dir=STATIC_DIR)
app = create_app(options, SystemClock(), Data(options))
asyncio.run(server.serve(app, options, threading.Event(), lambda url: print(url, flush=True)))
"""


def main(words: Sequence[str] | None = None) -> int:
    """Run all; print the tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="a fiftieth of everything: whether it works")
    parser.add_argument("--no-browser", action="store_true", help="only what the server does")
    parser.add_argument("--all-homes", action="store_true", help="the browser also for who sees all homes at once")
    given = parser.parse_args(words)
    size = 50 if given.quick else 1
    people = ("one", "all") if given.all_homes else ("one",)
    chromium = None if given.no_browser else shutil.which("chromium") or shutil.which("google-chrome")
    with tempfile.TemporaryDirectory() as folder, embedded.start(Path(folder, "database")) as database:
        migrate.migrate(database.url)
        with pool.connect(database.url) as conn:
            homes = build(conn, 5_000 // size)
            print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before; {len(homes)} homes")
            for wanted in (100, 10_000):
                fill(conn, homes, max(2, wanted // size))
                measure(conn, database.url, homes, chromium, people, 2.0 if given.quick else 10.0)
    return 0


def build(conn: Connection, count: int) -> list[int]:
    """Homes of ten clinics, one person of the first and one of all."""
    now_us = notices.database_us(conn)
    with pool.transaction(conn, "build"):
        for number in range(CLINICS):
            registry.add_clinic(conn, f"Clinic {number}")
        for email, clinic, role in (("one", 1, "nephrologist"), ("all", None, "administrator")):
            accounts.add_user(
                conn, email=f"{email}@example.org", name=email, role=role, clinic_id=clinic,
                password_hash=HASHER.hash(PASSWORD), now_us=now_us,
            )  # fmt: skip
        return [
            registry.add_unit(conn, f"Home {number}", f"Clinic {number % CLINICS}", now_us).unit_id
            for number in range(count)
        ]


def fill(conn: Connection, homes: Sequence[int], wanted: int) -> None:
    """So many open alerts in all, spread over the homes, each decided about."""
    have = conn.execute("SELECT count(*) FROM alert").fetchall()[0][0]
    levels = (Priority.HIGH, Priority.MEDIUM, Priority.MEDIUM, Priority.LOW)
    plan = [Alert(0, homes[i % len(homes)], f"R7{i // len(homes)}", levels[i % 4]) for i in range(have, wanted)]
    for start in range(0, len(plan), 500):
        open_alerts(conn, plan[start : start + 500])
    while router.route(conn, service.causes(), notices.database_us(conn)):
        pass


def measure(
    conn: Connection, url: str, homes: Sequence[int], chromium: str | None, shown: Sequence[str], seconds: float
) -> None:
    """With as many alerts as there are."""
    count = conn.execute("SELECT count(*) FROM alert WHERE state <> 'normal'").fetchall()[0][0]
    look_ms, all_ms = asyncio.run(looks(url))
    print(f"\n{count} alerts open")
    with serving(url) as (api, pid):
        before_s = cpu_s(pid)
        time.sleep(seconds)
        rest = (cpu_s(pid) - before_s) / seconds
        print(
            f"  the server's look: {look_ms:.0f} ms (all of them read: {all_ms:.0f}); at rest {rest:.1%} of a core",
            flush=True,
        )
        for who in ("one", "all"):
            with httpx.Client(base_url=api, headers={"Origin": api}, trust_env=False, timeout=60) as client:
                client.post("/api/session", json={"email": f"{who}@example.org", "password": PASSWORD})
                lists = [listed(client, path) for path in ("/api/alerts", "/api/notices")]
                snapshot, delta_ms = live(api, client, lambda: one_more(conn, homes))
            print(
                f"  {who}: alerts {lists[0]}, notices {lists[1]}, snapshot {snapshot}, a new one {delta_ms:.0f} ms",
                flush=True,
            )
            if chromium and who in shown:
                print(f"       {seen(api, who, chromium, lambda: one_more(conn, homes), seconds)}", flush=True)


async def looks(url: str) -> tuple[float, float]:
    """Medians of five in ms: the look for what was missed, and all alerts read."""
    async with await pool.aconnect(url) as conn:
        taken: list[list[float]] = [[], []]
        for _ in range(5):
            began_s = time.perf_counter()
            await alert_queries.open_versions(conn)
            looked_s = time.perf_counter()
            await alert_queries.current(conn)
            taken[0].append((looked_s - began_s) * 1000)
            taken[1].append((time.perf_counter() - looked_s) * 1000)
    return statistics.median(taken[0]), statistics.median(taken[1])


def listed(client: httpx.Client, path: str) -> str:
    """Median of five."""
    taken, size = [], 0
    for _ in range(5):
        began_s = time.perf_counter()
        answer = client.get(path)
        taken.append((time.perf_counter() - began_s) * 1000)
        answer.raise_for_status()
        size = len(answer.content)
    return f"{statistics.median(taken):.0f} ms ({size / 1000:.0f} kB)"


def live(api: str, client: httpx.Client, deed: Callable[[], int]) -> tuple[str, float]:
    """The snapshot's time and size, and the median time in ms from a commit to its message."""
    cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    with connect(
        api.replace("http", "ws", 1) + "/ws", origin=Origin(api),
        additional_headers={"Cookie": cookie}, proxy=None, compression=None, max_size=None,
    ) as socket:  # fmt: skip
        began_s = time.perf_counter()
        socket.send(json.dumps({"subscribe": {"units": "all"}}))
        while json.loads(text := socket.recv(60))["type"] != "snapshot":
            pass
        snapshot = f"{(time.perf_counter() - began_s) * 1000:.0f} ms ({len(text) / 1000:.0f} kB)"
        taken = []
        for _ in range(5):
            number, began_s = str(deed()), time.perf_counter()
            while True:
                message = json.loads(socket.recv(60))
                if message["type"] == "alert" and message["alert"]["alert_id"] == number:
                    break
            taken.append((time.perf_counter() - began_s) * 1000)
    return snapshot, statistics.median(taken)


def one_more(conn: Connection, homes: Sequence[int]) -> int:
    """Another alert of the first clinic; its number."""
    home = homes[CLINICS * (time.time_ns() % (len(homes) // CLINICS))]
    return open_alerts(conn, [Alert(0, home, f"R8{time.time_ns() % 10**9}", Priority.MEDIUM)])[0]


def seen(api: str, who: str, chromium: str, deed: Callable[[], int], seconds: float) -> str:
    """What a browser takes for it."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_context(viewport={"width": 1920, "height": 1080}).new_page()
        page.goto(api)
        page.get_by_label("E-mail").fill(f"{who}@example.org")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.locator("[data-unit]").first.wait_for(timeout=120_000)
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable")
        began_s, before_s = time.perf_counter(), used_s(session)
        page.reload()
        page.locator("[data-unit]").first.wait_for(timeout=120_000)
        wall = told(began_s, used_s(session) - before_s)
        idle, busy = script(page, session, seconds, None), script(page, session, seconds, deed)
        began_s, before_s = time.perf_counter(), used_s(session)
        page.evaluate("location.hash = '#/alerts'")
        page.locator(".alert-card").first.wait_for(timeout=120_000)
        shown = told(began_s, used_s(session) - before_s)
        cards = page.locator(".alert-card").count()
        browser.close()
    return (
        f"in the browser: wall {wall}, script {idle:.0f} ms/s at rest, {busy:.0f} with five alerts a second,"
        f" list {shown}, {cards} cards"
    )


def told(began_s: float, script_s: float) -> str:
    """How long it took, and how much of it was work of the page."""
    return f"{(time.perf_counter() - began_s) * 1000:.0f} ms (script {script_s * 1000:.0f})"


def used_s(session: CDPSession) -> float:
    """Seconds of script, style and layout so far."""
    metrics: list[dict[str, Any]] = session.send("Performance.getMetrics")["metrics"]
    return sum(float(one["value"]) for one in metrics if one["name"] in PAGE_WORK)


def script(page: Page, session: CDPSession, seconds: float, deed: Callable[[], int] | None) -> float:
    """Milliseconds of the page's work in a second, while alerts come or not."""
    before_s, began_s = used_s(session), time.monotonic()
    while (now_s := time.monotonic() - began_s) < seconds:
        if deed is not None:
            deed()
        page.wait_for_timeout(200)
    return (used_s(session) - before_s) * 1000 / now_s


@contextmanager
def serving(url: str) -> Iterator[tuple[str, int]]:
    """A server in a process of its own, once it has all alerts: its address and process."""
    with subprocess.Popen([sys.executable, "-c", PROCESS, url], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        api = process.stdout.readline().strip()
        drain = threading.Thread(target=process.stdout.read, daemon=True)
        drain.start()
        try:
            yield api, process.pid
        finally:
            process.kill()


if __name__ == "__main__":
    sys.exit(main())
