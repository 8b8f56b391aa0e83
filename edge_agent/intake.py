"""From acquisition into the outbox, also while the disk refuses: a short queue in memory, counted losses, recovery.

Nothing counts as accepted before it is in the outbox. While the outbox cannot be written, records wait here; when the
wait is longer than the queue, the oldest readings go first, events last, and the loss is announced afterwards.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

from edge_agent.acquisition import Record, Stamper, agent_event
from edge_agent.outbox import Outbox
from edge_agent.outbox_file import OutboxError
from telemetry.clock import Clock
from telemetry.messages import Event, Reading

log = logging.getLogger(__name__)

QUEUED_READINGS: Final = 900  # a quarter of an hour at one a second
QUEUED_EVENTS: Final = 2000
AT_ONCE: Final = 500  # records in one transaction
REOPEN_AFTER: Final = 3  # failures in a row; then the file is closed, checked and opened anew
THINNED_NOTE_S: Final = 3600.0

Accepted = Callable[[Sequence[tuple[int, bool]]], None]


class Intake:
    """The only way into the outbox. Any thread may call any method."""

    def __init__(self, outbox: Outbox, clock: Clock, stamp: Stamper, accepted: Accepted) -> None:
        """`accepted` is called with (seq, is an event) of what has become durable."""
        self._outbox = outbox
        self._clock = clock
        self._stamp = stamp
        self._accepted = accepted
        self._mutex = threading.RLock()
        self._readings: deque[tuple[int, Reading]] = deque()  # (order of arrival, record)
        self._events: deque[tuple[int, Event]] = deque()
        self._arrived = 0
        self._memory: bytes | None = None
        self._failures = 0
        self._lost = 0  # since the last announcement
        self._thinned = outbox.thinned
        self._thinned_noted_s = float("-inf")
        self._announce_incidents()
        self.trouble = ""
        self.lost = 0  # ever
        self.failures = 0  # ever

    def put(self, records: Sequence[Record], memory: bytes | None = None) -> None:
        """Keep records as soon as the disk lets us; `memory` is acquisition's state after them."""
        with self._mutex:
            for record in records:
                self._queue(record)
            self._memory = memory if memory is not None else self._memory
            self.flush()

    def note(self, name: str, text: str) -> None:
        """Keep an event about the box itself."""
        self.put([agent_event(name, text, self._stamp())])

    def flush(self) -> None:
        """Try to write what is queued; called again and again while there is trouble."""
        with self._mutex:
            try:
                if self.trouble and not self.queued:
                    self._outbox.oldest_us()  # nothing to write: see at least whether it can be read again
                while self.queued:
                    self._write()
            except OutboxError as error:
                self.failed(error)
                return
            self._recovered()

    def failed(self, error: OutboxError) -> None:
        """The outbox failed, here or where it is read: note it, and after some failures open the file anew."""
        with self._mutex:
            self.failures += 1
            self._failures += 1
            if error.line() != self.trouble:
                self.trouble = error.line()
                log.error("outbox failed", extra={"fields": {"error": self.trouble, "queued": self.queued}})
            if self._failures % REOPEN_AFTER == 0:
                try:
                    self._outbox.reopen(self._clock.now_us())
                    self._announce_incidents()
                except OutboxError as again:
                    log.error("outbox does not open", extra={"fields": {"error": again.line()}})

    @property
    def queued(self) -> int:
        """Records waiting in memory: not accepted, lost if the power goes."""
        return len(self._readings) + len(self._events)

    def _queue(self, record: Record) -> None:
        self._arrived += 1
        if isinstance(record, Event):
            self._events.append((self._arrived, record))
        else:
            self._readings.append((self._arrived, record))
        if len(self._readings) > QUEUED_READINGS:
            self._readings.popleft()
            self._lose()
        if len(self._events) > QUEUED_EVENTS:
            self._events.popleft()
            self._lose()

    def _lose(self) -> None:
        self._lost += 1
        self.lost += 1

    def _write(self) -> None:
        queued: list[tuple[int, Record]] = [*self._readings, *self._events]
        entries = sorted(queued, key=lambda entry: entry[0])[:AT_ONCE]
        records = [record for _, record in entries]
        last = len(entries) == self.queued
        seqs = self._outbox.append(records, self._clock.boot_id(), self._memory if last else None)
        for _, record in entries:
            (self._events if isinstance(record, Event) else self._readings).popleft()
        self._memory = None if last else self._memory
        self._accepted([(seq, isinstance(record, Event)) for seq, record in zip(seqs, records, strict=True)])

    def _recovered(self) -> None:
        now = self._clock.monotonic_s()
        if self._failures:
            log.info("outbox works again", extra={"fields": {"failures": self._failures, "lost": self._lost}})
        self._failures, self.trouble = 0, ""
        if self._lost:
            lost, self._lost = self._lost, 0
            self.note("readings lost", f"{lost} records could not be written to the disk")
        if self._outbox.thinned > self._thinned and now - self._thinned_noted_s > THINNED_NOTE_S:
            dropped, self._thinned = self._outbox.thinned - self._thinned, self._outbox.thinned
            self._thinned_noted_s = now
            log.warning("outbox full", extra={"fields": {"dropped": dropped}})
            self.note("outbox full", f"{dropped} oldest readings dropped")

    def _announce_incidents(self) -> None:
        for incident in self._outbox.incidents:
            text = f"{incident.salvaged} rows saved from a torn outbox, kept as {incident.file}"
            log.error("outbox quarantined", extra={"fields": {"file": incident.file, "salvaged": incident.salvaged}})
            self._queue(agent_event("outbox quarantined", text, self._stamp()))
