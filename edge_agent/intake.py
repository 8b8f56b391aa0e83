"""From acquisition into the outbox, also while the disk refuses: a short queue in memory, counted losses, recovery.

Nothing counts as accepted before it is in the outbox. While the outbox cannot be written, records wait here; when the
wait is longer than the queue, the oldest readings go first, events last, and the loss is announced afterwards. What the
outbox had to give up for want of room or for its age is announced too, at once and then once an hour.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

from edge_agent.acquisition import Record, Stamper, agent_event
from edge_agent.outbox import Outbox
from edge_agent.outbox_file import DiskFullError, OutboxError
from telemetry.clock import Clock
from telemetry.messages import Event, Reading

log = logging.getLogger(__name__)

QUEUED_READINGS: Final = 900  # a quarter of an hour at one a second
QUEUED_EVENTS: Final = 2000
AT_ONCE: Final = 500  # records in one transaction
REOPEN_AFTER: Final = 3  # failures in a row; then the file is closed, checked and opened anew
UNTOLD_S: Final = 3600.0
RECOVER_S: Final = 60.0
SQUEEZED: Final = "disk full: the outbox goes on in the space it has, old readings are thinned – free some space"

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
        self._told_s = float("-inf")
        self._recovered_s = float("-inf")
        self._squeezed = False  # as far as it has been announced
        self._trouble = ""
        self._announce_incidents()
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
                if self._trouble and not self.queued:
                    self._outbox.oldest_us()  # nothing to write: see at least whether it can be read again
                self._write_all()
                self._look_at_disk()
                self._announce()
                self._write_all()
                self._tell_what_went()
            except OutboxError as error:
                self.failed(error)

    def failed(self, error: OutboxError) -> None:
        """The outbox failed, here or where it is read: note it, and after some failures open the file anew."""
        with self._mutex:
            self.failures += 1
            self._failures += 1
            if error.line() != self._trouble:
                self._trouble = error.line()
                log.error("outbox failed", extra={"fields": {"error": self._trouble, "queued": self.queued}})
            # On a full disk nothing is wrong with the file, and to close it would give away the space its log has.
            if self._failures % REOPEN_AFTER == 0 and not isinstance(error, DiskFullError):
                try:
                    self._outbox.reopen(self._clock.now_us())
                    self._announce_incidents()
                except OutboxError as again:
                    log.error("outbox does not open", extra={"fields": {"error": again.line()}})

    @property
    def trouble(self) -> str:
        """What keeps the box from keeping readings, or from keeping all of them; empty when all is well."""
        return self._trouble or (SQUEEZED if self._outbox.squeezed else "")

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

    def _write_all(self) -> None:
        while self.queued:
            self._write()
        if self._failures:
            log.info("outbox works again", extra={"fields": {"failures": self._failures, "lost": self._lost}})
        self._failures, self._trouble = 0, ""

    def _look_at_disk(self) -> None:
        now = self._clock.monotonic_s()
        if self._outbox.squeezed and now - self._recovered_s >= RECOVER_S:
            self._recovered_s = now
            generation = self._outbox.generation
            self._outbox.recover(self._clock.now_us())
            if self._outbox.generation != generation:
                self._announce_incidents()

    def _announce(self) -> None:
        """Queue what has to be said about the disk; nothing is queued while it refuses, so this is said once."""
        if self._lost:
            lost, self._lost = self._lost, 0
            self._say("readings lost", f"{lost} records could not be written to the disk")
        if self._outbox.squeezed != self._squeezed:
            self._squeezed = self._outbox.squeezed
            self._say("disk full" if self._squeezed else "disk has room again", SQUEEZED if self._squeezed else "")

    def _tell_what_went(self) -> None:
        now = self._clock.monotonic_s()
        if not self._outbox.untold or now - self._told_s < UNTOLD_S:
            return
        gaps = [agent_event(why.value, gap.text(), self._stamp()) for why, gap in self._outbox.untold.items()]
        seqs = self._outbox.append(gaps, self._clock.boot_id(), told=True)
        self._told_s = now
        log.warning("outbox full", extra={"fields": {gap.name: gap.text for gap in gaps}})
        self._accepted([(seq, True) for seq in seqs])

    def _say(self, name: str, text: str) -> None:
        log.warning(name, extra={"fields": {"text": text}})
        self._queue(agent_event(name, text, self._stamp()))

    def _announce_incidents(self) -> None:
        for incident in self._outbox.incidents:
            log.error("outbox quarantined", extra={"fields": {"file": incident.file, "salvaged": incident.salvaged}})
            self._queue(agent_event("outbox quarantined", incident.text(), self._stamp()))
