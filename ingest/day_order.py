"""Puts days that are over in order, on a thread and a connection of its own: ingest never waits longer than a moment.

One day a look, so that a database that has never been put in order does not work at it without pause. Several ingests
share a database: whoever comes first does it.
"""

from __future__ import annotations

import logging
import threading
from contextlib import closing
from typing import Final

from ingest.metrics import Metrics
from store import day_order, pool
from store.errors import StoreError
from telemetry.clock import Clock

log = logging.getLogger(__name__)

LOOK_S: Final = 600.0


class DayKeeper:
    """Puts in order what is due."""

    def __init__(self, database_url: str, clock: Clock, metrics: Metrics) -> None:
        self._url = database_url
        self._clock = clock
        self._metrics = metrics
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="day order", daemon=True)

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def stop(self, within_s: float = 2.0) -> None:
        """End; a day at which it works is left as it is, and stays due."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(within_s)

    def step(self) -> None:
        """Put one day in order, if one is due; StoreError when it could not be."""
        with closing(pool.connect(self._url, name="homehd day order")) as conn:
            day = day_order.put_in_order(conn, self._clock.now_us())
        if day is not None:
            self._metrics.days_ordered.labels("ordered").inc()
            log.info("day in order", extra={"fields": {"day": str(day)}})

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self.step()
            except StoreError as error:
                self._metrics.days_ordered.labels("failed").inc()
                log.warning("day order waits", extra={"fields": {"error": error.line()}})
            except Exception:
                self._metrics.days_ordered.labels("failed").inc()
                log.exception("day order waits")
            self._stop.wait(LOOK_S)
