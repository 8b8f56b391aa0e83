"""`homehd selftest`: try the way from the broker to everybody's channels; what came of the last time."""

from __future__ import annotations

import argparse
import asyncio
import getpass
from contextlib import closing, nullcontext
from datetime import UTC, datetime
from typing import Final

from homehd import daily, names, selftest, settings
from homehd.selftest import Patience
from homehd.settings import ServerSettings
from store import audit, migrate, notices, pool, selftests
from store.selftests import Run
from telemetry.clock import SystemClock
from telemetry.errors import HomehdError

# A run that came to its end and found something broken; 1 is one that could not begin.
EXIT_FAILED: Final = 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """run, last."""
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="ACTION")
    runs = verbs.add_parser(
        "run", help="send every channel of every person a test page, from the broker on; exit 3 when it failed",
        allow_abbrev=False,
    )  # fmt: skip
    runs.add_argument("--daily", action="store_true", help="as today's: nothing is done where today has had its own")
    last = verbs.add_parser("last", help="what came of the newest run; exit 3 when it failed", allow_abbrev=False)
    for verb in (runs, last):
        settings.add_arguments(verb)


def run(options: argparse.Namespace) -> int:
    """Carry out one verb."""
    loaded = settings.load(options)
    with settings.database(loaded) as url:
        found = asyncio.run(_last(url)) if options.verb == "last" else _run(url, loaded, options)
    if found is None:
        return 0
    _show(found)
    return 0 if found.passed else EXIT_FAILED


def _run(url: str, loaded: ServerSettings, options: argparse.Namespace) -> Run | None:
    clock = SystemClock()
    wanted = daily.parse(loaded.selftest_at, named="selftest_at (HOMEHD_SELFTEST_AT)")
    with closing(pool.connect(url, name="homehd selftest")) as conn:
        migrate.check(conn)
        unit = selftests.unit(conn)
        if unit is None:
            hint = "`homehd units add NAME --test` makes it"
            raise HomehdError("test the way to people", "there is no unit for tests", hint=hint)
        now_us = notices.database_us(conn)
        day = wanted.due_day(now_us) if options.daily and wanted else None
        asked_by = "daily" if options.daily else audit.operator(getpass.getuser())
        with pool.transaction(conn, "begin a self-test"):
            run_id = selftests.begin(conn, asked_by, now_us, day)
        if run_id is None:
            print("one is running, or today has had its own: `homehd selftest last`")
            return None
        with nullcontext(loaded.selftest_broker) if loaded.selftest_broker else settings.broker(loaded) as broker:
            return selftest.run(conn, run_id, unit, broker, clock, Patience())


async def _last(url: str) -> Run:
    conn = await pool.aconnect(url)
    try:
        found = await selftests.last(conn)
    finally:
        await conn.close()
    if found is None:
        raise HomehdError("show the last self-test", "there was none", hint="`homehd selftest run`")
    return found


def _show(found: Run) -> None:
    when = f"{datetime.fromtimestamp(found.begun_us / 1e6, UTC):%Y-%m-%d %H:%M:%S} UTC"
    result = "passed" if found.passed else f"FAILED: {found.broken or 'not ended'}"
    print(f"{result}\t{when}\t{found.asked_by}" + (f"\t{names.shown(found.detail)}" if found.detail else ""))
    parts = {
        "broker to alert": found.alert_s,
        "alert to notice": found.notice_s,
        "notice to channels": found.channels_s,
    }
    print(*(f"{part} {'-' if s is None else f'{s:.2f} s'}" for part, s in parts.items()), sep="\t")
    for one in found.channels:
        who, label = names.shown(one.user), names.shown(one.label)
        said = names.shown(one.detail)
        print(f"{who}\t{label}\t{one.host}\t{one.state if one.taken else 'NOT TAKEN'}\t{one.seconds:.2f} s\t{said}")
