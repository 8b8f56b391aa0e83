"""Question: how long from a committed finding to the first channel that has the page, and what does it cost?

Wanted: 99 of 100 under a second, steady (5 alerts a second from 5 000 homes) and in a storm (200 homes, 50 alerts each,
in ten seconds). A notifier in a process of its own, real PostgreSQL with fsync, a real HTTP receiver; 20 clinics, each
with somebody on call. Counted from the return of the commit that opened the first alert of a notice to the first byte
at the receiver; in a flood that is the page of another which tells it, too. What the machine could do is measured in
the same run: as many commits, each followed by a bare POST. Then, with 10 000 alerts open: one pass of the router, and
the query by which the API looks for what it missed. Other work on the machine moves all figures: read the ratios.
Baseline: bench/notify.txt.

    ./run bench notify [--quick]
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from datetime import time as time_of_day
from math import inf
from pathlib import Path
from random import Random
from typing import Final

from alerts import ruleset
from bench.notify_sink import Sink, sinking
from notifier import router, service
from store import (
    accounts,
    alert_log,
    alert_queries,
    channels,
    embedded,
    heartbeat,
    migrate,
    notices,
    pool,
    registry,
    rota,
)
from store.alert_log import AlertEventRow
from store.pool import Connection
from store.rota import Written
from telemetry.alarms import ConditionState, Priority
from telemetry.rota import PRIMARY, Audience, Rotation

HOMES: Final = 5_000
CLINICS: Final = 20
PROCESS: Final = """
import sys, threading
from notifier import service
from notifier.channels import Channels
from notifier.channels.networks import parse
from notifier.page import Site
from telemetry.clock import SystemClock
clock = SystemClock()
options = service.NotifyOptions(sys.argv[1], Site(url="https://hd.example.org"))
service.run(options, Channels(parse(["127.0.0.0/8"]), clock), clock, threading.Event())
"""


@dataclass(frozen=True, slots=True)
class Alert:
    """To be committed `at_s` after the start."""

    at_s: float
    unit: int
    rule: str
    priority: Priority


def main() -> int:
    """Run all; print the tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="a tenth of everything: whether it works")
    quick = parser.parse_args().quick
    with (
        tempfile.TemporaryDirectory() as folder,
        embedded.start(Path(folder, "database")) as database,
        sinking() as sink,
    ):
        migrate.migrate(database.url)
        with pool.connect(database.url) as conn:
            homes = build(conn, sink, HOMES // 10 if quick else HOMES)
            print(
                f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before; {len(homes)} homes, {CLINICS} clinics"
            )
            print(f"{'':<26}{'pages':>6}{'p50 ms':>9}{'p90 ms':>9}{'p99 ms':>9}{'most ms':>9}{'p99, of bare':>14}")
            for name, plan in (
                ("steady, 5/s", steady(homes, 6 if quick else 60)),
                ("storm", storm(homes, 20 if quick else 200)),
            ):
                measure(conn, database.url, sink, name, plan)
            print()
            many(conn, database.url, homes, 1_000 if quick else 10_000)
    return 0


def build(conn: Connection, sink: Sink, count: int) -> list[int]:
    """Homes, and for each clinic somebody on call with one channel; each clinic's pages go to a receiver of its own."""
    now_us = notices.database_us(conn)
    written = Written("os:bench", "to be measured", now_us)
    with pool.transaction(conn, "build"):
        for number in range(CLINICS):
            clinic = registry.add_clinic(conn, f"Clinic {number}")
            user = accounts.add_user(
                conn, email=f"p{number}@example.org", name=f"P {number}", role="on-call", clinic_id=clinic,
                password_hash="x", now_us=now_us,
            )  # fmt: skip
            channels.add(
                conn, user, "apprise", f"json://127.0.0.1:{sink.port}/{number}", host=f"receiver {number}",
                label="pocket", tier=1, language="en", now_us=now_us,
            )  # fmt: skip
            line = rota.add(conn, clinic, Audience.CLINICAL, PRIMARY, "UTC", written)
            rota.rotate(conn, line, Rotation(0, (user,), 7, time_of_day(8), date(2025, 6, 2), now_us), written)
        return [
            registry.add_unit(conn, f"Home {number}", f"Clinic {number % CLINICS}", now_us).unit_id
            for number in range(count)
        ]


def steady(homes: Sequence[int], seconds: int) -> list[Alert]:
    """Five a second, each of another home."""
    dice = Random(1)
    asked = [Priority.HIGH, Priority.MEDIUM]
    chosen = dice.sample(list(homes), seconds * 5)
    return [Alert(i / 5, home, "R10", dice.choice(asked)) for i, home in enumerate(chosen)]


def storm(homes: Sequence[int], count: int) -> list[Alert]:
    """Fifty alerts of each of so many homes, of all rules, at any moment of ten seconds."""
    dice = Random(2)
    rules = [rule.id for rule in ruleset.load().rules]
    chosen = [(home, rules[i % len(rules)]) for home in dice.sample(list(homes), count) for i in range(50)]
    found = [Alert(dice.uniform(0, 10), home, rule, dice.choice(list(Priority))) for home, rule in chosen]
    return sorted(found, key=lambda alert: alert.at_s)


def measure(conn: Connection, url: str, sink: Sink, name: str, plan: Sequence[Alert]) -> None:
    """One plan with a notifier, and as many commits and bare posts as there were pages, at the same moments."""
    beats = threading.Event()
    beating = threading.Thread(target=beat, args=(url, beats), daemon=True)
    beating.start()
    process = subprocess.Popen([sys.executable, "-c", PROCESS, url], stderr=subprocess.DEVNULL)
    try:
        wait_for_beat(conn)
        committed = commit(conn, plan)
        told = wait_for_pages(conn, sink, committed)
        used_s = cpu_s(process.pid)
    finally:
        process.kill()
        process.wait()
        beats.set()
        beating.join()
    notices_s = sorted(told.values())
    bare = sorted(bare_posts(url, sink, [alert.at_s for alert in plan], len(told)))
    ratio = at(notices_s, 0.99) / at(bare, 0.99)
    parts = stages(conn, list(told))
    row(name, notices_s, f"{ratio:.1f}")
    sent, high_s = split(conn, told)
    row("  of these high", high_s, "")
    print(f"  sent as {sent} pages, {used_s:.1f} s of the notifier's processor time")
    row("  bare commit and POST", bare, "1")
    print("  medians, ms: " + ", ".join(f"{part} {ms:.0f}" for part, ms in parts.items()), flush=True)
    conn.execute("TRUNCATE routing_due")
    # Nobody is in a flood from before.
    conn.execute("UPDATE delivery SET next_try_at = NULL, queued_at = queued_at - interval '1 hour'")
    conn.execute("UPDATE notice_step SET done_at = now() WHERE done_at IS NULL")


def row(name: str, seconds: Sequence[float], ratio: str) -> None:
    """One line of the table."""
    figures = [at(seconds, q) * 1000 for q in (0.5, 0.9, 0.99)] + [seconds[-1] * 1000]
    print(f"{name:<26}{len(seconds):>6}" + "".join(f"{ms:>9.0f}" for ms in figures) + f"{ratio:>14}", flush=True)


def at(seconds: Sequence[float], quantile: float) -> float:
    """That quantile of what is sorted."""
    return seconds[min(len(seconds) - 1, int(quantile * len(seconds)))]


def commit(conn: Connection, plan: Sequence[Alert]) -> dict[int, float]:
    """All alerts of the plan, what is due at once in one transaction as ingest does it; when each was committed."""
    start_s, done, next_one = time.monotonic(), dict[int, float](), 0
    while next_one < len(plan):
        now_s = time.monotonic() - start_s
        due = [alert for alert in plan[next_one : next_one + 500] if alert.at_s <= now_s]
        if due:
            next_one += len(due)
            ids = open_alerts(conn, due)
            done |= dict.fromkeys(ids, time.monotonic())
        else:
            time.sleep(0.005)
    return done


def open_alerts(conn: Connection, due: Sequence[Alert]) -> list[int]:
    """A transaction of new alerts; their numbers."""
    now_us = time.time_ns() // 1000
    with pool.transaction(conn, "find"):
        ids = alert_log.reserve_ids(conn, len(due))
        state = ConditionState.ACTIVE_UNACKNOWLEDGED
        rows = [
            AlertEventRow(alert_id, one.unit, one.rule, "1", one.priority, state, now_us, "found", {}, {})
            for alert_id, one in zip(ids, due, strict=True)
        ]
        alert_log.append(conn, rows, now_us)
    return ids


def wait_for_pages(conn: Connection, sink: Sink, committed: dict[int, float]) -> dict[int, float]:
    """Notice -> seconds from the commit of its first alert that asks to its first page."""
    deadline = time.monotonic() + 120
    while True:
        left = conn.execute(
            "SELECT (SELECT count(*) FROM routing_due), (SELECT count(*) FROM delivery WHERE next_try_at IS NOT NULL)"
        ).fetchall()[0]
        if left == (0, 0) or time.monotonic() > deadline:
            break
        time.sleep(0.2)
    rows = conn.execute(
        """SELECT n.notice_id, a.alert_id, d.page FROM notice AS n
        JOIN LATERAL (SELECT min(alert_id) AS alert_id FROM notice_event
            WHERE notice_id = n.notice_id AND stage = 'ask') AS a ON true
        -- In a flood a notice goes out with the page of another; one that rose in priority is asked about anew.
        JOIN LATERAL (SELECT coalesce(folded_into, delivery_id) AS page FROM delivery
            JOIN channel USING (channel_id) WHERE notice_id = n.notice_id AND kind <> 'screen') AS d ON true
        WHERE a.alert_id = ANY (%s) AND n.state IN ('asking', 'unanswered')""",
        [list(committed)],
    ).fetchall()
    # One that never came counts as what it would be at least.
    first: dict[int, float] = {}
    for notice, alert, page in rows:
        first[notice] = min(first.get(notice, inf), sink.at.get(page, time.monotonic()) - committed[alert])
    return first


def split(conn: Connection, told: dict[int, float]) -> tuple[int, list[float]]:
    """How many pages these notices went out as, and the seconds of those of high priority."""
    rows = conn.execute(
        """SELECT n.notice_id, n.priority = 'high', coalesce(d.folded_into, d.delivery_id) FROM notice AS n
        JOIN delivery AS d USING (notice_id)
        JOIN channel AS c USING (channel_id)
        WHERE n.notice_id = ANY (%s) AND c.kind <> 'screen' AND d.claimed_at IS NOT NULL""",
        [list(told)],
    ).fetchall()
    high = {notice for notice, is_high, _ in rows if is_high}
    return len({page for _, _, page in rows}), sorted(told[notice] for notice in high)


def cpu_s(pid: int) -> float:
    """Processor seconds of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def stages(conn: Connection, noticed: list[int]) -> dict[str, float]:
    """Medians in milliseconds, by the database's clock: of what a page waits for."""
    medians = conn.execute(
        """SELECT percentile_cont(ARRAY[0.5]) WITHIN GROUP (ORDER BY extract(epoch FROM n.opened_at - a.at)::float8),
            percentile_cont(ARRAY[0.5]) WITHIN GROUP (ORDER BY extract(epoch FROM d.queued_at - n.opened_at)::float8),
            percentile_cont(ARRAY[0.5]) WITHIN GROUP (ORDER BY extract(epoch FROM d.claimed_at - d.queued_at)::float8),
            percentile_cont(ARRAY[0.5]) WITHIN GROUP (ORDER BY extract(epoch FROM d.changed_at - d.claimed_at)::float8)
        FROM notice AS n
        JOIN LATERAL (SELECT min(e.recorded_at) AS at FROM notice_alert JOIN alert_event AS e USING (alert_id)
            WHERE notice_id = n.notice_id) AS a ON true
        JOIN delivery AS d ON d.notice_id = n.notice_id AND d.claimed_at IS NOT NULL
        WHERE n.notice_id = ANY (%s)""",
        [noticed],
    ).fetchall()[0]
    names = ("found to decided about", "to queued", "to claimed", "to reported")
    return {name: value[0] * 1000 for name, value in zip(names, medians, strict=True)}


def bare_posts(url: str, sink: Sink, moments: Sequence[float], count: int) -> list[float]:
    """So many commits, at moments of the same spread, each followed by a POST: seconds for both."""
    every = max(1, len(moments) // max(1, count))
    chosen = list(moments)[::every][:count]
    sink.at.clear()
    done: dict[int, float] = {}
    local = threading.local()

    def one(key: int) -> None:
        if not hasattr(local, "conn"):
            local.conn = pool.connect(url)
        done[key] = time.monotonic()
        local.conn.execute("INSERT INTO bench_row (words) VALUES ('a page to one channel')")
        post = http.client.HTTPConnection("127.0.0.1", sink.port, timeout=30)
        post.request("POST", "/", json.dumps({"title": "t", "message": f"https://hd.example.org/deliveries/{key}"}))
        post.getresponse().read()
        post.close()

    with pool.connect(url) as conn:
        conn.execute("CREATE TABLE IF NOT EXISTS bench_row (words text)")
    start_s = time.monotonic()
    with ThreadPoolExecutor(8) as pool_of_threads:
        for key, moment in enumerate(chosen):
            time.sleep(max(0.0, moment - (time.monotonic() - start_s)))
            pool_of_threads.submit(one, key)
    return [sink.at[key] - began for key, began in done.items()]


def beat(url: str, stop: threading.Event) -> None:
    """As ingest does, so that nothing else is told."""
    with pool.connect(url) as conn:
        while not stop.is_set():
            heartbeat.beat(conn, "ingest", "bench", notices.database_us(conn), {"shards": 64})
            stop.wait(1)


def wait_for_beat(conn: Connection) -> None:
    """Until the notifier works."""
    began_us = notices.database_us(conn)
    while not any(beat.at_us > began_us for beat in heartbeat.beats(conn, "notifier")):
        time.sleep(0.05)


def many(conn: Connection, url: str, homes: Sequence[int], count: int) -> None:
    """A pass of the router and the API's query, with few and with many alerts open."""
    conn.execute("TRUNCATE routing_due")
    print(
        f"{'alerts open':>12}{'router: a pass of 200, ms':>28}{'an alert, ms':>14}{'reconcile, ms':>15}{'of bare':>9}"
    )
    causes = service.causes()
    for wanted in (0, count):
        fill(conn, homes, wanted)
        while router.route(conn, causes, notices.database_us(conn)):
            pass
        passes = []
        for number in range(5):
            fresh = [
                Alert(0, home, f"R9{wanted % 7}{number}", Priority.HIGH)
                for home in homes[number * 200 : number * 200 + 200]
            ]
            open_alerts(conn, fresh)
            began_s = time.perf_counter()
            router.route(conn, causes, notices.database_us(conn))
            passes.append(time.perf_counter() - began_s)
        open_now = conn.execute("SELECT count(*) FROM alert WHERE state <> 'normal'").fetchall()[0][0]
        reconcile_s, bare_s = asyncio.run(reconciled(url))
        a_pass_ms = statistics.median(passes) * 1000
        print(
            f"{open_now:>12}{a_pass_ms:>28.0f}{a_pass_ms / min(200, len(homes)):>14.2f}{reconcile_s * 1000:>15.0f}"
            f"{reconcile_s / bare_s:>9.1f}", flush=True,
        )  # fmt: skip


def fill(conn: Connection, homes: Sequence[int], count: int) -> None:
    """As many more alerts, two of each home and more where there are few homes."""
    plan = [Alert(0, homes[i % len(homes)], f"R7{i // len(homes)}", Priority.MEDIUM) for i in range(count)]
    for start in range(0, count, 500):
        open_alerts(conn, plan[start : start + 500])


async def reconciled(url: str) -> tuple[float, float]:
    """Medians of five: the API's look for what it missed, and the bare rows of these alerts and their findings."""
    async with await pool.aconnect(url) as conn:
        ours, bare = [], []
        for _ in range(5):
            began_s = time.perf_counter()
            await alert_queries.open_versions(conn)
            ours.append(time.perf_counter() - began_s)
            began_s = time.perf_counter()
            cursor = await conn.execute(
                "SELECT * FROM alert JOIN alert_event ON event_id = finding_event_id WHERE alert.state <> 'normal'",
                binary=True,
            )
            await cursor.fetchall()
            bare.append(time.perf_counter() - began_s)
    return statistics.median(ours), statistics.median(bare)


if __name__ == "__main__":
    sys.exit(main())
