"""What is kept of every minute, made to follow the rows on a thread and a connection of its own: ingest never waits.

Only where TimescaleDB's community edition keeps minutes at all (`store.minutes`); elsewhere one question a minute finds
that there is nothing to do. Several ingests share a database: whoever comes first does it.
"""

from __future__ import annotations

from contextlib import closing

from ingest.metrics import Metrics
from ingest.side_thread import SideThread
from store import minutes
from store.pool import Connection
from telemetry.clock import Clock


class MinuteKeeper(SideThread):
    """Computes the minutes that are due."""

    name = "minutes"
    waits = "minutes wait"
    look_s = 60.0

    def __init__(self, database_url: str, clock: Clock, metrics: Metrics) -> None:
        super().__init__(database_url)
        self._clock = clock
        self._metrics = metrics

    def begin(self, conn: Connection) -> None:
        """What comes first on a new connection."""
        minutes.take_time(conn)

    def failed(self) -> None:
        """Count a failure of its own."""
        self._metrics.minutes.labels("failed").inc()

    def step(self, conn: Connection) -> int:
        """Compute what is due, or as much of it as there is time for before `stop`; how many pieces.

        StoreError when the database is not well.
        """
        done = 0
        with closing(minutes.catch_up(conn, self._clock.now_us())) as pieces:
            for _ in pieces:
                done += 1
                self._metrics.minutes.labels("computed").inc()
                if self._stop.is_set():
                    break
        return done
