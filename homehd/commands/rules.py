"""`homehd rules`: the rules in a line each; the pages of the safety file written, or checked."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from alerts import ruleset
from homehd.safety import pages


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """list, write, check."""
    verbs = parser.add_subparsers(dest="verb", required=True)
    listing = verbs.add_parser("list", help="id, version, priorities and title, one rule a line", allow_abbrev=False)
    listing.add_argument("--rules", type=Path, metavar="DIR", help="rule files (default: those shipped)")
    write = verbs.add_parser("write", help="write docs/safety/alarms.md and trace.md anew", allow_abbrev=False)
    check = verbs.add_parser(
        "check", help="whether pages, cases and hazard log are as they should be", allow_abbrev=False
    )
    for verb in (write, check):
        verb.add_argument(
            "--root", type=Path, default=Path(__file__).resolve().parents[2], metavar="DIR",
            help="folder of the source code (default: the one this program runs from)",
        )  # fmt: skip


def run(options: argparse.Namespace) -> int:
    """0; 1 with one line on standard error for each thing that is not as it should be."""
    if options.verb == "list":
        for rule in sorted(ruleset.load(options.rules).rules, key=lambda rule: rule.id):
            priorities = sorted({rung.priority for rung in rule.rungs}, key=lambda priority: -priority.rank)
            print(rule.id, rule.version, ",".join(priorities), rule.title, sep="\t")
        return 0
    checkout = pages.read(options.root)
    if options.verb == "write":
        for path in pages.write(checkout):
            print(f"{path}\twritten")
        return 0
    faults = list(pages.faults(checkout))
    for fault in faults:
        print(f"homehd rules: {fault}", file=sys.stderr)
    return 1 if faults else 0
