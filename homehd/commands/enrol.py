"""`homehd enrol CODE`: give this box its identity."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path

from telemetry import enrolment
from telemetry.clock import SystemClock
from telemetry.errors import HomehdError, SettingsError

# Where the package's service looks for edge.toml.
FOLDER = Path("/etc/homehd")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The code in one piece or in three, and where the files go."""
    parser.add_argument("code", nargs="?", metavar="CODE", help="the whole line from `homehd units add`, in quotes")
    parser.add_argument("--registrar", metavar="HOST:PORT", help="instead of the line: where the registrar is")
    parser.add_argument("--secret", metavar="UNIT.SECRET", help="instead of the line: the one-time code")
    parser.add_argument(
        "--ca-fingerprint", metavar="SHA256", help="instead of the line: of the authority's certificate"
    )
    parser.add_argument(
        "--folder", type=Path, default=FOLDER, metavar="DIR", help=f"gets edge.toml, identity.pem, ca.pem ({FOLDER})"
    )


def run(options: argparse.Namespace) -> int:
    """Enrol, and say what to do next. The same command again finishes what was interrupted."""
    code = _code(options)
    try:
        from edge_agent import enrolment as box
    except ImportError as error:
        raise HomehdError("enrol", str(error.name), hint="not installed: pip install 'homehd[enrol]'") from error
    done = box.enrol(code, options.folder.absolute(), SystemClock())
    until = datetime.fromtimestamp(done.until_us / 1e6, UTC)
    print(
        f"unit {done.unit} is {'already ' if done.already else ''}enrolled until {until:%Y-%m-%d}; the agent renews it"
    )
    if done.kept:
        print(f"{done.config} stays as it was")
    print(f"next: homehd edge --config {done.config} --once-config-check")
    return 0


def _code(options: argparse.Namespace) -> enrolment.EnrolmentCode:
    parts = (options.registrar, options.secret, options.ca_fingerprint)
    if options.code and not any(parts):
        return enrolment.parse(options.code)
    if options.code or not all(parts):
        hint = "give the whole line, or --registrar, --secret and --ca-fingerprint"
        raise SettingsError("read flags", "CODE", hint=hint)
    return enrolment.assemble(*parts)
