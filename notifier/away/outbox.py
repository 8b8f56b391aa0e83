"""Pages of the journal as `notifier.dispatch` sends them: no database, and no secret on disk but on the card."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from math import inf
from typing import Final

from notifier.away.card import CardChannel
from notifier.away.journal import Journal
from notifier.away.records import NO_HOME, Came, PageOf, Step, Tried
from notifier.dispatch import Job, Outcome
from notifier.page import Page, Site
from notifier.words import Language, Occasion
from telemetry.alarms import Priority
from telemetry.clock import Clock
from telemetry.rota import Audience

# Causes of pages to operations.
AWAY: Final = "database"
BACK: Final = "database back"
_OCCASION: Final = {(NO_HOME, AWAY): Occasion.AWAY, (NO_HOME, BACK): Occasion.BACK}


@dataclass(slots=True)
class _Waiting:
    step: Step
    page: PageOf
    channel: CardChannel
    due_us: int
    failed: int = 0
    claimed: bool = False


class Outbox:
    """`Deliveries` of pages that are in the journal. Any thread may put, claim and report.

    `wants` says whether pages of a step are still to be sent. `came` hears what came of each try, once it is on disk.
    """

    def __init__(
        self, journal: Journal, site: Site, clock: Clock, wants: Callable[[Step], bool],
        came: Callable[[Step, PageOf, Came], None],
    ) -> None:  # fmt: skip
        self._journal = journal
        self._site = site
        self._clock = clock
        self._wants = wants
        self._came = came
        self._lock = threading.Lock()
        self._waiting: dict[int, _Waiting] = {}
        self._receipts: set[str] = set()  # of what waits
        self._last = 0

    def put(self, step: Step, channels: dict[int, CardChannel], *, known: bool = False) -> None:
        """Pages of a step that is in the journal. `known`: from before a restart; then only what is known not to have
        been taken is sent: what was on its way may be there.
        """
        with self._lock:
            for page in step.pages:
                came = self._journal.came(page.receipt)
                channel = channels.get(page.channel_id)
                if page.screen or channel is None or (known and (came is None or came.state != Tried.AGAIN)):
                    continue
                self._last += 1
                self._waiting[self._last] = _Waiting(
                    step, page, channel, came.again_us if came else 0, came.failed if came else 0
                )
                self._receipts.add(page.receipt)

    def drop(self, step: Step) -> None:
        """Another has sent these pages: ours that nobody has taken yet are not wanted any more."""
        channels = {page.channel_id for page in step.pages}
        with self._lock:
            for number, one in list(self._waiting.items()):
                same = (one.step.key, one.step.round) == (step.key, step.round) and one.page.channel_id in channels
                if same and not one.claimed:
                    self._remove(number)

    def waits(self, receipt: str) -> bool:
        """Whether that page waits or is on its way: no more is known of it yet."""
        with self._lock:
            return receipt in self._receipts

    @property
    def left(self) -> int:
        """Pages that wait or are on their way."""
        with self._lock:
            return len(self._waiting)

    def held_s(self) -> float:
        """Seconds until what is held back in a flood may go: nothing is, here."""
        return inf

    def claim(self, limit: int, without: frozenset[str], *, high_only: bool) -> Sequence[Job]:
        """Up to `limit` that are due, high first, one a host and none for the hosts in `without`."""
        now_us = self._clock.now_us()
        with self._lock:
            for number in [n for n, one in self._waiting.items() if not one.claimed and not self._wants(one.step)]:
                self._remove(number)
            hosts, jobs = set(without), list[Job]()
            for number, one in sorted(self._waiting.items(), key=lambda item: (-_rank(item[1]), item[0])):
                late = one.due_us > now_us or (high_only and one.step.priority != Priority.HIGH)
                if one.claimed or late or one.channel.host in hosts or len(jobs) >= limit:
                    continue
                hosts.add(one.channel.host)
                one.claimed = True
                jobs.append(Job(number, one.channel.address, one.channel.host, self._page(one), one.failed))
            return jobs

    def report(self, job: Job, outcome: Outcome) -> None:
        """Record what came of a claimed job."""
        now_us = self._clock.now_us()
        with self._lock:
            one = self._waiting[job.id]
            if outcome.retry_in_s is not None:
                one.failed, one.due_us = one.failed + 1, now_us + round(outcome.retry_in_s * 1e6)
        state = Tried.AGAIN if outcome.receipt is None else Tried(outcome.receipt)
        came = Came(one.page.receipt, state, outcome.detail, now_us, one.failed, one.due_us)
        # Until it is on disk the page is on its way: nobody finds it gone with nothing known of it.
        self._journal.write(came)
        with self._lock:
            if outcome.retry_in_s is not None:
                one.claimed = False
            else:
                self._remove(job.id)
        self._came(one.step, one.page, came)

    def _remove(self, number: int) -> None:
        self._receipts.discard(self._waiting.pop(number).page.receipt)

    def _page(self, one: _Waiting) -> Page:
        step = one.step
        return Page(
            key_of(step, one.page.channel_id), Priority(step.priority),
            Audience.OPERATIONS if step.unit_id == NO_HOME else Audience.CLINICAL, Language(one.channel.language),
            _OCCASION.get(step.key, Occasion.UNSAVED), self._site, one.page.receipt,
        )  # fmt: skip


def key_of(step: Step, channel_id: int) -> str:
    """What names a page on a device: the same from each notifier, so that one replaces the other."""
    text = f"{step.unit_id}/{step.cause}/{step.round}/{step.kind}/{channel_id}"
    # A digit first: a key is told from words by one.
    return "0" + sha256(text.encode()).hexdigest()[:31]


def has_failed(came: Came | None) -> bool:
    """Whether a channel is gone for good."""
    return came is not None and came.state is Tried.FAILED


def _rank(one: _Waiting) -> int:
    return Priority(one.step.priority).rank
