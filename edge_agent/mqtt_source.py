"""The shell round the gateway contract: what is said at the home's own broker becomes observations.

A message counts as taken when it is in the outbox; only then is it acknowledged. Nothing is ever said there
(`mqtt_session`), so nothing that goes wrong here reaches a machine.
"""

from __future__ import annotations

import logging
import threading
from typing import Final

from edge_agent import deliveries
from edge_agent.listen_watch import ListenWatch
from edge_agent.mqtt_inbox import IN_FLIGHT, Arrived, Pace
from edge_agent.mqtt_session import Attempt, Session, Subscription
from edge_agent.source import LinkFigures, SourceSink
from protocols.events import Observation
from protocols.mqtt_gateway.decoder import delivery, observe
from protocols.mqtt_gateway.messages import Alive, ContractError, Message, Readings, parse
from telemetry.clock import Clock
from telemetry.messages import MachineLink

log = logging.getLogger(__name__)

# Three servers asked twice for a name, and every address tried. What takes longer than that hangs.
CONNECTS_S: Final = 60.0
READY_S: Final = 10.0  # from TCP to a granted subscription
TICK_S: Final = 0.5  # the longest the loop sleeps, so that it notices a stop and the watch can judge
FIRST_RETRY_S: Final = 0.25
LONGEST_RETRY_S: Final = 4.0
NOTE_EVERY_S: Final = 3600.0
# A broker hands out IN_FLIGHT unacknowledged. Of one that does not keep to it, the rest comes again with a connection.
MAX_OWED: Final = 4 * IN_FLIGHT


class MqttSource:
    """A gateway at the home's broker. `run` blocks; nothing that is published there makes it end."""

    def __init__(self, subscription: Subscription, clock: Clock, sink: SourceSink) -> None:
        self._at = subscription
        self._clock = clock
        self._sink = sink
        self._watch = ListenWatch(subscription.quiet_s, clock.monotonic_s())
        self._pace = Pace(clock.monotonic_s())
        # Taken and not acknowledged yet, because what they say is not in the outbox.
        self._owed: list[tuple[Observation, Arrived]] = []
        self._taken: deliveries.Taken = {}
        self._told: MachineLink | None = None
        self._trouble = ""
        self._machine_silent = False
        self._speaker, self._spoke_s = "", float("-inf")  # who brings the machine's readings
        self._refused = 0  # since the last note
        self._note_due_s = float("-inf")
        self.figures = LinkFigures()

    def run(self, stop: threading.Event) -> None:
        """Listen until `stop`; a broker that is not there is tried again with a growing pause."""
        pause = FIRST_RETRY_S
        while not stop.is_set():
            session = self._connect(stop)
            if session is not None:
                try:
                    if self._become_ready(session, stop):
                        pause = FIRST_RETRY_S
                        self._serve(session, stop)
                finally:
                    self._end(session, stop)
            self._tick()
            stop.wait(pause)
            pause = min(pause * 2, LONGEST_RETRY_S)

    def _connect(self, stop: threading.Event) -> Session | None:
        attempt = Attempt(Session(self._at))
        hangs_s = self._clock.monotonic_s() + CONNECTS_S
        while not attempt.done(TICK_S):
            if self._clock.monotonic_s() >= hangs_s:
                attempt.done(None)  # without a sign of life from us, so that the watchdog sees it
            elif stop.is_set():
                attempt.abandon()
                return None
            else:
                self._tick()
        if attempt.error:
            self._unavailable(attempt.error)
            return None
        return attempt.session

    def _become_ready(self, session: Session, stop: threading.Event) -> bool:
        deadline = self._clock.monotonic_s() + READY_S
        while not (session.gone.is_set() or stop.is_set() or session.ready.is_set()):
            if self._clock.monotonic_s() > deadline:
                session.reason = "no answer"
                return False
            session.ready.wait(TICK_S)
            self._tick()
        return session.ready.is_set() and not session.gone.is_set()

    def _serve(self, session: Session, stop: threading.Event) -> None:
        self._trouble = ""
        self.figures.opened += 1
        self._watch.connected(self._clock.monotonic_s())
        log.info("gateway broker connected", extra={"fields": {"broker": str(self._at.broker)}})
        settle_s = 0.0
        while not stop.is_set() and not session.gone.is_set():
            arrived = session.inbox.get(TICK_S)
            if arrived is not None:
                while (wait_s := self._pace.wait_s(self._clock.monotonic_s())) and not stop.is_set():
                    stop.wait(wait_s)
                self._take(session, arrived)
            now = self._clock.monotonic_s()
            if now >= settle_s:
                settle_s = now + TICK_S
                self._settle(session)
                self._count_dropped(session, now)
                self._tick()

    def _take(self, session: Session, arrived: Arrived) -> None:
        now = self._clock.monotonic_s()
        try:
            message = self._acceptable(arrived, now)
        except ContractError as error:
            self._refuse(str(error), now)
            session.acknowledge(arrived)  # it would be refused for ever
            return
        which = delivery(message)
        new = deliveries.is_new(self._taken, which)
        deliveries.note(self._taken, which)
        if self._is_sign_of_life(message):
            self._watch.heard(now, message=new)
        if isinstance(message, Alive):
            if message.source == self._speaker:
                self._machine_silent = message.machine != "connected"
            session.acknowledge(arrived)
            return
        self.figures.frames += 1
        if isinstance(message, Readings):
            self._machine_silent = False
            self._speaker, self._spoke_s = message.source, now
        self._tell(now)
        seen = observe(message)
        if self._sink.observed(seen):
            session.acknowledge(arrived)
        elif arrived.qos and len(self._owed) < MAX_OWED:
            self._owed.append((seen, arrived))

    def _acceptable(self, arrived: Arrived, now: float) -> Message:
        if arrived.retained:
            raise ContractError("retained: a message from the past")
        message = parse(arrived.payload)
        if self._at.beside and isinstance(message, Readings):
            raise ContractError("readings, and another protocol is this box's machine")
        # Two machines must not become one patient's. The other may take over when the first has fallen silent.
        taken = message.source != self._speaker and now - self._spoke_s < self._at.quiet_s
        if isinstance(message, Readings) and taken:
            raise ContractError("readings of a second source")
        return message

    def _is_sign_of_life(self, message: Message) -> bool:
        """Whether whom we watch has spoken: the machine behind the gateway, or the gateway beside a machine."""
        if self._at.beside or isinstance(message, Readings):
            return True
        ours = not self._speaker or message.source == self._speaker
        return isinstance(message, Alive) and message.machine == "connected" and ours

    def _settle(self, session: Session) -> None:
        """Ask again for what was not in the outbox yet; the sink knows what it has had before."""
        self._owed = [(seen, arrived) for seen, arrived in self._owed if not self._kept(session, seen, arrived)]

    def _kept(self, session: Session, seen: Observation, arrived: Arrived) -> bool:
        kept = self._sink.observed(seen)
        if kept:
            session.acknowledge(arrived)
        return kept

    def _count_dropped(self, session: Session, now: float) -> None:
        dropped = session.inbox.dropped()
        if dropped:
            self.figures.rejected += dropped - 1
            self._refuse("more messages than a machine can have to say", now)

    def _refuse(self, why: str, now: float) -> None:
        self._watch.heard(now, message=False)
        self.figures.rejected += 1
        self._refused += 1
        log.debug("message refused", extra={"fields": {"reason": why}})
        if now >= self._note_due_s:
            self._note_due_s = now + NOTE_EVERY_S
            log.warning("gateway messages refused", extra={"fields": {"count": self._refused, "reason": why}})
            self._sink.note("gateway messages refused", f"{self._refused} since last told; {why}"[:200])
            self._refused = 0

    def _tick(self) -> None:
        now = self._clock.monotonic_s()
        self._tell(now)
        self._sink.tick()

    def _tell(self, now: float) -> None:
        state = self._watch.state(now)
        if state is MachineLink.CONNECTED and self._machine_silent and not self._at.beside:
            state = MachineLink.SILENT  # the gateway says so, before the silence could
        if state is not None and state is not self._told:
            log.info("gateway link", extra={"fields": {"state": state.value, "broker": str(self._at.broker)}})
            self._told = state
            self._sink.link(state)

    def _end(self, session: Session, stop: threading.Event) -> None:
        self._watch.gone()
        self._owed.clear()
        if not stop.is_set():
            self._unavailable(session.reason or "connection lost")
        session.end()

    def _unavailable(self, why: str) -> None:
        if why != self._trouble:  # once per change, not once per attempt
            self._trouble = why
            log.warning(
                "gateway broker not available", extra={"fields": {"broker": str(self._at.broker), "reason": why}}
            )
