"""Sends what is due: many at a time, each in a thread of its own, so that a receiver that hangs delays nobody else.

Where deliveries are kept is somebody else's business (`Deliveries`); how a page travels is the channels'.

What holds, with the defaults: of 32 places a receiver has four at most, and one from its first time-out on until it
answers again. So a page to another receiver is handed over within `poll_s` unless eight receivers began to hang in the
same ten seconds, or 24 hang for good (32 for pages of high priority); then it waits for one time-out, 10 s.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from alerts.delivery import DeliveryState
from notifier import retry
from notifier.channels import Sent, Unreachable
from notifier.page import Page
from telemetry.clock import Clock
from telemetry.errors import HomehdError

log = logging.getLogger(__name__)


GATHER_S: Final = 0.02


@dataclass(frozen=True, slots=True)
class Limits:
    """How much at once.

    Attributes:
        in_all: sends at a time, and threads.
        of_a_host: sends to one receiver at a time; one while it is in trouble.
        for_high: of the places in all, those that only pages of high priority get; of a receiver's it is one.
        timeout_s: for one send.
        poll_s: how often it is looked for what is due when nobody wakes us.
    """

    in_all: int = 32
    of_a_host: int = 4
    for_high: int = 8
    timeout_s: float = 10.0
    poll_s: float = 1.0


@dataclass(frozen=True, slots=True)
class Job:
    """One try of one delivery.

    Attributes:
        id: of the delivery, for the one who keeps it.
        address: of the channel; a secret.
        host: `Channels.host(address)`, stored with the channel so that claims can be limited by it.
        failed: tries that failed before, ≥ 0.
    """

    id: int
    address: str
    host: str
    page: Page
    failed: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a try.

    Attributes:
        receipt: *sent*, *delivered*, or *failed* when the channel is gone for good and to be disabled; None = not yet.
        detail: why, in words that hold no secret.
        retry_in_s: seconds until the next try; None when there is to be none.
    """

    receipt: DeliveryState | None
    detail: str
    retry_in_s: float | None = None


class Deliveries(Protocol):
    """Where deliveries are kept. `report` is called from many threads at once."""

    def held_s(self) -> float:
        """Seconds, ≥ 0, from the last claim until what it held back although it was due may go; infinite: nothing."""

    def claim(self, limit: int, without: frozenset[str], *, high_only: bool) -> Sequence[Job]:
        """Up to `limit` deliveries that are due, of the highest priority first, at most one for each host and none for
        the hosts in `without`. What is claimed is nobody else's until it is reported or this notifier is dead.
        """

    def report(self, job: Job, outcome: Outcome) -> None:
        """Record what came of a claimed job."""


class Carrier(Protocol):
    """What `notifier.channels.Channels` does for us."""

    def send(self, address: str, page: Page, timeout_s: float) -> Sent:
        """Hand a page over; Unreachable when it was not taken."""


class Dispatch:
    """Claims, sends and reports until it is stopped. Any number may run against the same deliveries.

    Attributes:
        looked_s: when it last knew all that was due, by the clock's monotonic seconds; long ago = pages do not go out.
    """

    def __init__(self, deliveries: Deliveries, carrier: Carrier, clock: Clock, limits: Limits | None = None) -> None:
        self._deliveries = deliveries
        self._carrier = carrier
        self._clock = clock
        self._limits = limits or Limits()
        self._lock = threading.Lock()
        self._running: Counter[str] = Counter()  # by host
        self._in_trouble: set[str] = set()  # hosts whose last send took all its time
        self._wake = threading.Event()
        self.looked_s = clock.monotonic_s()

    def wake(self) -> None:
        """Something may be due: do not wait for the next look."""
        self._wake.set()

    def run(self, stop: threading.Event) -> None:
        """Until `stop` is set (and `wake` called, or `poll_s` over); then what is on its way may end, for as long as
        a send takes.
        """
        while not stop.is_set():
            self._wake.clear()
            try:
                self._start_what_is_due()
                self.looked_s = self._clock.monotonic_s()
            except HomehdError as error:
                log.warning("cannot look for due pages", extra={"fields": {"reason": error.line()}})
            except Exception:  # a mistake of ours; with this thread all pages would end
                log.exception("cannot look for due pages")
            self._wake.wait(min(self._limits.poll_s, self._deliveries.held_s()))
            if self._is_busy():
                # Each look goes through all that is due: in a storm for several places at a time, not for each.
                stop.wait(GATHER_S)
        self._wait_for_the_last()

    def _start_what_is_due(self) -> None:
        for high_only in (True, False):
            # One of each host at a time: again, until there is none.
            while (room := self._room(high_only)) > 0:
                jobs = self._deliveries.claim(room, self._full(high_only), high_only=high_only)
                if not jobs:
                    break
                for number, job in enumerate(jobs):
                    try:
                        self._start(job)
                    except Exception:  # no thread is to be had
                        self._give_back(jobs[number:])
                        raise

    def _is_busy(self) -> bool:
        with self._lock:
            return 2 * self._running.total() > self._limits.in_all

    def _room(self, high_only: bool) -> int:
        with self._lock:
            return self._limits.in_all - self._running.total() - (0 if high_only else self._limits.for_high)

    def _full(self, high_only: bool) -> frozenset[str]:
        with self._lock:
            return frozenset(host for host, n in self._running.items() if n >= self._places(host, high_only))

    def _places(self, host: str, high_only: bool) -> int:
        places = 1 if host in self._in_trouble else self._limits.of_a_host
        return places if high_only else max(1, places - 1)

    def _start(self, job: Job) -> None:
        with self._lock:
            self._running[job.host] += 1
        try:
            threading.Thread(target=self._carry, args=(job,), name=f"page {job.id}", daemon=True).start()
        except BaseException:
            self._leave(job.host)
            raise

    def _give_back(self, jobs: Sequence[Job]) -> None:
        """Claimed and not tried: nobody else would take them while we live."""
        for job in jobs:
            outcome = Outcome(None, "not tried: no thread could be started", self._limits.poll_s)
            _tell(job, outcome)
            self._record(job, outcome)

    def _carry(self, job: Job) -> None:
        began = self._clock.monotonic_s()
        outcome = self._send(job)
        try:
            self._record(job, outcome)
        finally:
            self._settle(job.host, in_trouble=self._hung(outcome, began))

    def _record(self, job: Job, outcome: Outcome) -> None:
        try:
            self._deliveries.report(job, outcome)
        except HomehdError as error:
            # It will be claimed again, and sent twice under one key: better than not at all.
            log.warning("cannot record what came of a page", extra={"fields": {"reason": error.line()}})
        except Exception:  # a mistake of ours
            log.exception("cannot record what came of a page")

    def _send(self, job: Job) -> Outcome:
        try:
            sent = self._carrier.send(job.address, job.page, self._limits.timeout_s)
            outcome = Outcome(DeliveryState(sent.receipt), sent.detail)
        except Unreachable as error:
            outcome = _failed(job, error)
        except Exception as error:  # nothing may keep a page from being tried again; its text could hold a secret
            outcome = _failed(job, Unreachable(f"a mistake of ours ({type(error).__name__})"))
        _tell(job, outcome)
        return outcome

    def _hung(self, outcome: Outcome, began: float) -> bool:
        return outcome.receipt is None and self._clock.monotonic_s() - began >= 0.9 * self._limits.timeout_s

    def _settle(self, host: str, *, in_trouble: bool) -> None:
        self._leave(host)
        with self._lock:
            if in_trouble:
                self._in_trouble.add(host)
            else:
                self._in_trouble.discard(host)
        self._wake.set()

    def _leave(self, host: str) -> None:
        with self._lock:
            self._running[host] -= 1
            if not self._running[host]:
                del self._running[host]

    def _wait_for_the_last(self) -> None:
        deadline = self._clock.monotonic_s() + self._limits.timeout_s
        while self._running and self._clock.monotonic_s() < deadline:
            self._wake.wait(0.05)
            self._wake.clear()


def _failed(job: Job, error: Unreachable) -> Outcome:
    if error.permanent:
        return Outcome(DeliveryState.FAILED, error.why)
    wait_s = retry.delay_s(job.page.priority, job.failed + 1, job.page.key, error.retry_after_s)
    return Outcome(None, error.why, wait_s)


def _tell(job: Job, outcome: Outcome) -> None:
    fields: dict[str, object] = {"delivery": job.id, "receiver": job.host, "detail": outcome.detail}
    if outcome.receipt in (None, DeliveryState.FAILED):
        fields |= {"tries": job.failed + 1, "again_in_s": outcome.retry_in_s}
        log.warning("page not taken", extra={"fields": fields})
    else:
        log.info("page taken", extra={"fields": fields})
