"""`homehd audit`: who did what, and whether the record of it is whole."""

from __future__ import annotations

import argparse
from contextlib import closing

from homehd import settings
from store import audit, migrate, pool
from telemetry.errors import HomehdError, SettingsError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """verify."""
    verbs = parser.add_subparsers(dest="verb", required=True)
    verify = verbs.add_parser(
        "verify", help="walk the chain; name the first row that does not hold", allow_abbrev=False
    )
    verify.add_argument(
        "--head", metavar="N:HASH", help="a head printed earlier, which must still be there: finds a chain cut short"
    )
    settings.add_arguments(verify)


def run(options: argparse.Namespace) -> int:
    """Carry out one verb."""
    known = _known(options.head) if options.head else None
    with (
        settings.database(settings.load(options)) as url,
        closing(pool.connect(url, name="homehd audit")) as conn,
    ):
        migrate.check(conn)
        walked = audit.verify(conn, known)
    if walked.broken is not None:
        hint = f"{walked.why}; what stands before it holds. Restore a backup beside this one and compare"
        raise HomehdError("verify the audit chain", f"row {walked.broken}", hint=hint)
    print(f"intact\t{walked.count} rows\thead {walked.count}:{walked.head.hex()}")
    return 0


def _known(text: str) -> tuple[int, bytes]:
    number, _, digest = text.partition(":")
    try:
        found = int(number), bytes.fromhex(digest)
    except ValueError:
        found = 0, b""
    if found[0] < 1 or len(found[1]) != 32:
        hint = "number:hash, as `homehd audit verify` prints it"
        raise SettingsError("read flags", f"--head {text[:80]!r}", hint=hint)
    return found
