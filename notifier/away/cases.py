"""Whom to page about what while the database is away, and when. Pure: alerts, people, times and numbers are handed in.

A *case* is what a notice is otherwise: the open alerts of a home and cause. The same stages, standings and plans move
it; only that nobody can accept, so that rounds are counted and end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from alerts import escalation, responsibility, routing
from alerts.escalation import PLANS, People, StepKind, Told, Way
from alerts.responsibility import Answerable, Move, Standing
from alerts.routing import AlertFacts, Home
from notifier.away.records import PageOf, Step
from telemetry.alarms import Priority

# Of high ones an hour, of medium ones almost five: people have been told that nobody can answer, and where to look.
MAX_ROUNDS: Final = 8
_SECOND: Final = 1_000_000
_ASKED: Final = frozenset({Answerable.ASKING, Answerable.UNANSWERED})


@dataclass(frozen=True, slots=True)
class Now:
    """What is the case at a moment.

    Attributes:
        late_us: how long after it is due a step is ours, for others go before us.
        screens: channels that no page is sent to: screens show alerts by themselves.
    """

    now_us: int
    late_us: int
    people: People
    ways: Sequence[Way]
    screens: frozenset[int] = frozenset()


@dataclass(slots=True)
class Case:
    """Where one stands.

    Attributes:
        began_us: when its round began. done: kinds of the round's steps that were taken. heard: that others took.
        used: channels the round has used. received, rejected: people, before the database went away.
        rounds: how many began here, since the last rise of its priority.
        hurry: the next step is due whenever it was: the last one reached nobody.
        touched_us: when we last did something, 0: never.
    """

    unit_id: int
    cause: str
    standing: Standing
    began_us: int = 0
    done: set[StepKind] = field(default_factory=set)
    heard: set[StepKind] = field(default_factory=set)
    used: set[int] = field(default_factory=set)
    received: frozenset[int] = frozenset()
    rejected: frozenset[int] = frozenset()
    rounds: int = 0
    hurry: bool = False
    touched_us: int = 0

    @property
    def asks(self) -> bool:
        """Whether people are being asked about it."""
        return self.standing.state in _ASKED

    def advance(self, alerts: Sequence[AlertFacts], home: Home, now: Now, receipt: Callable[[], str]) -> list[Step]:
        """What its alerts come to by now, and the steps that are ours to take: they count as taken."""
        self._decide(alerts, home, now.now_us)
        taken: list[Step] = []
        # A round has six steps; a case whose steps reach nobody goes through one of them in a look.
        while self.asks and len(taken) < len(StepKind) and (step := self._next(now)) is not None:
            number, kind = step
            if kind is StepKind.REPEAT:
                if self.rounds >= MAX_ROUNDS:
                    break
                self._begin(replace(self.standing, state=Answerable.ASKING, round=self.standing.round + 1), now.now_us)
                continue
            taken.append(self._take(number, kind, now, receipt))
        return taken

    def hear(self, step: Step) -> None:
        """A step of which another has sent something, or which we had taken before we were started again."""
        if step.round < self.standing.round:
            return
        if step.round > self.standing.round:
            self._begin(Standing(Answerable.ASKING, Priority(step.priority), step.round), step.began_us)
        self.began_us = min(self.began_us, step.began_us)
        self.heard.add(StepKind(step.kind))
        self.used |= {page.channel_id for page in step.pages}

    def resume(self, steps: Iterable[Step]) -> None:
        """Go on from the journal: the steps of this case, in order. Those of others are only heard of."""
        for step in steps:
            self.hear(step)
            if not step.by and step.round == self.standing.round:
                self._note(StepKind(step.kind), step.at_us)

    def nothing_left(self) -> None:
        """Everything that its round has sent has failed."""
        self.hurry = self.asks

    def _decide(self, alerts: Sequence[AlertFacts], home: Home, now_us: int) -> None:
        judged = [(alert, routing.judge(alert, home, now_us)) for alert in alerts]
        if self.standing.state is Answerable.OVER:
            self.standing = replace(self.standing, state=Answerable.NOBODY)
        decision = routing.decide(self.standing, judged, now_us)
        if decision.move is None:
            return
        before = self.standing
        risen = decision.priority is not None and decision.priority.rank > before.priority.rank
        if risen:
            self.rounds = 0
        if decision.move in (Move.ASK, Move.EXPIRE) and self.rounds >= MAX_ROUNDS:
            return
        after = responsibility.after(before, decision.move, now_us, priority=decision.priority)
        if after is None:
            return
        if after.round > before.round:
            self._begin(after, now_us)
        self.standing = after

    def _begin(self, standing: Standing, began_us: int) -> None:
        self.standing, self.began_us, self.hurry = standing, began_us, False
        self.rounds += 1
        self.done, self.heard, self.used = set(), set(), set()
        self.received = self.rejected = frozenset()

    def _next(self, now: Now) -> tuple[int, StepKind] | None:
        for number, step in enumerate(PLANS[self.standing.priority]):
            if step.kind in self.done:
                continue
            hurried = self.hurry and step.kind is not StepKind.REPEAT
            due_us = self.began_us + (0 if hurried else step.after_s * _SECOND)
            # Others who go before us have begun the round as late as we have seen it: their word comes in time.
            return (number, step.kind) if due_us + now.late_us <= now.now_us else None
        return None

    def _take(self, number: int, kind: StepKind, now: Now, receipt: Callable[[], str]) -> Step:
        told = Told(frozenset(self.used), self.received, self.rejected)
        found = escalation.addressed(kind, self.standing.priority, now.people, now.ways, told)
        pages = [PageOf(way.channel_id, way.user_id, receipt(), way.channel_id in now.screens) for way in found.ways]
        reason = "another notifier has asked them" if found.nobody and kind in self.heard else found.reason
        step = Step(
            "", self.unit_id, self.cause, self.standing.round, number, kind, self.standing.priority, self.began_us,
            now.now_us, reason, pages,
        )  # fmt: skip
        self.used |= {page.channel_id for page in pages}
        self._note(kind, now.now_us)
        reached = any(not page.screen for page in pages) or kind in self.heard
        self.hurry = not reached and (self.hurry or kind is not StepKind.SECOND_CHANNEL)
        return step

    def _note(self, kind: StepKind, at_us: int) -> None:
        self.done.add(kind)
        self.touched_us = at_us
        if kind is StepKind.PATHWAY:
            self.standing = replace(self.standing, state=Answerable.UNANSWERED)
