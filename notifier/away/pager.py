"""The thread that pages while the database is away: hears what is not saved, takes steps, and has them sent.

Several notifiers take turns: who is number k of those the card names takes a step k times `TURN_S` after it is due, and
leaves out the channels that another has said to have sent to.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol
from uuid import uuid4

import msgspec

from alerts import escalation
from alerts.escalation import People, StepKind, Told
from notifier.away import records
from notifier.away.book import Book
from notifier.away.card import Card
from notifier.away.cases import Now
from notifier.away.journal import Journal, Story
from notifier.away.keeper import SCREEN
from notifier.away.outbox import AWAY, BACK, Outbox, has_failed
from notifier.away.records import NO_HOME, Came, Key, PageOf, Reported, Said, Step, Tried
from notifier.metrics import Metrics
from notifier.page import Site
from telemetry.alarms import Priority
from telemetry.clock import Clock
from telemetry.errors import WireError
from telemetry.messages import LiveFrame
from telemetry.rota import Audience

log = logging.getLogger(__name__)

LOOK_S: Final = 0.25
TURN_S: Final = 3.0
# As `/healthz`: shorter is a restart, and nobody's business.
SILENT_S: Final = 10.0
# A trouble that is back within this time never was over.
CALM_S: Final = 60.0
# Who stood still for so long (a process that was stopped, a machine asleep) does not take that for the database's
# silence, and first hears how things are.
STOOD_S: Final = 5.0
# A page to operations that nothing takes for so long is old.
OPERATIONS_US: Final = 30 * 60 * 1_000_000
_AWAY_KEY: Final[Key] = (NO_HOME, AWAY)
_BACK_KEY: Final[Key] = (NO_HOME, BACK)


@dataclass(slots=True)
class Heard:
    """What came by the broker since the last look: frames with their shards, and what other notifiers said."""

    frames: list[tuple[int, LiveFrame]] = field(default_factory=list)
    said: list[bytes] = field(default_factory=list)
    bad: int = 0


class Line(Protocol):
    """The way to the broker (`homehd.notify_line`)."""

    @property
    def connected(self) -> bool:
        """Whether it lets us hear."""

    def take(self) -> Heard:
        """What came since the last call."""

    def say(self, payload: bytes) -> None:
        """To the other notifiers, or to nobody when the broker is away."""


class Pager:
    """All of it. `look` is called by one thread, everything else by any.

    `card` gives the card, `silent_s` the seconds since our own database last did what it was asked for.
    """

    def __init__(
        self, instance: str, folder: Path, line: Line | None, site: Site, clock: Clock, metrics: Metrics,
        causes: Callable[[str], str], card: Callable[[], Card | None], silent_s: Callable[[], float],
    ) -> None:  # fmt: skip
        """HomehdError when the journal cannot be had."""
        self._instance = instance
        self._line = line
        self._clock = clock
        self._metrics = metrics
        self._card = card
        self._silent_s = silent_s
        self._lock = threading.Lock()
        self._journal = Journal(folder)
        metrics.away_bad.inc(self._journal.bad_lines)
        self._book = Book(causes)
        self.outbox = Outbox(self._journal, site, clock, self._wants, self._note)
        # Since when our database answers; of who has just started: not before that.
        self._calm_s = self._clock.monotonic_s()
        self._resumed = False
        self._looked_s = self._clock.monotonic_s()
        self._awake_s = float("-inf")

    def run(self, stop: threading.Event, wake: Callable[[], None]) -> None:
        """Until `stop`; `wake` is called when there is something to be sent."""
        wait_s = LOOK_S
        while not stop.wait(wait_s):
            began_s = self._clock.monotonic_s()
            try:
                if self.look():
                    wake()
            except Exception:  # a mistake of ours; with this thread nobody is told without the database
                log.exception("nobody can be told without the database")
            # In a storm the threads that send have three quarters of the time.
            wait_s = max(LOOK_S, 3 * (self._clock.monotonic_s() - began_s))

    def look(self) -> bool:
        """One look; whether there is something new to be sent."""
        with self._lock:
            self._hear()
            now_s, card = self._clock.monotonic_s(), self._card()
            if now_s - self._looked_s > STOOD_S:
                self._awake_s = now_s
            self._looked_s = now_s
            if card is None or now_s - self._awake_s < STOOD_S:
                return False
            steps = self._steps(card)
            self._metrics.away_cases.set(len(self._book.active))
            if not steps:
                return False
            # On disk before anything of it is sent: who goes on from here sends none of it again.
            self._journal.write(*steps)
            channels = {one.channel_id: one for one in card.channels}
            for step in steps:
                self._metrics.away_steps.inc()
                fields = {"unit": step.unit_id, "cause": step.cause, "step": step.kind, "pages": len(step.pages)}
                log.warning("paged without the database", extra={"fields": fields})
                self.outbox.put(step, channels)
            return True

    # For `Takeover`, on the decider's thread

    def unreported(self) -> list[Key]:
        """Homes and causes of which the database does not know everything."""
        found = self._journal.unreported()
        # That the database was away is told when it is over, and by then operations have heard that it is.
        hidden = _BACK_KEY if _BACK_KEY in found else _AWAY_KEY
        return [key for key in found if key != hidden]

    def story(self, key: Key) -> Story | None:
        """What it does not know of one; None: there is nothing."""
        return self._journal.story(key)

    def is_unsaved(self, key: Key) -> bool:
        """Whether ingest says that alerts of it are not saved."""
        return key in self._book.active

    def waits(self, receipt: str) -> bool:
        """Whether that page waits to be sent, or is on its way."""
        return self.outbox.waits(receipt)

    def reported(self, key: Key, steps: int) -> None:
        """The first so many steps of its story are on record: the database goes on with it."""
        with self._lock:
            story = self._journal.story(key)
            gone = [Reported(*key, steps)]
            if key == _AWAY_KEY:
                back = self._journal.story(_BACK_KEY)
                gone.append(Reported(*_BACK_KEY, len(back.steps) if back else 0))
            self._journal.write(*gone)
            self._book.hand_over(key, story.steps[:steps] if story else ())
            if not self._journal.unreported():
                self._journal.shorten()

    def close(self) -> None:
        """The journal is free for another."""
        self._journal.close()

    # What is heard

    def _hear(self) -> None:
        if self._line is None:
            return
        self._metrics.away_connected.set(self._line.connected)
        heard, now_s = self._line.take(), self._clock.monotonic_s()
        self._metrics.away_bad.inc(heard.bad)
        for shard, frame in heard.frames:
            self._book.hear(shard, frame, now_s)
        for data in heard.said:
            try:
                said = records.decode_said(data)
            except WireError as error:
                self._metrics.away_bad.inc()
                log.warning("what another notifier says is passed over", extra={"fields": {"error": error.line()}})
                continue
            if said.by != self._instance:
                self._hear_said(said)

    def _hear_said(self, said: Said) -> None:
        self._metrics.away_heard.inc()
        step = msgspec.structs.replace(said.step, by=said.by)
        self._journal.write(step, said.came)
        self._book.hear_step(step)
        self.outbox.drop(step)

    # What is to be done

    def _steps(self, card: Card) -> list[Step]:
        now_us, now_s = self._clock.now_us(), self._clock.monotonic_s()
        silent_s = min(self._silent_s(), now_s - self._awake_s)
        silent = silent_s >= SILENT_S
        late_s = self._turn(card) * TURN_S
        if not self._resumed:
            self._resume(card)
        screens = frozenset(one.channel_id for one in card.channels if one.kind == SCREEN)
        now = Now(now_us, round(late_s * 1e6), People(), (), screens)
        steps = self._operations(card, now, silent_s, late_s)
        if silent or self._book.since_us or self._book.active:
            steps += self._book.due(card, now, now_s, silent=silent, receipt=_receipt)
        else:
            self._book.is_over()
        return steps

    def _turn(self, card: Card) -> int:
        return card.notifiers.index(self._instance) if self._instance in card.notifiers else len(card.notifiers)

    def _resume(self, card: Card) -> None:
        """What was begun before we were started again."""
        self._resumed = True
        steps = self._journal.steps()
        self._book.resume(steps)
        channels = {one.channel_id: one for one in card.channels}
        for step in steps:
            if not step.by:
                self.outbox.put(step, channels, known=True)

    def _operations(self, card: Card, now: Now, silent_s: float, late_s: float) -> list[Step]:
        """Once that the database is away, once that it is back."""
        now_s = self._clock.monotonic_s()
        if silent_s >= SILENT_S:
            self._calm_s = now_s
        told, back = self._journal.story(_AWAY_KEY), self._journal.story(_BACK_KEY)
        if told is None and silent_s >= SILENT_S + late_s:
            return [_to_operations(card, now, _AWAY_KEY, now.now_us - round(silent_s * 1e6))]
        ours = told is not None and any(not step.by for step in told.steps)
        if ours and back is None and now_s - self._calm_s >= CALM_S + late_s:
            return [_to_operations(card, now, _BACK_KEY, now.now_us)]
        return []

    def _wants(self, step: Step) -> bool:
        if step.unit_id == NO_HOME:
            return self._clock.now_us() - step.at_us < OPERATIONS_US
        return self._book.wants(step)

    def _note(self, step: Step, page: PageOf, came: Came) -> None:
        """What came of a try, once it is on disk; on a thread that sends."""
        self._metrics.away_tries.labels(came.state).inc()
        if came.state in (Tried.SENT, Tried.DELIVERED) and self._line is not None:
            one = msgspec.structs.replace(step, pages=[page])
            self._line.say(records.encode(Said(self._instance, one, came)))
        elif came.state is Tried.FAILED and step.unit_id != NO_HOME:
            with self._lock:
                self._nothing_left(step)

    def _nothing_left(self, step: Step) -> None:
        story, case = self._journal.story(step.key), self._book.cases.get(step.key)
        if story is None or case is None or case.standing.round != step.round:
            return
        pages = [page for one in story.steps if one.round == step.round for page in one.pages if not page.screen]
        if all(has_failed(story.came.get(page.receipt)) for page in pages):
            case.nothing_left()


def _to_operations(card: Card, now: Now, key: Key, began_us: int) -> Step:
    people = card.people(None, Audience.OPERATIONS, now.now_us)
    ways = [way for way in card.ways(people) if way.channel_id not in now.screens]
    for kind in (StepKind.FIRST, StepKind.EVERYONE):
        found = escalation.addressed(kind, Priority.HIGH, people, ways, Told())
        if not found.nobody:
            break
    pages = [PageOf(way.channel_id, way.user_id, _receipt()) for way in found.ways]
    return Step("", *key, 1, 0, StepKind.FIRST, Priority.HIGH, began_us, now.now_us, found.reason, pages)


def _receipt() -> str:
    return uuid4().hex
