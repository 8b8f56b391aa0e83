"""What came of pages, written for all that is known in one transaction: in a storm most of the work is commits."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Final

from alerts.delivery import DeliveryState, after
from alerts.digest import WITHIN_US
from notifier.dispatch import Job, Outcome
from notifier.words import Occasion
from store import channels, deliveries, notice_steps, notices
from store.deliveries import HeldDelivery, Report
from store.errors import OURS, StoreError
from store.pool import Connection, pipelined

log = logging.getLogger(__name__)

# Of one transaction; a folded page counts once, with however many it stands for.
AT_ONCE: Final = 100
# Whoever tries a channel is looking at the page meanwhile.
TEST_LASTS_US: Final = 300_000_000
REFUSED_US: Final = 60_000_000


@dataclass(frozen=True, slots=True)
class Ended:
    """A job and what came of it."""

    job: Job
    outcome: Outcome


class Reports:
    """What is on its way, and what is not written yet of what came of it. Any thread may add; one at a time writes.

    `refused` is called for each of which nothing can be recorded.
    """

    def __init__(self, instance: str, refused: Callable[[], object] = lambda: None) -> None:
        self._instance = instance
        self._refused = refused
        self._lock = threading.Lock()
        self._waiting: list[Ended] = []
        self._sending: set[int] = set()

    def began(self, jobs: Sequence[Job]) -> None:
        """These are claimed and on their way: something will be added of each."""
        with self._lock:
            self._sending.update(job.id for job in jobs)

    def add(self, ended: Ended) -> None:
        """To be written by whoever writes next."""
        with self._lock:
            self._waiting.append(ended)
            self._sending.discard(ended.job.id)

    def held(self) -> set[int]:
        """Deliveries that are on their way, or of which something is still to be written."""
        with self._lock:
            return self._sending | {one.job.id for one in self._waiting}

    def waits(self, ended: Ended) -> bool:
        """Whether that one is not written yet."""
        with self._lock:
            return any(one is ended for one in self._waiting)

    def write(self, conn: Connection) -> int:
        """Write what waits; how many. StoreError: it may work another time, and nothing is lost.

        Of what cannot be written together, each is written alone; one that cannot be at all is logged, counted, and its
        delivery tried again in a minute, for nobody knows what became of it.
        """
        written = singly = 0
        while batch := self._take(1 if singly else AT_ONCE):
            singly = max(0, singly - 1)
            try:
                self._write(conn, batch)
            except Exception as error:
                if _may_work_later(error):
                    self._put_back(batch)
                    raise
                if len(batch) > 1:
                    self._put_back(batch)
                    singly = len(batch)
                else:
                    self._refuse(conn, batch[0], error)
            else:
                written += len(batch)
        return written

    def _take(self, many: int) -> list[Ended]:
        with self._lock:
            batch = self._waiting[:many]
            del self._waiting[:many]
            return batch

    def _refuse(self, conn: Connection, one: Ended, error: Exception) -> None:
        fields = {"delivery": one.job.id, "reason": error.line() if isinstance(error, StoreError) else repr(error)}
        log.error("what came of a page cannot be recorded", extra={"fields": fields}, exc_info=error)
        self._refused()
        deliveries.put_off(conn, self._instance, one.job.id, notices.database_us(conn) + REFUSED_US)

    def _put_back(self, batch: Sequence[Ended]) -> None:
        with self._lock:
            self._waiting[:0] = batch

    def _write(self, conn: Connection, batch: Sequence[Ended]) -> None:
        outcomes = {one.job.id: one.outcome for one in batch}
        digests = {one.job.id for one in batch if one.job.page.occasion is Occasion.DIGEST}
        with pipelined(conn, "record what came of pages"):
            now_us = notices.database_us(conn)
            held = deliveries.lock(conn, list(outcomes))
            told = [
                report
                for one in held
                if (report := self._report(one, outcomes, now_us, _ends_us(one, digests))) is not None
            ]
            deliveries.report(conn, told, now_us)
            for number, outcome in outcomes.items():
                if outcome.receipt is DeliveryState.FAILED:
                    _give_up(conn, number, outcome, held, now_us)
            for one in batch:
                if one.outcome.receipt is DeliveryState.SENT and one.job.page.occasion is Occasion.TEST:
                    channels.note_tested_of_delivery(conn, one.job.id, now_us)

    def _report(
        self, held: HeldDelivery, outcomes: dict[int, Outcome], now_us: int, ends_us: int | None
    ) -> Report | None:
        is_own = held.delivery_id in outcomes
        lead = held.delivery_id if is_own else held.lead
        outcome = outcomes[lead]
        if held.claimed_by != self._instance and outcome.receipt is None:
            return None  # another has taken it over, and is at it
        before = DeliveryState(held.state)
        state = before if outcome.receipt is None else after(before, outcome.receipt)
        again_us = None
        # Withdrawn meanwhile: somebody has accepted, or it is over.
        if outcome.retry_in_s is not None and held.wanted:
            again_us = now_us + round(outcome.retry_in_s * 1e6)
        if ends_us is not None and again_us is not None and again_us > ends_us:
            # Nothing ends it but its time. What could not be tried is not gone: the channel stays in use.
            state, again_us = after(before, DeliveryState.FAILED), None
        with_it = "" if is_own else f"in one page with delivery {lead}: "
        return Report(held.delivery_id, state, with_it + outcome.detail, again_us)


def _ends_us(held: HeldDelivery, digests: Collection[int]) -> int | None:
    """When it is not tried any more; None: whenever its notice is answered or over."""
    if held.delivery_id in digests:
        return held.queued_us + WITHIN_US
    return held.queued_us + TEST_LASTS_US if held.notice_id is None else None


def _may_work_later(error: Exception) -> bool:
    """Whether it is the database's trouble as a whole, and not of what was to be written."""
    return isinstance(error, StoreError) and error.trouble not in OURS


def _give_up(conn: Connection, lead: int, outcome: Outcome, held: Sequence[HeldDelivery], now_us: int) -> None:
    """A channel that is gone for good is used no more, and nobody waits for it."""
    channels.disable_of_delivery(conn, lead, outcome.detail, now_us)
    for notice_id, number in {(one.notice_id, one.round) for one in held if lead in (one.delivery_id, one.lead)}:
        if notice_id is not None and deliveries.nothing_left(conn, notice_id, number):
            notice_steps.hurry(conn, notice_id, number, now_us)
