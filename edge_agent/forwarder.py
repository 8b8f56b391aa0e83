"""Joins outbox, window and uplink: one thread that sends what is due and settles what ingest has committed."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from random import Random
from typing import Final

from edge_agent.health import Health
from edge_agent.intake import Intake
from edge_agent.outbox import Outbox
from edge_agent.outbox_file import OutboxError
from edge_agent.packing import Row, Unsendable, pack
from edge_agent.uplink import Topics, Uplink
from edge_agent.window import Pick, Window, WindowTuning
from telemetry import wire
from telemetry.clock import Clock
from telemetry.errors import WireError
from telemetry.messages import Ack, Certificate

log = logging.getLogger(__name__)

UNWRITTEN_MESSAGES: Final = 8  # beyond this the line hangs; what is queued above it would only grow old
IDLE_S: Final = 1.0  # the longest sleep: the status is looked at so often
DISK_PAUSE_S: Final = 1.0
LINE_PAUSE_S: Final = 0.1


class Forwarder:
    """The sending side. `run` blocks; `accepted`, `connected`, `disconnected`, `received` come from other threads."""

    def __init__(
        self,
        *,
        unit: str,
        outbox: Outbox,
        topics: Topics,
        tuning: WindowTuning,
        clock: Clock,
        rng: Random,
        qos: int,
        on_certificate: Callable[[Certificate], None] = lambda _: None,
        placed: Callable[[Sequence[Row]], tuple[Sequence[Row], int]] | None = None,
    ) -> None:
        """`on_certificate` is told of one that came on `down`; it returns at once."""
        self._on_certificate = on_certificate
        self._placed = placed or (lambda rows: (rows, clock.now_us()))
        self._unit = unit
        self._outbox = outbox
        self._topics = topics
        self._tuning = tuning
        self._clock = clock
        self._rng = rng
        self._qos = qos
        self._wake = threading.Condition()
        self._inbox: deque[Callable[[], None]] = deque()
        self._online = False
        self._paused_until_s = float("-inf")
        self._window = Window(tuning, rng)
        self._generation = -1

    def accepted(self, rows: Sequence[tuple[int, bool]]) -> None:
        """These rows (seq, is an event) have become durable."""
        self._post(lambda: self._window.added(rows, self._clock.monotonic_s()))

    def connected(self) -> None:
        """The broker is there."""
        self._post(self._on_connected)

    def disconnected(self) -> None:
        """The broker is gone."""
        self._post(self._on_disconnected)

    def received(self, payload: bytes) -> None:
        """Something came on `down`."""
        self._post(lambda: self._on_down(payload))

    def say(self, topic: str, payload: bytes) -> None:
        """Publish once (QoS 1) what is no reading; lost when there is no connection."""
        self._post(lambda: self._publish(topic, payload))

    def wake(self) -> None:
        """Look at the status and at `stop` now."""
        with self._wake:
            self._wake.notify()

    def run(self, uplink: Uplink, intake: Intake, health: Health, stop: threading.Event) -> None:
        """Send until `stop`, then say goodbye. Rows not yet acknowledged stay in the outbox."""
        self._uplink, self._intake, self._health = uplink, intake, health
        while not stop.is_set():
            self._reload()
            while self._inbox:
                self._inbox.popleft()()
            self._send_rows()
            self._send_status()
            with self._wake:
                if not self._inbox and not stop.is_set():
                    self._wake.wait(self._sleep_s())
        self._uplink.publish(self._topics.status, wire.encode(health.status(online=False)), qos=1, retain=True)

    def _post(self, action: Callable[[], None]) -> None:
        with self._wake:
            self._inbox.append(action)
            self._wake.notify()

    def _reload(self) -> None:
        """Start from what the file holds, at first and whenever it was opened anew."""
        if self._generation == self._outbox.generation:
            return
        generation, window = self._outbox.generation, Window(self._tuning, self._rng)
        try:
            window.load(self._outbox.pending())
        except OutboxError as error:
            self._failed(error)
            return
        if self._online:
            window.connected()
        self._window, self._generation = window, generation

    def _send_rows(self) -> None:
        while self._online and self._uplink.unwritten() < UNWRITTEN_MESSAGES and not self._paused:
            pick = self._window.pick(self._clock.monotonic_s())
            if pick is None or not self._send(pick):
                return

    def _send(self, pick: Pick) -> bool:
        """Send what the outbox still has of a pick; False to stop for now."""
        try:
            rows = self._outbox.read(pick.seqs)
            missing = set(pick.seqs) - {row.seq for row in rows}
            if missing:
                self._window.forget(missing)
                return True
            placed, sent_us = self._placed(rows)
            packed = pack(self._unit, placed, pick.lane, newest_first=pick.newest_first, sent_us=sent_us)
            if isinstance(packed, Unsendable):
                self._poisoned([packed.seq], packed.reason)
                return True
        except OutboxError as error:
            self._failed(error)
            return False
        if not self._uplink.publish(self._topics.up, packed.payload, qos=self._qos):
            return False
        self._window.sent(pick, packed.seqs, self._clock.monotonic_s())
        self._health.figures.messages_sent += 1
        self._health.figures.rows_sent += len(packed.seqs)
        return True

    def _poisoned(self, seqs: Sequence[int], reason: str) -> None:
        self._outbox.set_aside([(seq, seq) for seq in seqs], reason)  # first: should it fail, the rows still wait
        self._window.forget(seqs)
        self._health.figures.rows_poisoned += len(seqs)
        log.error("row set aside", extra={"fields": {"seqs": list(seqs), "reason": reason}})
        self._intake.note("row set aside", f"{len(seqs)} from seq {seqs[0]}: {reason}")

    def _send_status(self) -> None:
        now = self._clock.monotonic_s()
        if self._online and self._health.due(now):
            status = wire.encode(self._health.status(online=True))
            if self._uplink.publish(self._topics.status, status, qos=1, retain=True):
                self._health.told(now)

    def _on_connected(self) -> None:
        self._online = True
        self._window.connected()
        self._health.connected()

    def _on_disconnected(self) -> None:
        self._online = False
        breakers = self._window.disconnected(self._clock.monotonic_s())
        if breakers:
            try:
                self._poisoned(breakers, "the connection broke each time it was sent")
            except OutboxError as error:
                self._failed(error)
                self._generation = -1  # the rows are still in the file: take them up again

    def _on_down(self, payload: bytes) -> None:
        try:
            message = wire.decode_down(payload)
        except WireError as error:
            self._health.figures.down_unreadable += 1
            log.warning("message on down not understood", extra={"fields": {"error": error.line()}})
            return
        if isinstance(message, Certificate):
            self._on_certificate(message)
            return
        try:
            self._settle(message)
        except OutboxError as error:
            self._failed(error)  # the rows are sent again after their time-out, and acknowledged again

    def _publish(self, topic: str, payload: bytes) -> None:
        self._uplink.publish(topic, payload, qos=1)

    def _settle(self, ack: Ack) -> None:
        figures = self._health.figures
        settled = self._outbox.settle(ack.epoch, ack.ranges)
        if settled is None:
            figures.acks_of_unknown_epoch += 1
            log.warning("acknowledgement of an unknown epoch", extra={"fields": {"epoch": ack.epoch[:16]}})
            return
        figures.acks += 1
        figures.rows_settled += len(settled)
        self._end_flights(settled, ack.ranges)
        for refusal in ack.refused:
            spans = [(refusal.first, refusal.last)]
            refused = self._outbox.reject(ack.epoch, spans, refusal.reason[: wire.MAX_TEXT])
            self._end_flights(refused or (), spans)
            figures.rows_refused += len(refused or ())
            if refused:
                log.error("rows refused", extra={"fields": {"rows": len(refused), "reason": refusal.reason}})
                self._intake.note("rows refused", f"{len(refused)} from seq {refused[0]}: {refusal.reason}")

    def _end_flights(self, settled: Sequence[int], ranges: Sequence[tuple[int, int]]) -> None:
        """Tell the window what is done with: what was settled, and what was thinned while it was under way."""
        thinned = self._window.under_way(ranges) - set(settled)
        if thinned:  # a number that is in the file is another epoch's, and not what was answered
            thinned -= {row.seq for row in self._outbox.read(sorted(thinned))}
        self._window.acknowledged([*settled, *thinned], self._clock.monotonic_s())

    def _failed(self, error: OutboxError) -> None:
        self._paused_until_s = self._clock.monotonic_s() + DISK_PAUSE_S
        self._intake.failed(error)

    @property
    def _paused(self) -> bool:
        return self._clock.monotonic_s() < self._paused_until_s

    def _sleep_s(self) -> float:
        now = self._clock.monotonic_s()
        if self._online and self._uplink.unwritten() >= UNWRITTEN_MESSAGES:
            return LINE_PAUSE_S
        deadline = self._window.next_deadline(now) if self._online and not self._paused else None
        return IDLE_S if deadline is None else min(IDLE_S, deadline - now)
