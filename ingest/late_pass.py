"""Rows that came late, judged after all: ended treatments go through the rules once more, on a thread of their own.

No rule saw these rows live. What is found in them, and is not recorded yet, is written down as late and as over: it is
in the history and on the timeline, opens no alert on a screen and pages nobody. Which treatments are due is written in
the transaction that ends one or stores late rows of it; an ended treatment waits for a minute without more of them.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from alerts.engine import Engine
from alerts.records import Context, Samples, Transition
from alerts.ruleset import Ruleset
from ingest.contexts import context_then
from ingest.judging import events_only
from ingest.late_findings import episodes, unknown
from ingest.metrics import Metrics
from store import late_passes, machine_events, pool, reading_queries
from store.errors import StoreError, Trouble
from store.late_passes import Due
from store.pool import Connection
from telemetry.clock import Clock
from telemetry.messages import Event, Flag

log = logging.getLogger(__name__)

LOOK_S: Final = 5.0
AGAIN_US: Final = 3_600_000_000
# So many go through the rules together, so much of each at once: it bounds memory, and a round costs about the same.
AT_ONCE: Final = 50
PAGE_US: Final = 600_000_000
# An alarm that stands when a treatment begins may have begun before.
EVENTS_BEFORE_US: Final = 12 * 3_600_000_000
_ITS_OWN: Final = frozenset({Trouble.REFUSED, Trouble.CONFLICT, Trouble.OTHER, Trouble.BUSY})


class LatePass:
    """Passes what is due for the units of `owned()` shards."""

    def __init__(
        self, database_url: str, owned: Callable[[], frozenset[int]], ruleset: Ruleset, clock: Clock, metrics: Metrics
    ) -> None:
        self._url = database_url
        self._owned = owned
        self._ruleset = ruleset
        self._clock = clock
        self._metrics = metrics
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="late pass", daemon=True)

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def stop(self, within_s: float = 2.0) -> None:
        """End; what is under way may be left, and stays due."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(within_s)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                with pool.connect(self._url, name="homehd late pass") as conn:
                    while not self._stop.is_set():
                        if not self.step(conn):
                            self._stop.wait(LOOK_S)
            except StoreError as error:
                log.warning("no late pass for now", extra={"fields": {"error": error.line()}})
            except Exception:
                log.exception("no late pass for now")
            self._stop.wait(LOOK_S)

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

    def _try(self, conn: Connection, passing: Sequence[Due], late: dict[Due, list[int]]) -> bool:
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

    def _record(self, conn: Connection, wanted: Due, transitions: Sequence[Transition], late_us: Sequence[int]) -> None:
        fresh = unknown(episodes(wanted, transitions), late_passes.known(conn, wanted), late_us)
        rows = [row for episode in fresh for row in episode.events]
        late_passes.save(conn, wanted, rows, self._clock.now_us())
        self._metrics.late_passes.labels("passed").inc()
        self._metrics.late_alerts.inc(len(fresh))
        fields = {"treatment": wanted.treatment_id, "late_rows": len(late_us), "alerts": len(fresh)}
        log.info("late rows judged", extra={"fields": fields})

    def _through_the_rules(self, conn: Connection, passing: Sequence[Due]) -> list[list[Transition]]:
        """What the rules say to each, from its first row to its last. No clock ticks: who was silent then is known."""
        engine = Engine(self._ruleset, len(passing))
        told: list[list[Transition]] = [[] for _ in passing]
        events: list[tuple[int, Event]] = []
        for number, wanted in enumerate(passing):
            row = engine.register(f"treatment {wanted.treatment_id}")
            engine.set_context(row, _context(conn, wanted))
            before_us = wanted.start_us - EVENTS_BEFORE_US
            events += [
                (number, event)
                for event in machine_events.events_between(conn, wanted.unit_id, before_us, wanted.end_us + 1)
            ]
        longest_us = max(wanted.end_us - wanted.start_us for wanted in passing)
        for page_us in range(0, longest_us + 1, PAGE_US):
            began_s = self._clock.monotonic_s()
            samples, events = _page(conn, passing, page_us, events)
            for transition in engine.evaluate(samples):
                told[transition.row].append(transition)
            # Half of the time is ingest's: it must not wait for this.
            if self._stop.wait(min(1.0, self._clock.monotonic_s() - began_s)):
                break
        return told


def _context(conn: Connection, wanted: Due) -> Context:
    if wanted.patient_id is None:
        return Context()
    return context_then(conn, wanted.patient_id, wanted.prescription, wanted.start_us)


def _page(
    conn: Connection, passing: Sequence[Due], page_us: int, events: list[tuple[int, Event]]
) -> tuple[Samples, list[tuple[int, Event]]]:
    """The rows of each that lie in this page of its own, with the events that go before them; the other events."""
    ends = [min(wanted.start_us + page_us + PAGE_US, wanted.end_us + 1) for wanted in passing]
    pages = [
        reading_queries.between(conn, wanted.unit_id, wanted.start_us + page_us, end_us)
        for wanted, end_us in zip(passing, ends, strict=True)
    ]
    now = [(row, event) for row, event in events if event.time_us < ends[row]]
    later = [(row, event) for row, event in events if event.time_us >= ends[row]]
    if not any(len(page) for page in pages):
        return events_only(now), later
    # A row whose time nobody knows is kept from the rules here too.
    sure = np.concatenate([(page.flags & np.uint8(Flag.TIME_UNCERTAIN)) == 0 for page in pages])
    time_us = np.concatenate([page.time_us for page in pages])[sure]
    samples = Samples(
        row=np.concatenate([np.full(len(page), row, np.int32) for row, page in enumerate(pages)])[sure],
        time_us=time_us,
        phase=np.concatenate([page.phase for page in pages])[sure],
        values=np.concatenate([page.values for page in pages])[sure],
        invalid=np.concatenate([page.invalid for page in pages])[sure],
        received_us=time_us,
        events=now,
    )
    return samples, later
