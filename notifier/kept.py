"""Deliveries as the database keeps them, for whoever sends them (notifier.dispatch).

A claim holds while the notifier's heart beats. One that dies between the sending and the report leaves a page that is
sent again under the same key, so that the device replaces it: better twice than not at all.

While a person is in a flood (alerts.load.flood), all medium deliveries that are due to one channel go out as one page
and share its fate: taken, they are; not taken, each waits for itself again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TypeVar

from alerts.delivery import DeliveryState, after
from alerts.load import flood
from notifier.dispatch import Job, Outcome
from notifier.metrics import Metrics
from notifier.page import Digest, Page, Site
from notifier.words import Language, Occasion
from store import channels, deliveries, notices, pool
from store.deliveries import ClaimedDelivery, HeldDelivery
from store.errors import StoreError
from store.pool import Connection, answered_within, pipelined, transaction
from telemetry.alarms import Priority
from telemetry.rota import Audience

ANSWER_S = 10.0
# Whoever tries a channel is looking at the page meanwhile.
TEST_LASTS_US = 300_000_000
T = TypeVar("T")


class KeptDeliveries:
    """`Deliveries` of one notifier. Any thread may claim and report; they share one connection."""

    def __init__(self, database_url: str, instance: str, site: Site, metrics: Metrics) -> None:
        self._url = database_url
        self._instance = instance
        self._site = site
        self._metrics = metrics
        self._lock = threading.Lock()
        self._conn: Connection | None = None

    def claim(self, limit: int, without: frozenset[str], *, high_only: bool) -> Sequence[Job]:
        """Up to `limit` that are due, high first, one a host and none for the hosts in `without`."""
        return self._with(lambda conn: self._claim(conn, limit, without, high_only))

    def report(self, job: Job, outcome: Outcome) -> None:
        """Record what came of a claimed job; a channel that is gone for good is used no more."""
        self._with(lambda conn: self._report(conn, job, outcome))
        self._metrics.tries.labels(outcome.receipt or "again").inc()

    def close(self) -> None:
        """Give the connection up."""
        with self._lock:
            self._drop()

    def _claim(self, conn: Connection, limit: int, without: frozenset[str], high_only: bool) -> list[Job]:
        with transaction(conn, "claim pages"):
            now_us = notices.database_us(conn)
            found = deliveries.claim(conn, self._instance, now_us, limit, without=without, high_only=high_only)
            return [self._job(one, folded=self._fold(conn, one, now_us)) for one in found]

    def _fold(self, conn: Connection, one: ClaimedDelivery, now_us: int) -> int:
        if one.priority != Priority.MEDIUM:
            return 0  # high ones go singly, whatever else there is
        with_it = deliveries.fold(
            conn, one.delivery_id, self._instance, now_us, begins_above=flood.BEGINS_ABOVE, ends_below=flood.ENDS_BELOW
        )
        self._metrics.folded.inc(len(with_it))
        return len(with_it)

    def _report(self, conn: Connection, job: Job, outcome: Outcome) -> None:
        with pipelined(conn, "record what came of a page"):
            now_us = notices.database_us(conn)
            held = deliveries.lock(conn, job.id)
            for one in held:
                self._report_one(conn, one, job.id, outcome, now_us)
            if outcome.receipt is DeliveryState.SENT and job.page.occasion is Occasion.TEST:
                channels.note_tested_of_delivery(conn, job.id, now_us)
            if outcome.receipt is DeliveryState.FAILED and held:
                channels.disable_of_delivery(conn, job.id, outcome.detail, now_us)
                for notice_id, number in {(one.notice_id, one.round) for one in held}:
                    if notice_id is not None and deliveries.nothing_left(conn, notice_id, number):
                        notices.hurry(conn, notice_id, number, now_us)

    def _report_one(self, conn: Connection, held: HeldDelivery, lead: int, outcome: Outcome, now_us: int) -> None:
        if held.claimed_by != self._instance and outcome.receipt is None:
            return  # another has taken it over, and is at it
        before = DeliveryState(held.state)
        state = before if outcome.receipt is None else after(before, outcome.receipt)
        again_us = None
        # Withdrawn meanwhile: somebody has accepted, or it is over.
        if outcome.retry_in_s is not None and held.wanted:
            again_us = now_us + round(outcome.retry_in_s * 1e6)
        if held.notice_id is None and again_us is not None and again_us > held.queued_us + TEST_LASTS_US:
            # Nothing ends a test but its time. What could not be tried is not gone: the channel stays in use.
            state, again_us = after(before, DeliveryState.FAILED), None
        with_it = "" if held.delivery_id == lead else f"in one page with delivery {lead}: "
        deliveries.report(conn, held.delivery_id, state, with_it + outcome.detail, now_us, again_us)

    def _job(self, one: ClaimedDelivery, folded: int) -> Job:
        self._metrics.claimed.inc()
        page = Page(
            str(one.delivery_id), Priority(one.priority), Audience(one.audience), Language(one.language),
            _occasion(one, folded), self._site, one.receipt, _digest(one),
        )  # fmt: skip
        return Job(one.delivery_id, one.address, one.host, page, one.attempt - 1)

    def _with(self, deed: Callable[[Connection], T]) -> T:
        with self._lock:
            try:
                if self._conn is None:
                    self._conn = pool.connect(self._url, name="homehd notifier pages")
                with answered_within(self._conn, ANSWER_S, "keep deliveries"):
                    return deed(self._conn)
            except StoreError:
                self._drop()
                raise

    def _drop(self) -> None:
        if self._conn is not None:
            with suppress(Exception):
                self._conn.close()
        self._conn = None


def _digest(one: ClaimedDelivery) -> Digest | None:
    return None if one.open is None else Digest(min(one.open, 9999), min(one.days or 0, 9999))


def _occasion(one: ClaimedDelivery, folded: int) -> Occasion:
    if one.is_test:
        return Occasion.TEST
    if one.open is not None:
        return Occasion.DIGEST
    return Occasion.SEVERAL if folded else Occasion.CALL
