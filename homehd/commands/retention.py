"""`homehd retention`: drop readings that are older than somebody decided to keep them."""

from __future__ import annotations

import argparse
import sys
from contextlib import closing

from homehd import settings
from store import pool, retention
from store.errors import StoreError, Trouble
from store.pool import Connection
from telemetry.clock import SystemClock


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How long; without it, only what is in force is told."""
    settings.add_arguments(parser)
    parser.add_argument(
        "--keep-days", type=_days, metavar="N",
        help=f"drop whole days of readings older than this, at least {retention.LEAST_DAYS}",
    )  # fmt: skip
    parser.add_argument("--dry-run", action="store_true", help="only say which days would go")
    policy = parser.add_mutually_exclusive_group()
    policy.add_argument("--policy", action="store_true", help="let TimescaleDB do it every day (community edition)")
    policy.add_argument("--no-policy", action="store_true", help="end that")


def run(options: argparse.Namespace) -> int:
    """Drop, or say what is in force; 1 when a day was in use and is left for the next time."""
    if (options.policy or options.dry_run) and options.keep_days is None:
        print("homehd retention: --policy and --dry-run want --keep-days N", file=sys.stderr)
        return 2
    with settings.database(settings.load(options)) as url, closing(pool.connect(url, name="homehd retention")) as conn:
        if options.policy or options.no_policy:
            retention.set_policy(conn, options.keep_days if options.policy else None)
        elif options.keep_days is not None:
            return _drop(conn, options.keep_days, dry_run=options.dry_run)
        days = retention.policy(conn)
        print("readings are kept for ever" if days is None else f"the database keeps {days} days of readings")
    return 0


def _drop(conn: Connection, keep_days: int, *, dry_run: bool) -> int:
    days = retention.droppable(conn, keep_days, SystemClock().now_us())
    left = 0
    for day in days:
        try:
            if not dry_run:
                retention.drop(conn, day)
        except StoreError as error:
            if error.trouble is not Trouble.BUSY:
                raise
            left += 1
            print(f"homehd retention: {day} is in use, left for the next time", file=sys.stderr)
        else:
            print(f"{'would drop' if dry_run else 'dropped'} {day}")
    if not days:
        print("nothing to drop")
    return 1 if left else 0


def _days(text: str) -> int:
    days = int(text)
    if days < retention.LEAST_DAYS:
        raise argparse.ArgumentTypeError(f"at least {retention.LEAST_DAYS}: boxes may still have as much to send")
    return days
