"""What lies before and behind ingest, as figures for Prometheus, on a thread and a connection of their own.

Ingest sees what has arrived. Whether something has not arrived yet, only the boxes can say; and whether what is
acknowledged is on one disk only, the database.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Final

from ingest.metrics import Metrics
from store import backups, fleet, pool
from store.errors import StoreError
from store.pool import Connection

log = logging.getLogger(__name__)

LOOK_S: Final = 15.0
# An acknowledgement takes some seconds; a box whose oldest row is older than this has a backlog.
BEHIND_S: Final = 60.0


class Lookout:
    """Counts the boxes of `owned()` shards, several ingests each their own; and looks after the backup's stream."""

    def __init__(self, database_url: str, owned: Callable[[], frozenset[int]], metrics: Metrics) -> None:
        self._url = database_url
        self._owned = owned
        self._metrics = metrics
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="lookout", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self, within_s: float = 2.0) -> None:
        """End."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(within_s)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                with pool.connect(self._url, name="homehd lookout") as conn:
                    while not self._stop.is_set():
                        self.step(conn)
                        self._stop.wait(LOOK_S)
            except StoreError as error:
                log.warning("no figures of boxes and backup for now", extra={"fields": {"error": error.line()}})
            except Exception:
                log.exception("no figures of boxes and backup for now")
            self._stop.wait(LOOK_S)

    def step(self, conn: Connection) -> None:
        """Look once; StoreError when the database is not well."""
        stream = backups.stream(conn)
        self._metrics.backup_streams.set(stream.active)
        self._metrics.backup_behind.set(stream.behind_bytes)
        found, metrics = fleet.fleet(conn, self._owned(), BEHIND_S), self._metrics
        metrics.boxes.labels("online").set(found.online)
        metrics.boxes.labels("offline").set(found.offline)
        metrics.boxes.labels("never heard").set(found.never)
        metrics.boxes_waiting_rows.set(found.waiting_rows)
        metrics.boxes_oldest_s.set(found.oldest_s)
        metrics.boxes_behind.set(found.behind)
        metrics.boxes_troubled.set(found.troubled)
        metrics.boxes_no_machine.set(found.no_machine)
