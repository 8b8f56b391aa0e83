"""Finds the message that makes a cycle fail, so that those around it are stored.

The handful is halved until the culprit stands alone. What the database refuses goes into quarantine and its agent is
told. What our rules stumble over is stored unseen by them: no row is lost to a bug in a rule.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Final

from ingest import admission
from ingest.admission import Reason
from ingest.inbox import Message
from ingest.metrics import Metrics
from ingest.outcasts import Outcast, Refused
from ingest.pipeline import Pipeline, RulesFailure
from ingest.session import Session
from store.errors import StoreError, Trouble
from telemetry import topics
from telemetry.clock import Clock
from telemetry.errors import WireError

log = logging.getLogger(__name__)

# After so many failures of the rules in one handful it is they, not the messages: the search for culprits ends.
BLIND_AFTER: Final = 4
# Silence that cannot be judged is tried again after this; every try costs reloading the session.
TICK_AGAIN_S: Final = 30.0

# The database cannot take anything now; whatever else it says is about what we sent it.
_AWAY: Final = frozenset({
    Trouble.UNAVAILABLE, Trouble.BUSY, Trouble.FULL, Trouble.READ_ONLY, Trouble.SCHEMA, Trouble.CREDENTIALS,
    Trouble.NO_DATABASE,
})  # fmt: skip


class Isolation:
    """Runs cycles so that one bad message costs itself only."""

    def __init__(self, pipeline: Pipeline, clock: Clock, metrics: Metrics) -> None:
        self._pipeline = pipeline
        self._clock = clock
        self._metrics = metrics
        self._failures = 0  # of the rules, in this handful
        self._tick_from_s = float("-inf")

    def process(self, session: Session, messages: Sequence[Message], *, tick: bool = False) -> None:
        """Store one handful; StoreError when the database can take nothing now, then none or only some are stored."""
        self._failures = 0
        self._try(session, messages, tick=tick and self._clock.monotonic_s() >= self._tick_from_s)

    def _try(
        self, session: Session, messages: Sequence[Message], *, tick: bool = False, unjudged: bool = False
    ) -> None:
        try:
            self._pipeline.cycle(session, messages, tick=tick, unjudged=unjudged)
        except RulesFailure as error:
            log.exception("rules failed", extra={"fields": {"messages": len(messages)}})
            self._reload(session)
            self._without_rules(session, messages, error)
        except StoreError as error:
            if error.trouble in _AWAY:
                raise
            self._reload(session)
            self._isolate(session, messages, error.line())
        except Exception as error:
            # Whatever a message can make us do wrong must not stop the messages behind it.
            log.exception("cycle failed", extra={"fields": {"messages": len(messages)}})
            self._reload(session)
            self._isolate(session, messages, type(error).__name__)

    def _without_rules(self, session: Session, messages: Sequence[Message], error: RulesFailure) -> None:
        if error.in_tick:
            self._tick_from_s = self._clock.monotonic_s() + TICK_AGAIN_S
            self._try(session, messages)
        elif len(messages) == 1 or self._failures >= BLIND_AFTER:
            self._failures += 1
            log.error("stored unseen by the rules", extra={"fields": {"messages": len(messages)}})
            self._try(session, messages, unjudged=True)
        else:
            self._halve(session, messages)

    def _isolate(self, session: Session, messages: Sequence[Message], detail: str) -> None:
        if len(messages) > 1:
            self._halve(session, messages)
        elif messages:
            self._set_aside(session, messages[0], detail)
        else:
            log.error("cycle without messages failed", extra={"fields": {"error": detail}})

    def _halve(self, session: Session, messages: Sequence[Message]) -> None:
        middle = len(messages) // 2
        self._try(session, messages[:middle])
        self._try(session, messages[middle:])

    def _set_aside(self, session: Session, message: Message, detail: str) -> None:
        try:
            self._pipeline.set_aside(session, outcast_of(message, detail))
        except StoreError as error:
            if error.trouble in _AWAY:
                raise
            log.error("quarantine failed", extra={"fields": {"topic": message.topic, "error": error.line()}})

    def _reload(self, session: Session) -> None:
        self._metrics.resets.labels("poison").inc()
        session.reload(self._clock.now_us())


def outcast_of(message: Message, detail: str) -> Outcast:
    """A message of a unit of ours that the database will not have, with what to tell its agent."""
    try:
        topic = topics.parse_home(message.topic)
    except WireError:
        return Outcast(message, "", Reason.REFUSED_BY_STORE, detail=detail)
    found = admission.salvage(message.payload, topic.unit) if topic.direction == "up" else None
    refused = Refused(topic.shard, topic.unit, *found) if found else None
    return Outcast(message, topic.unit, Reason.REFUSED_BY_STORE, refused, detail)
