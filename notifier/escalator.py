"""Steps whose time has come: whom they ask, by which channels, and what follows where they reach nobody."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from alerts import escalation
from alerts.delivery import DeliveryState, has_reached_a_device
from alerts.escalation import Addressed, People, StepKind, Told, Way
from alerts.responsibility import Answerable, Move
from evaluation.notice_changes import word
from notifier.moving import Writes
from store import deliveries, notice_steps
from store.deliveries import Wanted
from store.notice_steps import DueStep
from store.notices import NoticeRow
from store.pool import Connection, pipelined
from telemetry.alarms import Priority

_STILL_ASKED: Final = frozenset({Answerable.ASKING, Answerable.UNANSWERED})

WhoIsOnCall = Callable[[Connection, NoticeRow, int], People]


def advance(conn: Connection, who: WhoIsOnCall, now_us: int, unreported: Sequence[tuple[int, str]] = ()) -> int:
    """Take the steps that are due; how many notices that was. StoreError: nothing has changed, all is due still.

    `unreported`: units and causes whose notices are left: what was sent about them is not on record yet.
    """
    with pipelined(conn, "take the steps that are due"):
        rows = notice_steps.lock_with_due_steps(conn, now_us, without=unreported)
        steps: defaultdict[int, list[DueStep]] = defaultdict(list)
        for step in notice_steps.due_steps(conn, [row.notice_id for row in rows], now_us):
            steps[step.notice_id].append(step)
        work = _Pass(conn, now_us, {row.notice_id: who(conn, row, now_us) for row in rows})
        for row in rows:
            work.take_all(row, steps[row.notice_id])
        work.queue()
        work.writes.flush(conn, now_us)
        return len(rows)


@dataclass(slots=True)
class _Pass:
    """The steps of one transaction. What is queued is queued for all together: in a storm it is the most of the time.

    Attributes:
        people: who is on call for each of its notices. every: the channels in use of all these people.
        ways: of these, the channels of the people asked for so far, by user ids.
        taken: steps that wait for `queue`.
    """

    conn: Connection
    now_us: int
    people: Mapping[int, People]
    writes: Writes = field(default_factory=Writes)
    every: list[Way] = field(default_factory=list)
    ways: dict[tuple[int, ...], list[Way]] = field(default_factory=dict)
    taken: list[tuple[DueStep, Wanted, str]] = field(default_factory=list)

    def take_all(self, row: NoticeRow, steps: Sequence[DueStep]) -> None:
        """The steps of one notice, in order."""
        for number, step in enumerate(steps):
            if number:
                self.queue()  # what the step before has used counts
            if row.state not in _STILL_ASKED or row.round != step.round:
                notice_steps.end_steps(self.conn, [(step, f"no longer needed: {row.reason}")], self.now_us)
            elif step.kind == StepKind.REPEAT:
                notice_steps.end_steps(self.conn, [(step, "nobody has accepted: all over again")], self.now_us)
                priority = Priority(row.priority)
                row = self.writes.move(row, Move.ASK, self.now_us, "nobody has accepted", priority=priority)
            else:
                row = self._take(row, step)

    def queue(self) -> None:
        """Queue what the steps taken ask for, and end them; where that is nothing, the next step is due now."""
        queued = deliveries.queue(self.conn, [wanted for _, wanted, _ in self.taken], self.now_us)
        asked = {(notice, step) for _, notice, step in queued}
        notice_steps.end_steps(self.conn, [(step, outcome) for step, _, outcome in self.taken], self.now_us)
        for step, wanted, _ in self.taken:
            is_last = step.kind in (StepKind.SECOND_CHANNEL, StepKind.PATHWAY)
            if (wanted.notice_id, wanted.step) not in asked and not is_last:
                notice_steps.hurry(self.conn, wanted.notice_id, wanted.round, self.now_us)
        self.taken.clear()

    def _take(self, row: NoticeRow, step: DueStep) -> NoticeRow:
        kind = StepKind(step.kind)
        found = self._addressed(row, kind)
        channels = [way.channel_id for way in found.ways]
        wanted = Wanted(row.notice_id, row.round, step.number, channels, row.priority)
        self.taken.append((step, wanted, found.reason))
        self.writes.events.append(word(row, self.now_us, found.reason, stage=f"step {kind}"))
        if kind is StepKind.PATHWAY:
            return self.writes.move(row, Move.RUN_OUT, self.now_us, "everybody was asked and nobody has accepted")
        return row

    def _addressed(self, row: NoticeRow, kind: StepKind) -> Addressed:
        people = self.people[row.notice_id]
        # With the first step of a round nobody has been asked in it yet.
        used = [] if kind is StepKind.FIRST else deliveries.used(self.conn, row.notice_id, row.round)
        told = Told(
            frozenset(c.channel_id for c in used),
            frozenset(c.user_id for c in used if has_reached_a_device(DeliveryState(c.state))),
            frozenset(c.user_id for c in used if c.rejected),
        )
        return escalation.addressed(kind, Priority(row.priority), people, self._ways(people), told)

    def _ways(self, people: People) -> list[Way]:
        everybody = tuple(sorted(_all(people)))
        if not self.ways:
            # The first read is for all: in a storm these are the people of every clinic.
            asked = {user for people in self.people.values() for user in _all(people)}
            self.every = [Way(*way) for way in deliveries.ways(self.conn, sorted(asked))]
        if everybody not in self.ways:
            self.ways[everybody] = [way for way in self.every if way.user_id in everybody]
        return self.ways[everybody]


def _all(people: People) -> set[int]:
    return {*people.first, *people.backup, *people.everyone, *people.pathway}
