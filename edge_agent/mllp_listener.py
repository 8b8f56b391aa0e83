"""The shell round an HL7 codec: a listener in the home, one machine at a time, each message answered once it is kept.

There is no TLS here: the home's own network is between machine and box, the guide's machines speak plain MLLP, and
nothing of a patient is taken from what they say. Whoever is in that network can pretend to be the machine: listen on
the interface towards the machine only.
"""

from __future__ import annotations

import logging
import select
import socket
import threading
from typing import Final, cast

from edge_agent.config import MachineSettings, host_and_port
from edge_agent.listen_watch import ListenWatch
from edge_agent.mllp_connection import Connection
from edge_agent.source import LinkFigures, SourceSink
from protocols.adapter import Adapter
from protocols.events import AnsweringDecoder, Observation, Rejected
from telemetry.clock import Clock
from telemetry.messages import MachineLink

log = logging.getLogger(__name__)

TICK_S: Final = 0.5  # the longest the loop sleeps, so that it notices a stop and the watch can judge
FIRST_RETRY_S: Final = 0.1
LONGEST_RETRY_S: Final = 5.0
BACKLOG: Final = 32  # a machine that connects for each message must not wait for a second SYN
# In units of `machine.quiet_s`. One that only talks nonsense may do better on a new connection; one that says nothing
# may have nothing to say, and stands in nobody's way (see `_admits`).
STUCK_QUIETS: Final = 4.0
IDLE_QUIETS: Final = 40.0


class MllpListener:
    """A machine that connects to the box. `run` blocks; nothing a peer does makes it end."""

    def __init__(self, settings: MachineSettings, adapter: Adapter, clock: Clock, sink: SourceSink) -> None:
        self._settings = settings
        self._clock = clock
        self._sink = sink
        # One decoder for all connections: what a machine said stands, however often it connects.
        self._decoder = cast(AnsweringDecoder, adapter.decoder(settings.profile))
        self._watch = ListenWatch(settings.quiet_s, clock.monotonic_s())
        self._told: MachineLink | None = None
        self._trouble = ""
        self._connection: Connection | None = None
        self._refused = ""
        self.figures = LinkFigures()
        self.address: tuple[str, int] | None = None

    def run(self, stop: threading.Event) -> None:
        """Listen until `stop`; an address that is not to be had is tried again with a growing pause."""
        pause = FIRST_RETRY_S
        while not stop.is_set():
            try:
                with self._listen() as server:
                    pause = FIRST_RETRY_S
                    self._serve(server, stop)
            except (OSError, ValueError) as error:
                self._note_trouble(str(error))
            finally:
                self._drop()
                self.address = None
            self._tick()
            if not stop.is_set():
                stop.wait(pause)
                pause = min(pause * 2, LONGEST_RETRY_S)

    def _listen(self) -> socket.socket:
        host, port = host_and_port("machine.listen", self._settings.listen)
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        server = socket.create_server((host, port), family=family, backlog=BACKLOG)
        server.setblocking(False)
        self.address = server.getsockname()[:2]
        self._trouble = ""
        log.info("listening for the machine", extra={"fields": {"address": self._settings.listen}})
        return server

    def _note_trouble(self, why: str) -> None:
        if why != self._trouble:  # once per change, not once per attempt
            self._trouble = why
            log.warning("cannot listen", extra={"fields": {"address": self._settings.listen, "reason": why}})

    def _serve(self, server: socket.socket, stop: threading.Event) -> None:
        while not stop.is_set():
            self._look_after_connection()
            waiter = select.poll()
            waiter.register(server, select.POLLIN)
            connection = self._connection
            if connection is not None:
                waiter.register(connection.sock, connection.interest)
            ready = {descriptor for descriptor, _ in waiter.poll(TICK_S * 1000.0)}
            # What a connection still has to say comes before the one that takes its place.
            if connection is not None and connection.sock.fileno() in ready:
                self._transfer(connection)
            if server.fileno() in ready:
                self._accept(server)
            self._tick()

    def _look_after_connection(self) -> None:
        connection, quiet = self._connection, self._settings.quiet_s
        if connection is not None:
            now = self._clock.monotonic_s()
            connection.check(now, stuck_s=STUCK_QUIETS * quiet, idle_s=IDLE_QUIETS * quiet)
            if connection.over:
                self._drop()

    def _accept(self, server: socket.socket) -> None:
        try:
            sock, peer = server.accept()
        except OSError:
            return  # it has gone again
        now, host, old = self._clock.monotonic_s(), str(peer[0]), self._connection
        if not self._admits(host, now):
            if host != self._refused:  # once, however often it tries
                log.warning("second machine refused", extra={"fields": {"peer": host}})
            self._refused = host
            sock.close()
            return
        if old is not None and not old.over:
            self._transfer(old)
        self._drop()
        self._refused = ""
        self._connection = Connection(sock, host, now)
        self.figures.opened += 1
        self._watch.connected(now)

    def _admits(self, host: str, now: float) -> bool:
        """A machine that comes back after a power cut finds its own old connection half alive: it takes its place.

        A stranger takes it only when nothing acceptable has come for as long as silence is reported after.
        """
        current = self._connection
        if current is None or current.over or current.host == host:
            return True
        return now - current.message_s >= self._settings.quiet_s

    def _transfer(self, connection: Connection) -> None:
        now = self._clock.monotonic_s()
        if connection.interest == select.POLLOUT:
            connection.flush(now)
            return
        data = connection.read(now)
        if data:
            self._take(connection, data, now)

    def _take(self, connection: Connection, data: bytes, now: float) -> None:
        heard = self._decoder.take(data, now)
        self._watch.heard(now, message=any(isinstance(one.event, Observation) for one in heard))
        for one in heard:
            kept = False
            if isinstance(one.event, Observation):
                self.figures.frames += 1
                connection.message_s = now
                self._tell()
                kept = self._sink.observed(one.event)
            else:
                self._reject(one.event)
            if one.answer is not None:
                # Only now: "accepted" means that it is on disk.
                connection.send(one.answer(kept, self._clock.now_us()), now)

    def _reject(self, bad: Rejected) -> None:
        self.figures.rejected += 1
        log.debug("bytes rejected", extra={"fields": {"length": bad.length, "reason": bad.reason}})

    def _drop(self) -> None:
        """Close the connection, and forget the half message that came over it."""
        if self._connection is None:
            return
        self._connection.close()
        self._connection = None
        self._watch.gone()
        for bad in self._decoder.idle():
            self._reject(bad)

    def _tick(self) -> None:
        self._tell()
        self._sink.tick()

    def _tell(self) -> None:
        state = self._watch.state(self._clock.monotonic_s())
        if state is not None and state is not self._told:
            log.info("machine link", extra={"fields": {"state": state.value, "address": self._settings.listen}})
            self._told = state
            self._sink.link(state)
