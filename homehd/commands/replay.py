"""`homehd replay`: the rules over recorded readings, the same code as live."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import TextIO

import msgspec

from alerts import replay, ruleset
from telemetry.errors import HomehdError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """From where, with which rules, to where."""
    parser.add_argument(
        "--input", type=Path, required=True, metavar="FILE", help="one JSON object a line; - = standard input"
    )
    parser.add_argument("--rules", type=Path, metavar="DIR", help="rule files (default: those shipped)")
    parser.add_argument(
        "--output", type=Path, metavar="FILE", help="one JSON object per transition (default: standard output)"
    )


def run(options: argparse.Namespace) -> int:
    """Write every transition."""
    rules = ruleset.load(options.rules)
    with ExitStack() as stack:
        lines: Iterable[str] = (
            sys.stdin if str(options.input) == "-" else stack.enter_context(_open(options.input, "r"))
        )
        output = stack.enter_context(_open(options.output, "w")) if options.output else sys.stdout
        try:
            for transition in replay.run(lines, rules):
                output.write(msgspec.json.encode(transition).decode() + "\n")
        except UnicodeDecodeError as error:
            raise HomehdError("read recorded readings", str(options.input), hint="not UTF-8 text") from error
    return 0


def _open(path: Path, mode: str) -> TextIO:
    try:
        return path.open(mode, encoding="utf-8")  # type: ignore[return-value]
    except OSError as error:
        raise HomehdError("open file", str(path), hint=error.strerror or "") from error
