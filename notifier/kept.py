"""Deliveries as the database keeps them, for whoever sends them (notifier.dispatch).

A claim holds while the notifier's heart beats. One that dies between the sending and the report leaves a page that is
sent again under the same key, so that the device replaces it: better twice than not at all. A claim of ours that we do
not know of (its commit was not answered) is given back: with a heart that beats nobody else would ever take it.

While a person is in a flood (alerts.load.pacing), deliveries that are due to one channel go out as one page, with a
pause between two, and share its fate: taken, they are; not taken, each waits for itself again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from math import inf
from typing import TypeVar

from alerts.load.pacing import Told, Turn, turn
from notifier.dispatch import Job, Outcome
from notifier.metrics import Metrics
from notifier.page import NONE, Counts, Digest, Page, Site
from notifier.reports import Ended, Reports
from notifier.words import Language, Occasion
from store import deliveries, notices, pool
from store.deliveries import ClaimedDelivery, Together, Waiting
from store.pool import Connection, answered_within, pipelined
from telemetry.alarms import Priority
from telemetry.rota import Audience

ANSWER_S = 10.0
# At the first look of a connection, and so often: the commit of the one before may come after that.
RELEASE_US = 60_000_000
T = TypeVar("T")


class KeptDeliveries:
    """`Deliveries` of one notifier. Any thread may claim and report; they share one connection."""

    def __init__(self, database_url: str, instance: str, site: Site, metrics: Metrics) -> None:
        self._url = database_url
        self._instance = instance
        self._site = site
        self._metrics = metrics
        self._lock = threading.Lock()
        self._reports = Reports(instance, metrics.refused.inc)
        self._held_s = inf
        self._conn: Connection | None = None
        self._released_us: int | None = None

    def claim(self, limit: int, without: frozenset[str], *, high_only: bool) -> Sequence[Job]:
        """Up to `limit` that are due, high first, one a host and none for the hosts in `without`."""
        return self._with(lambda conn: self._claim(conn, limit, without, high_only))

    def report(self, job: Job, outcome: Outcome) -> None:
        """Record what came of a claimed job; a channel that is gone for good is used no more."""
        ended = Ended(job, outcome)
        self._reports.add(ended)
        # Whoever has the connection next writes all there is: mostly somebody has done it meanwhile.
        self._with(lambda conn: self._reports.write(conn) if self._reports.waits(ended) else 0)
        self._metrics.tries.labels(outcome.receipt or "again").inc()

    def held_s(self) -> float:
        """Seconds from the last claim until what it held back in a flood may go; infinite where nothing was."""
        return self._held_s

    def close(self) -> None:
        """Give the connection up."""
        with self._lock:
            self._drop()

    def _claim(self, conn: Connection, limit: int, without: frozenset[str], high_only: bool) -> list[Job]:
        self._reports.write(conn)  # what another time did not go
        with pipelined(conn, "claim pages"):
            now_us = notices.database_us(conn)
            self._release(conn, now_us)
            waiting = deliveries.waiting(conn, now_us, without=without, high_only=high_only)
            turns = [(one, *_next(one, now_us)) for one in waiting]
            held_us = min((turn.from_us for _, _, turn in turns if turn.from_us > now_us), default=None)
            self._held_s = inf if held_us is None else (held_us - now_us) / 1e6
            chosen: dict[str, tuple[int, bool]] = {}
            for one, delivery_id, turn in turns:
                if turn.from_us <= now_us and len(chosen) < limit:
                    chosen.setdefault(one.host, (delivery_id, turn.folds))
            if not chosen:
                return []
            found = deliveries.claim(conn, self._instance, now_us, [number for number, _ in chosen.values()])
            folds = {number for number, folds in chosen.values() if folds}
            leads = [one.delivery_id for one in found if one.delivery_id in folds]
            together = deliveries.fold(conn, self._instance, now_us, leads)
            jobs = [self._job(one, together.get(one.delivery_id)) for one in found]
        self._reports.began(jobs)
        return jobs

    def _release(self, conn: Connection, now_us: int) -> None:
        if self._released_us is None or abs(now_us - self._released_us) >= RELEASE_US:
            self._metrics.released.inc(deliveries.release(conn, self._instance, self._reports.held()))
            self._released_us = now_us

    def _job(self, one: ClaimedDelivery, together: Together | None) -> Job:
        self._metrics.claimed.inc()
        occasion, counts = Occasion.TEST if one.is_test else Occasion.CALL, NONE
        if one.open is not None:
            occasion = Occasion.DIGEST
        if together is not None:
            occasion, counts = Occasion.SEVERAL, Counts(together.homes, together.high, together.other)
            self._metrics.folded.inc(together.high + together.other - 1)
        page = Page(
            str(one.delivery_id), Priority(one.priority), Audience(one.audience), Language(one.language), occasion,
            self._site, one.receipt, digest=_digest(one), counts=counts,
        )  # fmt: skip
        return Job(one.delivery_id, one.address, one.host, page, one.attempt - 1)

    def _with(self, deed: Callable[[Connection], T]) -> T:
        with self._lock:
            try:
                if self._conn is None:
                    self._conn = pool.connect(self._url, name="homehd notifier pages")
                with answered_within(self._conn, ANSWER_S, "keep deliveries"):
                    return deed(self._conn)
            except Exception:
                self._drop()
                raise

    def _drop(self) -> None:
        if self._conn is not None:
            with suppress(Exception):
                self._conn.close()
        self._conn = self._released_us = None


def _digest(one: ClaimedDelivery) -> Digest | None:
    return None if one.open is None else Digest(min(one.open, 9999), min(one.days or 0, 9999))


def _next(one: Waiting, now_us: int) -> tuple[int, Turn]:
    """Which delivery goes next, and how."""
    delivery_id = one.high or one.other
    assert delivery_id is not None, "something waits"
    if one.goes_alone:
        return delivery_id, Turn(False, now_us)
    told = Told(
        one.notices, one.told_high, one.folded, one.high_folded, one.singly, one.pages, one.last_us, one.last_high_us
    )
    return delivery_id, turn(told, now_us, high=one.high is not None)
