"""`homehd demo`: everything at once, on this machine only."""

from __future__ import annotations

import argparse

from homehd import demo, settings
from homehd.stopping import stop_event
from telemetry.clock import SystemClock
from telemetry.errors import SettingsError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How many homes, for how long, where."""
    settings.add_arguments(parser)
    parser.add_argument("--homes", type=int, default=6, metavar="N", help="simulated homes, 1…64 (default 6)")
    parser.add_argument("--minutes", type=float, metavar="M", help="stop after this long (default: until Ctrl-C)")
    parser.add_argument(
        "--port", type=int, metavar="P", help="where the dashboard listens (default HOMEHD_API_PORT or 8080)"
    )
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="same seed, same patients (default 1)")


def run(options: argparse.Namespace) -> int:
    """Blocks until Ctrl-C, SIGTERM or the time is over."""
    if not 1 <= options.homes <= demo.MAX_HOMES:
        raise demo.wrong_number_of_homes(options.homes)
    if options.minutes is not None and not 0 < options.minutes < demo.MAX_MINUTES:
        raise SettingsError("read flags", f"--minutes {options.minutes:g}", hint="more than 0, less than a year")
    plan = demo.Plan(homes=options.homes, minutes=options.minutes, port=options.port, seed=options.seed)
    demo.run(plan, settings.load(options), SystemClock(), stop_event())
    return 0
