"""`homehd ingest`: from the broker to the store."""

from __future__ import annotations

import argparse

from homehd import settings
from homehd.stopping import stop_event
from ingest import service, shards
from telemetry import topics
from telemetry.clock import SystemClock
from telemetry.steady_clock import SteadyClock


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which shards."""
    settings.add_arguments(parser)
    parser.add_argument("--shards", default=f"0-{topics.SHARDS - 1}", metavar="0-63", help="a range or a list: 0-15,32")


def run(options: argparse.Namespace) -> int:
    """Blocks until SIGTERM."""
    wanted = shards.parse(options.shards)
    loaded = settings.load(options)
    with settings.services(loaded) as where:
        service.run(
            service.IngestOptions(
                database_url=where.database_url,
                broker_url=where.broker_url,
                shards=wanted,
                health_port=loaded.ingest_health_port,
                database_folders=loaded.data_folders,
            ),
            SteadyClock(SystemClock()),
            stop_event(),
        )
    return 0
