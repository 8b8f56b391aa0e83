"""Rows that came late, judged after all: ended treatments go through the rules once more, on a thread of their own.

No rule saw these rows live. What is found in them, and is not recorded yet, is written down as late and as over: it is
in the history and on the timeline, opens no alert on a screen and pages nobody. Which treatments are due is written in
the transaction that ends one or stores late rows of it; an ended treatment waits for a minute without more of them.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Final

from alerts.records import Transition
from alerts.ruleset import Ruleset
from evaluation.episodes import episodes
from evaluation.once_more import AT_ONCE, Way, once_more
from ingest.late_findings import unknown
from ingest.metrics import Metrics
from ingest.side_thread import SideThread
from store import late_passes
from store.ended_treatments import Ended
from store.errors import StoreError, Trouble
from store.pool import Connection
from telemetry.clock import Clock

log = logging.getLogger(__name__)

AGAIN_US: Final = 3_600_000_000
_ITS_OWN: Final = frozenset({Trouble.REFUSED, Trouble.CONFLICT, Trouble.OTHER, Trouble.BUSY})


class LatePass(SideThread):
    """Passes what is due for the units of `owned()` shards."""

    name = "late pass"
    waits = "no late pass for now"
    look_s = 5.0

    def __init__(
        self, database_url: str, owned: Callable[[], frozenset[int]], ruleset: Ruleset, clock: Clock, metrics: Metrics
    ) -> None:
        super().__init__(database_url)
        self._owned = owned
        self._ruleset = ruleset
        self._clock = clock
        self._metrics = metrics

    def step(self, conn: Connection) -> int:
        """Pass some of what is due; how many were tried. StoreError when the database is not well."""
        found = late_passes.due(conn, self._owned(), self._clock.now_us(), AT_ONCE)
        late = {wanted: late_passes.late_times(conn, wanted) for wanted in found}
        for wanted in found:
            if not late[wanted]:
                late_passes.save(conn, wanted, [], self._clock.now_us())
        passing = [wanted for wanted in found if late[wanted]]
        if passing and not self._try(conn, passing, late):
            for wanted in passing:
                if not self._stop.is_set() and not self._try(conn, [wanted], late):
                    late_passes.put_off(conn, wanted, self._clock.now_us() + AGAIN_US)
                    self._metrics.late_passes.labels("failed").inc()
        return len(found)

    def _try(self, conn: Connection, passing: Sequence[Ended], late: dict[Ended, list[int]]) -> bool:
        """Whether all of these were passed, or left because we are to stop."""
        fields = {"treatments": [wanted.treatment_id for wanted in passing]}
        try:
            told = self._through_the_rules(conn, passing)
            if self._stop.is_set():
                return True
            for wanted, transitions in zip(passing, told, strict=True):
                self._record(conn, wanted, transitions, late[wanted])
        except StoreError as error:
            if error.trouble not in _ITS_OWN:
                raise
            log.error("late pass failed", extra={"fields": {**fields, "error": error.line()}})
            return False
        except Exception:
            log.exception("late pass failed", extra={"fields": fields})
            return False
        return True

    def _record(
        self, conn: Connection, wanted: Ended, transitions: Sequence[Transition], late_us: Sequence[int]
    ) -> None:
        fresh = unknown(episodes(wanted, transitions), late_passes.known(conn, wanted), late_us)
        rows = [row for episode in fresh for row in episode.events]
        late_passes.save(conn, wanted, rows, self._clock.now_us())
        self._metrics.late_passes.labels("passed").inc()
        self._metrics.late_alerts.inc(len(fresh))
        fields = {"treatment": wanted.treatment_id, "late_rows": len(late_us), "alerts": len(fresh)}
        log.info("late rows judged", extra={"fields": fields})

    def _through_the_rules(self, conn: Connection, passing: Sequence[Ended]) -> list[list[Transition]]:
        """What the rules say to each, from its first row to its last."""
        told: list[list[Transition]] = [[] for _ in passing]
        began_s = self._clock.monotonic_s()
        for (found,) in once_more(conn, passing, [Way(self._ruleset)]):
            for transition in found:
                told[transition.row].append(transition)
            # Half of the time is ingest's: it must not wait for this.
            if self._stop.wait(min(1.0, self._clock.monotonic_s() - began_s)):
                break
            began_s = self._clock.monotonic_s()
        return told
