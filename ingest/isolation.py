"""Finds the message that makes a cycle fail, so that those around it are stored.

The handful is halved until the culprit stands alone. What the database says it cannot hold goes into quarantine, and
its agent is told to set it aside. What we stumble over ourselves, or a database that is not well, goes there too, but
its agent is not answered and keeps its rows; the same message is left alone for a minute, as finding it costs reading
everything from the database again. What our rules stumble over is stored unseen by them. When several messages fail
and none goes through, it is not the messages: then the cycle fails as if the database were away.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Final

from ingest import admission
from ingest.admission import FINAL, Reason
from ingest.culprits import Culprits
from ingest.inbox import Message
from ingest.judging import RulesFailure
from ingest.metrics import Metrics
from ingest.outcasts import Outcast, Refused
from ingest.pipeline import Pipeline
from ingest.session import Session
from store.errors import REFUSALS, StoreError, Trouble
from telemetry import topics
from telemetry.clock import Clock
from telemetry.errors import WireError

log = logging.getLogger(__name__)

# After so many failures of the rules in one handful it is they, not the messages: the search for culprits ends.
BLIND_AFTER: Final = 4
# After so many failures with nothing stored in between it is not the messages.
IN_VAIN: Final = 4
# Silence that cannot be judged is tried again after this; every try costs reloading the session.
TICK_AGAIN_S: Final = 30.0
SKIP_S: Final = 60.0


class Isolation:
    """Runs cycles so that one bad message costs itself only.

    Attributes:
        judges_silence: whether the rules could judge silence when they were last asked to.
    """

    def __init__(self, pipeline: Pipeline, clock: Clock, metrics: Metrics) -> None:
        self._pipeline = pipeline
        self._clock = clock
        self._metrics = metrics
        self._culprits = Culprits(SKIP_S)
        self._rules_failures = 0  # in this handful
        self._in_vain = 0  # messages that failed, through no fault of their data, since one went through
        self._tick_from_s = float("-inf")
        self.judges_silence = True

    @property
    def stores(self) -> bool:
        """Whether messages go through, as far as we know: False after several in a row that did not."""
        return self._in_vain < IN_VAIN

    def process(self, session: Session, messages: Sequence[Message], *, tick_us: int | None = None) -> None:
        """Store one handful and judge silence until `tick_us`.

        StoreError when the database can take nothing now, then none or only some are stored.
        """
        self._rules_failures = 0
        now_s = self._clock.monotonic_s()
        taken = self._culprits.without(messages, now_s)
        self._metrics.skipped.inc(len(messages) - len(taken))
        self._try(session, taken, tick_us=tick_us if now_s >= self._tick_from_s else None)

    def _try(
        self, session: Session, messages: Sequence[Message], *, tick_us: int | None = None, unjudged: bool = False
    ) -> None:
        try:
            self._pipeline.cycle(session, messages, tick_us=tick_us, unjudged=unjudged)
        except RulesFailure as error:
            log.exception("rules failed", extra={"fields": {"messages": len(messages)}})
            self._reload(session)
            self._without_rules(session, messages, error)
        except StoreError as error:
            if error.trouble is not Trouble.OTHER and error.trouble not in REFUSALS:
                raise
            self._reload(session)
            self._isolate(session, messages, error)
        except Exception as error:
            # Whatever a message can make us do wrong must not stop the messages behind it.
            log.exception("cycle failed", extra={"fields": {"messages": len(messages)}})
            self._reload(session)
            self._isolate(session, messages, error)
        else:
            self._in_vain = 0 if messages else self._in_vain
            self.judges_silence = self.judges_silence or tick_us is not None

    def _without_rules(self, session: Session, messages: Sequence[Message], error: RulesFailure) -> None:
        if error.in_tick:
            self.judges_silence = False
            self._tick_from_s = self._clock.monotonic_s() + TICK_AGAIN_S
            self._try(session, messages)
        elif len(messages) == 1 or self._rules_failures >= BLIND_AFTER:
            self._rules_failures += 1
            log.error("stored unseen by the rules", extra={"fields": {"messages": len(messages)}})
            self._try(session, messages, unjudged=True)
        else:
            self._halve(session, messages)

    def _isolate(self, session: Session, messages: Sequence[Message], error: Exception) -> None:
        if len(messages) > 1:
            self._halve(session, messages)
        elif messages:
            self._set_aside(session, messages[0], error)
        elif isinstance(error, StoreError):
            raise error
        else:
            log.error("cycle without messages failed", extra={"fields": {"error": type(error).__name__}})

    def _halve(self, session: Session, messages: Sequence[Message]) -> None:
        middle = len(messages) // 2
        self._try(session, messages[:middle])
        self._try(session, messages[middle:])

    def _set_aside(self, session: Session, message: Message, error: Exception) -> None:
        self._culprits.add(message, self._clock.monotonic_s())
        if isinstance(error, StoreError) and error.trouble in REFUSALS:
            outcast = outcast_of(message, Reason.REFUSED_BY_STORE, error.line())
        else:
            detail = error.line() if isinstance(error, StoreError) else type(error).__name__
            outcast = outcast_of(message, Reason.FAULT, detail)
            self._in_vain += 1
            if not self.stores:
                raise StoreError(
                    "store a cycle", "every message", trouble=Trouble.OTHER, hint=f"{Reason.FAULT}: {detail}"
                )
        try:
            self._pipeline.set_aside(session, outcast)
        except StoreError as failure:
            if failure.trouble not in REFUSALS:
                raise
            log.error("quarantine failed", extra={"fields": {"topic": message.topic, "error": failure.line()}})

    def _reload(self, session: Session) -> None:
        self._metrics.resets.labels("poison").inc()
        session.reload(self._clock.now_us())
        self._pipeline.ahead = None


def outcast_of(message: Message, reason: Reason, detail: str) -> Outcast:
    """A message of a unit of ours that cannot be stored, with what to tell its agent when that is final."""
    try:
        topic = topics.parse_home(message.topic)
    except WireError:
        return Outcast(message, "", reason, detail=detail)
    told = reason in FINAL and topic.direction == "up"
    found = admission.salvage(message.payload, topic.unit) if told else None
    refused = Refused(topic.shard, topic.unit, *found) if found else None
    return Outcast(message, topic.unit, reason, refused, detail)
