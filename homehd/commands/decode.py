"""`homehd decode`: machine bytes to readings."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from homehd import decode
from telemetry.errors import HomehdError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which protocol, which profile, which bytes."""
    parser.add_argument("--protocol", required=True, metavar="P")
    parser.add_argument("--profile", required=True, metavar="PROFILE", help="the machine's model; never guessed")
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE", help="recorded bytes (default: standard input)")


def run(options: argparse.Namespace) -> int:
    """1 when any frame was rejected."""
    if options.file is None:
        return decode.run(options.protocol, options.profile, sys.stdin.buffer, sys.stdout, sys.stderr)
    try:
        stream = options.file.open("rb")
    except OSError as error:
        raise HomehdError("read machine bytes", str(options.file), hint=error.strerror or "") from error
    with stream:
        return decode.run(options.protocol, options.profile, stream, sys.stdout, sys.stderr)
