"""`homehd load`: what alerts asked of people, and which rules asked for nothing."""

from __future__ import annotations

import argparse
from contextlib import closing
from typing import Final

import msgspec

from alerts.load.figures import Stretch
from alerts.rota.local_time import DAY_US
from evaluation.load import load
from homehd import load_lines, names, rota_words, settings
from store import load as store
from store import migrate, pool, rota
from telemetry.clock import SystemClock

MOST_DAYS: Final = 366


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Flags."""
    parser.add_argument("--days", type=_days, default=7, metavar="N", help="up to now: 7")
    parser.add_argument("--clinic", metavar="CLINIC", help="its name: of all")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    settings.add_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """Read, count, print."""
    now_us = SystemClock().now_us()
    stretch = Stretch(now_us - options.days * DAY_US, now_us)
    with settings.database(settings.load(options)) as url, closing(pool.connect(url, name="homehd load")) as conn:
        migrate.check(conn)
        book = rota.load(conn, now_us)
        clinic = None if options.clinic is None else rota_words.clinic(book, options.clinic)
        found = store.read(conn, stretch.from_us, stretch.to_us, now_us, None if clinic is None else clinic.clinic_id)
    made = load(found, stretch)
    if options.json:
        print(msgspec.json.encode(load_lines.plain(made, book.people, found.labels)).decode())
        return 0
    for row in load_lines.table(made, book.people, found.labels):
        print(*map(names.shown, row), sep="\t")
    return 0


def _days(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MOST_DAYS:
        raise argparse.ArgumentTypeError(f"days, 1 to {MOST_DAYS}: {text!r}")
    return int(text)
