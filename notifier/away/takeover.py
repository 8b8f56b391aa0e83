"""When the database is back: what was sent without it is put on record, once, and its notices go on from there.

It comes before anything is routed or escalated. Whoever comes second, or again, adds nothing: a page is known by its
receipt, a round by its number, a step by being done.
"""

from __future__ import annotations

import logging
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from alerts.delivery import DeliveryState
from alerts.escalation import StepKind
from alerts.responsibility import Answerable, Move
from evaluation.notice_changes import word
from notifier.away.journal import Story
from notifier.away.outbox import AWAY
from notifier.away.records import NO_HOME, Came, Key, PageOf, Step, Tried
from notifier.moving import Writes
from store import away, channels, deliveries, notices
from store.away import SentPage
from store.deliveries import Wanted
from store.errors import StoreError, Trouble
from store.notices import NewNotice, NoticeRow
from store.pool import Connection, transaction
from telemetry.alarms import Priority
from telemetry.rota import Audience

log = logging.getLogger(__name__)

WHILE: Final = "while the database was away"
# So long ingest has to save what it found, once it says that all is saved, or nothing.
PATIENCE_US: Final = 30_000_000
# So often it is looked whether there is a notice by now. The router says so by itself, but not another's router.
AGAIN_US: Final = 3_000_000
# What the database will not have today it may have once the unit is there again (it was restored from an older copy).
ASIDE_US: Final = 600_000_000
# What keeps everything from being put on record is no fault of one.
_OF_ALL: Final = {Trouble.SCHEMA, Trouble.CREDENTIALS, Trouble.NO_DATABASE}
_ASKED: Final = frozenset({Answerable.ASKING, Answerable.UNANSWERED})


class Kept(Protocol):
    """What `Takeover` needs of whoever pages while the database is away."""

    def unreported(self) -> Sequence[Key]:
        """Homes and causes of which the database does not know everything."""

    def story(self, key: Key) -> Story | None:
        """What it does not know of one; None: there is nothing."""

    def is_unsaved(self, key: Key) -> bool:
        """Whether ingest says that alerts of it are not saved."""

    def waits(self, receipt: str) -> bool:
        """Whether that page waits to be sent, or is on its way."""

    def reported(self, key: Key, steps: int) -> None:
        """The first so many steps of its story are on record."""


@dataclass(slots=True)
class Takeover:
    """`count` is told how many pages were put on record, `refused` of each time that one home's and cause's were not.

    Attributes:
        since_us: since when the database answers (its clock), None while it is not known to.
    """

    kept: Kept
    count: Callable[[int], None]
    refused: Callable[[], None]
    since_us: int | None = None
    _last: Key = (NO_HOME, "")
    # When to look again at those without a notice, and at those that were refused.
    _again_us: dict[Key, int] = field(default_factory=dict)
    _aside: set[Key] = field(default_factory=set)

    def sweep(self, conn: Connection, now_us: int, go_on: Callable[[], bool] = lambda: True) -> None:
        """Report what there is until `go_on`, asked after each, says no: the rest is the next sweep's, so that it holds
        nothing else up. What ingest has yet to save is left to the router; what is refused is set aside. StoreError:
        all that is left is tried again.
        """
        self.since_us = now_us if self.since_us is None else self.since_us
        keys = sorted(self.kept.unreported())
        self._again_us = {key: self._again_us[key] for key in keys if key in self._again_us}
        first = bisect_right(keys, self._last)
        for key in keys[first:] + keys[:first]:
            if now_us < self._again_us.get(key, 0) <= now_us + ASIDE_US or (story := self.kept.story(key)) is None:
                continue
            self._last = key
            self._aside.discard(key)
            try:
                self._settle(conn, key, story, now_us)
            except Exception as error:
                self._set_aside(key, error, now_us)
            if not go_on():
                return

    def unreported(self) -> list[Key]:
        """Whose notices nobody is to be asked about yet: that they were asked already is not on record."""
        return [key for key in self.kept.unreported() if key not in self._aside]

    def _settle(self, conn: Connection, key: Key, story: Story, now_us: int) -> None:
        with transaction(conn, "put on record what was sent without the database"):
            notices.lock_homes(conn, [key[0]])
            row = self._row(conn, key, story, now_us)
            if row is not None:
                row = self._report(conn, row, story, now_us)
                if key[0] == NO_HOME:
                    _close(conn, row, now_us)
        if row is None:
            self._again_us[key] = now_us + AGAIN_US
        else:
            self.kept.reported(key, len(story.steps))

    def hook(self, conn: Connection, row: NoticeRow, now_us: int) -> NoticeRow:
        """The router has locked or opened a notice: what was sent about it goes first. What is reported here is found
        so by the next `sweep`.
        """
        key = row.unit_id or NO_HOME, row.cause
        story = None if row.patient_id is not None else self.kept.story(key)
        if story is None or key in self._aside:
            return row
        self._again_us.pop(key, None)
        try:
            with transaction(conn, "put on record what was sent without the database"):
                return self._report(conn, row, story, now_us)
        except Exception as error:
            self._set_aside(key, error, now_us)
            return row

    def _set_aside(self, key: Key, error: Exception, now_us: int) -> None:
        """It is a story of its own: the others go on. The error again where it is not."""
        if isinstance(error, StoreError) and (error.recoverable or error.trouble in _OF_ALL):
            raise error
        self._aside.add(key)
        self._again_us[key] = now_us + ASIDE_US
        self.refused()
        fields = {"unit": key[0], "cause": key[1]}
        log.error("what was sent without the database is not put on record", exc_info=error, extra={"fields": fields})

    def lost(self) -> None:
        """The database does not answer any more."""
        self.since_us = None

    def _row(self, conn: Connection, key: Key, story: Story, now_us: int) -> NoticeRow | None:
        receipts = [page.receipt for step in story.steps for page in step.pages]
        known = away.reported_in(conn, receipts)
        if known is not None:
            return notices.lock(conn, known)
        if key[0] == NO_HOME:
            return _open(
                conn, NewNotice(None, None, None, Audience.OPERATIONS, AWAY, _subject(story), _top(story)), story
            )
        for row in notices.lock_open(conn, [key[0]]):
            if row.cause == key[1] and row.patient_id is None:
                return row
        if self.kept.is_unsaved(key) or self.since_us is None or now_us - self.since_us < PATIENCE_US:
            return None
        # Ingest did not live to save it. It was told, and that is on record; with no alert, the router closes it.
        home = notices.homes(conn, [key[0]], now_us).get(key[0])
        clinic = home.clinic_id if home else None
        row = _open(conn, NewNotice(key[0], None, clinic, Audience.CLINICAL, key[1], "", _top(story)), story)
        notices.recheck(conn, {row.notice_id: now_us})
        return row

    def _report(self, conn: Connection, row: NoticeRow, story: Story, now_us: int) -> NoticeRow:
        pages: list[SentPage] = []
        left: list[Wanted] = []
        for step in sorted(story.steps, key=lambda step: (step.round, step.number, step.at_us)):
            row = _take(conn, row, step)
            number = step.round if step.round <= row.round else row.round
            for page in step.pages:
                came = story.came.get(page.receipt)
                # One that is on its way may come twice: it may as well not arrive, and then nobody had it.
                waits = self.kept.waits(page.receipt) if came is None else came.state is Tried.AGAIN
                if page.screen or waits:
                    left.append(Wanted(row.notice_id, number, step.number, [page.channel_id], step.priority))
                else:
                    pages.append(_sent(step, number, page, came))
                if came is not None and came.state is Tried.FAILED:
                    # At the time of its page: that is how operations find that it was not a person's doing.
                    channels.disable(conn, page.channel_id, came.detail or "gone", came.at_us)
        self.count(away.report(conn, row.notice_id, pages))
        if row.state in _ASKED:
            # Screens show now who is asked; what nothing has taken yet is tried on from here.
            deliveries.queue(conn, [one for one in left if one.round == row.round], now_us)
        return row


def _take(conn: Connection, row: NoticeRow, step: Step) -> NoticeRow:
    """The round and the step are begun and done at their times, where that is not on record yet."""
    writes = Writes()
    # Who has accepted less than this was asked about has not answered it.
    accepted = row.state == Answerable.ACCEPTED and (row.accepted_until_us or 0) > step.began_us
    accepted = accepted and Priority(step.priority).rank <= Priority(row.priority).rank
    if row.state != Answerable.OVER and not accepted:
        while row.round < step.round:
            reason = f"asked {WHILE}"
            before, priority = row.round, Priority(step.priority)
            row = writes.move(row, Move.ASK, step.began_us, reason, priority=priority)
            if row.round == before:
                break
    writes.flush(conn, step.began_us)
    outcome = f"{step.reason}, {WHILE}"
    if away.end_step(conn, row.notice_id, step.round, step.number, step.at_us, outcome):
        writes = Writes()
        writes.events.append(word(row, step.at_us, outcome, stage=f"step {step.kind}"))
        if step.kind == StepKind.PATHWAY:
            row = writes.move(row, Move.RUN_OUT, step.at_us, f"everybody was asked {WHILE}")
        writes.flush(conn, step.at_us)
    return row


def _sent(step: Step, number: int, page: PageOf, came: Came | None) -> SentPage:
    if came is None:
        state, detail = DeliveryState.SENT, f"handed over {WHILE}; what came of it is not known"
    else:
        state = DeliveryState(came.state)
        detail = f"{'tried' if state is DeliveryState.FAILED else 'sent'} {WHILE}: {came.detail}"
    return SentPage(
        page.receipt, number, step.number, page.channel_id, step.priority, step.at_us if came is None else came.at_us,
        state, detail,
    )  # fmt: skip


def _open(conn: Connection, new: NewNotice, story: Story) -> NoticeRow:
    (row,) = notices.open_all(conn, [new], min(step.began_us for step in story.steps))
    return row


def _close(conn: Connection, row: NoticeRow, now_us: int) -> None:
    writes = Writes()
    if row.state != Answerable.OVER:
        writes.move(row, Move.RESOLVE, now_us, "the database answers again")
    writes.flush(conn, now_us)


def _subject(story: Story) -> str:
    return f"since {min(step.began_us for step in story.steps)}"


def _top(story: Story) -> Priority:
    return max((Priority(step.priority) for step in story.steps), key=lambda priority: priority.rank)
