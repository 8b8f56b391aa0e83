"""Judging in memory while nothing can be saved: the rules go on, nothing is acknowledged, nothing grows.

What a session remembered when its database was lost goes on with what it was ahead by. Messages are judged and let go,
for their agents keep every row until it is acknowledged. Nothing here touches the connection.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Final

from alerts.records import Transition
from evaluation.alerting import Found
from ingest import early
from ingest.admission import KnownUnit
from ingest.inbox import Message
from ingest.intake import Intake, take
from ingest.judging import RulesFailure, arrived_us, ask_rules
from ingest.pipeline import Changes
from ingest.ranges import RangeSet
from ingest.reception import Desk
from ingest.session import Session
from ingest.units import Unit
from ingest.unsaved import Attempt, Unsaved
from telemetry.messages import UnsavedAlert

log = logging.getLogger(__name__)

# A fault of ours that comes again with every message is told so often.
TELL_EVERY_US: Final = 30_000_000


class Outage:
    """From the loss of the database to its return.

    Attributes:
        memory: the session that was lost; its connection is not to be used.
        unsaved: what was found since.
    """

    def __init__(self, memory: Session, ahead: Changes | None) -> None:
        self.memory = memory
        self.unsaved = Unsaved(memory.alerts, memory.latches)
        self._told_us = 0
        if ahead is not None:
            self._take_over(ahead)

    def judge(self, messages: Sequence[Message], now_us: int, tick_us: int | None) -> list[Intake]:
        """Let the rules see messages, and silence until `tick_us`; what was taken in, for the screens.

        A message that we stumble over is passed over; its agent sends it again when it can be isolated.
        """
        try:
            return [self._judge(messages, now_us, tick_us)]
        except RulesFailure:
            self._tell(now_us, "rules failed", len(messages))
            return []
        except Exception:
            self._tell(now_us, "message passed over", len(messages))
        return [intake for message in messages if (intake := self._alone(message, now_us)) is not None]

    def alerts(self, shard: int) -> list[UnsavedAlert]:
        """Where the alerts of a shard's units stand that changed, the most important first."""
        names = {u.known.unit_id: u.known.name for u in self.memory.units.values() if u.known.shard == shard}
        return self.unsaved.alerts(names)

    def shards(self) -> list[int]:
        """Shards with such alerts."""
        changed = set(self.unsaved.units())
        return sorted({u.known.shard for u in self.memory.units.values() if u.known.unit_id in changed})

    def nobody_was_silent(self, now_us: int) -> None:
        """The server's clock was set: what every unit was last heard at is in the old time."""
        for unit in self.memory.units.values():
            self.memory.engine.touch(unit.row, now_us)

    def _take_over(self, ahead: Changes) -> None:
        """What the transaction that failed would have written. It may have been committed all the same."""
        intake = ahead.intake
        early.remember(intake.parts, intake.rows, ~intake.late, intake.judged_events if intake.judged else [])
        self.unsaved.add(ahead.found)
        for said in intake.statuses:
            self.unsaved.note(said)
        for unit, state in ahead.states.items():
            steps = len(self.unsaved.steps(unit.known.unit_id))
            self.unsaved.attempts[unit.known.unit_id] = Attempt(state.fingerprint, steps)

    def _alone(self, message: Message, now_us: int) -> Intake | None:
        try:
            return self._judge([message], now_us, None)
        except Exception:
            return None  # told with the handful it was in

    def _judge(self, messages: Sequence[Message], now_us: int, tick_us: int | None) -> Intake:
        memory = self.memory
        intake = take(messages, self._desk())
        transitions = ask_rules(memory.engine, memory.by_row, intake, arrived_us(intake), tick_us)
        early.remember(intake.parts, intake.rows, ~intake.late, intake.judged_events)
        self.unsaved.add(self._found(transition, now_us) for transition in transitions)
        for said in intake.statuses:
            self.unsaved.note(said)
        return intake

    def _found(self, transition: Transition, now_us: int) -> Found:
        return Found(self.memory.by_row[transition.row].known.unit_id, transition, now_us)

    def _desk(self) -> Desk:
        # What a handful holds is noted for good only once the rules have seen it.
        held: dict[tuple[int, str], RangeSet] = {}

        def known(unit: Unit, epoch: str) -> RangeSet:
            key = unit.known.unit_id, epoch
            if key not in held:
                stored, judged = unit.held.get(epoch), unit.judged.get(epoch)
                held[key] = RangeSet(stored.ranges() if stored else ())
                for first, last in judged.seqs.ranges() if judged else ():
                    held[key].add(first, last)
            return held[key]

        # An epoch nobody knows costs no look into a database that is away.
        return Desk(self.memory.owned, self._find, known, lambda _unit, _epoch: True)

    def _find(self, name: str) -> Unit | KnownUnit | None:
        return self.memory.units.get(name) or self.memory.others.get(name)

    def _tell(self, now_us: int, what: str, messages: int) -> None:
        if now_us - self._told_us >= TELL_EVERY_US:
            self._told_us = now_us
            log.exception(what, extra={"fields": {"messages": messages, "while": "nothing can be saved"}})
