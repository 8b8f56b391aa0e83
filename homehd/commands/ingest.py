"""`homehd ingest`: from the broker to the store."""

from __future__ import annotations

import argparse

from homehd import settings
from homehd.stopping import stop_event
from ingest import service
from telemetry import topics
from telemetry.clock import SystemClock
from telemetry.errors import SettingsError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which shards."""
    settings.add_arguments(parser)
    parser.add_argument("--shards", default=f"0-{topics.SHARDS - 1}", metavar="0-63", help="a range or a list: 0-15,32")


def run(options: argparse.Namespace) -> int:
    """Blocks until SIGTERM."""
    shards = parse_shards(options.shards)
    loaded = settings.load(options)
    with settings.services(loaded) as where:
        service.run(
            service.IngestOptions(
                database_url=where.database_url,
                broker_url=where.broker_url,
                shards=shards,
                health_port=loaded.ingest_health_port,
            ),
            SystemClock(),
            stop_event(),
        )
    return 0


def parse_shards(text: str) -> frozenset[int]:
    """`0-15,32` as shard numbers; SettingsError for anything else."""
    shards: set[int] = set()
    try:
        for part in text.split(","):
            first, _, last = part.partition("-")
            shards.update(range(int(first), int(last or first) + 1))
    except ValueError:
        shards.clear()
    if not shards or min(shards) < 0 or max(shards) >= topics.SHARDS:
        raise SettingsError(
            "read flags", f"--shards {text}", hint=f"a range or list within 0-{topics.SHARDS - 1}: 0-15,32"
        )
    return frozenset(shards)
