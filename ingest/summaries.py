"""Summaries of treatments that are over, on a thread and a connection of their own: ingest never waits for one.

Which are due is written in the transaction that ends a treatment or stores late rows of it, so none is forgotten,
whatever is restarted in between. Several ingests share the work as they share the shards.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final

from ingest.metrics import Metrics
from ingest.side_thread import SideThread
from store import treatment_summaries
from store.errors import StoreError, Trouble
from store.pool import Connection
from store.treatment_summaries import Due
from telemetry.clock import Clock

log = logging.getLogger(__name__)

# One that fails by itself is tried again much later: it will most likely fail again.
AGAIN_US: Final = 3_600_000_000
# What may be wrong with one treatment, and not with the database: its data, or that it takes too long.
_ITS_OWN: Final = frozenset({Trouble.REFUSED, Trouble.CONFLICT, Trouble.OTHER, Trouble.BUSY})


class Summariser(SideThread):
    """Computes what is due for the units of `owned()` shards."""

    name = "summaries"
    waits = "no summaries for now"
    look_s = 5.0

    def __init__(self, database_url: str, owned: Callable[[], frozenset[int]], clock: Clock, metrics: Metrics) -> None:
        super().__init__(database_url)
        self._owned = owned
        self._clock = clock
        self._metrics = metrics

    def step(self, conn: Connection) -> int:
        """Compute some of what is due; how many were tried. StoreError when the database is not well."""
        found = treatment_summaries.due(conn, self._owned(), self._clock.now_us())
        for wanted in found:
            if self._stop.is_set():
                break
            self._one(conn, wanted)
        return len(found)

    def _one(self, conn: Connection, wanted: Due) -> None:
        now_us = self._clock.now_us()
        fields: dict[str, object] = {"treatment": wanted.stored.treatment_id, "unit_id": wanted.unit_id}
        try:
            treatment_summaries.save(conn, wanted, treatment_summaries.summarise(conn, wanted), now_us)
        except StoreError as error:
            if error.trouble not in _ITS_OWN:
                raise
            log.error("summary failed", extra={"fields": {**fields, "error": error.line()}})
        except Exception:
            log.exception("summary failed", extra={"fields": fields})
        else:
            self._metrics.summaries.labels("computed").inc()
            log.info("treatment summarised", extra={"fields": {**fields, "revision": wanted.revision}})
            return
        self._metrics.summaries.labels("failed").inc()
        treatment_summaries.put_off(conn, wanted, now_us + AGAIN_US)
