"""What lies before and behind ingest, as figures for Prometheus, on a thread and a connection of their own.

Ingest sees what has arrived. Whether something has not arrived yet, only the boxes can say; and whether what is
acknowledged is on one disk only, the database.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ingest.metrics import Metrics
from ingest.side_thread import SideThread
from store import backups, fleet
from store.pool import Connection

# An acknowledgement takes some seconds; a box whose oldest row is older than this has a backlog.
BEHIND_S: Final = 60.0


class Lookout(SideThread):
    """Counts the boxes of `owned()` shards, several ingests each their own; and looks after the backup's stream."""

    name = "lookout"
    waits = "no figures of boxes and backup for now"
    look_s = 15.0

    def __init__(self, database_url: str, owned: Callable[[], frozenset[int]], metrics: Metrics) -> None:
        super().__init__(database_url)
        self._owned = owned
        self._metrics = metrics

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
