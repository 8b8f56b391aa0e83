"""What is kept of every minute, made to follow the rows on a thread and a connection of its own: ingest never waits.

Only where TimescaleDB's community edition keeps minutes at all (`store.minutes`); elsewhere one question a minute finds
that there is nothing to do. Several ingests share a database: whoever comes first does it.
"""

from __future__ import annotations

import logging
import threading
from contextlib import closing
from typing import Final

from ingest.metrics import Metrics
from store import minutes, pool
from store.errors import StoreError
from store.pool import Connection
from telemetry.clock import Clock

log = logging.getLogger(__name__)

LOOK_S: Final = 60.0


class MinuteKeeper:
    """Computes the minutes that are due."""

    def __init__(self, database_url: str, clock: Clock, metrics: Metrics) -> None:
        self._url = database_url
        self._clock = clock
        self._metrics = metrics
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="minutes", daemon=True)

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def stop(self, within_s: float = 2.0) -> None:
        """End; a piece that is being computed may be left, and stays due."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(within_s)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                with pool.connect(self._url, name="homehd minutes") as conn:
                    minutes.take_time(conn)
                    while not self._stop.is_set():
                        self.step(conn)
                        self._stop.wait(LOOK_S)
            except StoreError as error:
                self._metrics.minutes.labels("failed").inc()
                log.warning("minutes wait", extra={"fields": {"error": error.line()}})
            except Exception:
                self._metrics.minutes.labels("failed").inc()
                log.exception("minutes wait")
            self._stop.wait(LOOK_S)

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
