"""Two copies of one (unit, epoch, seq) with different content: the first stays, and the difference is told.

What is stored does not depend on it, so it is looked into after the commit, on a thread and a connection of its own: a
copy is rare, and to compare it costs a look at the stored row. After a restart of ours every agent sends again what was
not acknowledged; what does not fit into the box then is left unchecked, and counted.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from ingest.admission import Reason
from ingest.columns import Rows
from ingest.intake import Intake
from ingest.metrics import Metrics
from ingest.side_thread import SideThread
from store import copies
from store.copies import Key
from store.pool import Connection
from store.reading_queries import StoredReading
from store.readings import storable
from telemetry.clock import Clock
from telemetry.messages import Event, Flag

log = logging.getLogger(__name__)

# Bounds memory: at most so many copies wait, 4 MB of them.
MAX_WAITING: Final = 20_000
# One line a minute and unit says as much as thousands.
TELL_EVERY_S: Final = 60.0

# With one of these a time is somebody's estimate, and the next copy may bring a better one.
_ESTIMATED: Final = int(Flag.TIME_CORRECTED | Flag.TIME_UNCERTAIN)


@dataclass(frozen=True, slots=True)
class Copied:
    """What came again in one cycle.

    Attributes:
        rows: `part` indexes `origins`, (unit's name, unit id, epoch) of each batch. events: with that index too.
    """

    origins: Sequence[tuple[str, int, str]]
    rows: Rows
    events: Sequence[tuple[int, Event]]

    def __len__(self) -> int:
        return len(self.rows) + len(self.events)


def copied(intake: Intake) -> Copied:
    """The copies in an intake, their times in the server's clock."""
    origins: list[tuple[str, int, str]] = []
    if len(intake.copied_rows) or intake.copied_events:
        origins = [(p.unit.known.name, p.unit.known.unit_id, p.batch.epoch) for p in intake.parts]
    return Copied(origins, intake.copied_rows, intake.copied_events)


class CopyBox:
    """Copies on their way from the thread that ingests to the one that compares."""

    def __init__(self) -> None:
        self._waiting: deque[Copied] = deque()
        self._lock = threading.Lock()
        self._count = 0
        self.unchecked = 0

    def put(self, some: Copied) -> None:
        """Keep them, or count them as unchecked when too many wait. Never blocks for long."""
        with self._lock:
            if self._count + len(some) > MAX_WAITING:
                self.unchecked += len(some)
            elif len(some):
                self._count += len(some)
                self._waiting.append(some)

    def miss(self, count: int) -> None:
        """So many could not be compared."""
        with self._lock:
            self.unchecked += count

    def take(self) -> Copied | None:
        """The oldest, or None."""
        with self._lock:
            if not self._waiting:
                return None
            some = self._waiting.popleft()
            self._count -= len(some)
            return some


def differing(some: Copied, stored: Mapping[Key, StoredReading | Event]) -> tuple[list[Key], int]:
    """Which copies say something else than what is `stored` under their number, and how many are not there at all."""
    found: list[Key] = []
    missing = 0
    for key, copy in _all(some):
        first = stored.get(key)
        if first is None:
            missing += 1
        elif not _is_same(copy, first):
            found.append(key)
    return found, missing


def _all(some: Copied) -> Iterator[tuple[Key, StoredReading | Event]]:
    rows = some.rows
    values, invalid = storable(rows.values, rows.invalid)
    measured = ~np.isnan(values)
    for n in range(len(rows)):
        _, unit_id, epoch = some.origins[int(rows.part[n])]
        numbers = np.flatnonzero(measured[n])
        named = dict(zip(numbers.tolist(), values[n, numbers].tolist(), strict=True))
        seq, time_us, mono_ms = int(rows.seq[n]), int(rows.time_us[n]), int(rows.mono_ms[n])
        phase, flags = int(rows.phase[n]), int(rows.flags[n])
        reading = StoredReading(
            unit_id, epoch, seq, time_us, mono_ms, 0, phase, flags, int(invalid[n].view(np.int64)), named
        )
        yield (unit_id, epoch, seq), reading
    for at, event in some.events:
        _, unit_id, epoch = some.origins[at]
        yield (unit_id, epoch, event.seq), event


def _is_same(copy: StoredReading | Event, first: StoredReading | Event) -> bool:
    # A time that was estimated once may be estimated otherwise the next time; the box's monotonic clock never is.
    if copy.mono_ms != first.mono_ms:
        return False
    vouched = copy.flags & first.flags & Flag.CLOCK_SYNCHRONISED and not (copy.flags | first.flags) & _ESTIMATED
    if vouched and copy.time_us != first.time_us:
        return False
    if (copy.flags ^ first.flags) & Flag.PHASE_DERIVED:
        return False
    if isinstance(copy, Event) and isinstance(first, Event):
        return _words(copy) == _words(first)
    if isinstance(copy, StoredReading) and isinstance(first, StoredReading):
        return (copy.phase, copy.invalid, copy.values) == (first.phase, first.invalid, first.values)
    return False


def _words(event: Event) -> tuple[object, ...]:
    return event.kind, event.name, event.code, event.active, event.signal, event.text


class ConflictWatch(SideThread):
    """Compares what is put into `box` with what is stored."""

    name = "conflicts"
    waits = "copies are not compared for now"
    look_s = 1.0

    def __init__(self, database_url: str, box: CopyBox, clock: Clock, metrics: Metrics) -> None:
        super().__init__(database_url)
        self._box = box
        self._clock = clock
        self._metrics = metrics
        self._told: dict[str, float] = {}
        metrics.unchecked.set_function(lambda: box.unchecked)

    def step(self, conn: Connection) -> bool:
        """Compare the oldest that wait; False when nothing does. StoreError when the database is not well."""
        some = self._box.take()
        if some is None:
            return False
        wanted = [(key, copy.time_us) for key, copy in _all(some)]
        found, missing = differing(some, copies.stored(conn, wanted))
        self._metrics.outcomes.labels(Reason.CONFLICT).inc(len(found))
        self._box.miss(missing)
        names = {(unit_id, epoch): name for name, unit_id, epoch in some.origins}
        for unit_id, epoch, seq in found:
            self._tell(names[unit_id, epoch], epoch, seq)
        return True

    def _tell(self, unit: str, epoch: str, seq: int) -> None:
        now_s = self._clock.monotonic_s()
        if now_s - self._told.get(unit, float("-inf")) >= TELL_EVERY_S:
            self._told[unit] = now_s
            fields = {"unit": unit, "epoch": epoch, "seq": seq}
            log.warning("two different rows under one number: the first stays", extra={"fields": fields})
