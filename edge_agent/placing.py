"""The times of rows that are about to be sent, put right by what the clock has learned since they were taken.

On Linux the wall clock and the monotonic clock drift together and part only when the wall clock is set, so *when this
boot began* changes by exactly the steps that were made. A row taken while the clock was right keeps its time. Any other
row of this boot gets the time the present clock gives its monotonic time: so one message is in one clock, right or
wrong, and its receiver can put all of it right at once. A row of an earlier boot is placed by the journal, or marked as
uncertain.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import msgspec

from edge_agent.boot_journal import BootJournal
from edge_agent.outbox import Outbox
from edge_agent.outbox_file import OutboxError
from edge_agent.packing import Row
from telemetry.clock import MICROSECONDS, Clock
from telemetry.messages import Event, Flag, Reading

log = logging.getLogger(__name__)

# Reading two clocks one after the other, and a monotonic time kept in milliseconds, differ by less.
SAME_US: Final = 50_000
KEEP_EVERY_S: Final = 5.0


class Placer:
    """Places rows, and keeps the journal. `placed` and `look` may come from two threads."""

    def __init__(self, clock: Clock, synchronised: Callable[[], bool], journal: BootJournal) -> None:
        self._clock = clock
        self._synchronised = synchronised
        self._journal = journal
        self._look_s = float("-inf")

    def look(self) -> None:
        """Note whether the clock is right; called often, works every `KEEP_EVERY_S`."""
        now_s = self._clock.monotonic_s()
        if now_s < self._look_s:
            return
        self._look_s = now_s + KEEP_EVERY_S
        if self._synchronised():
            self._journal.clock_is_right(self._began_us(now_s))
        self._journal.keep(now_s)

    def placed(self, rows: Sequence[Row]) -> tuple[list[Row], int]:
        """The rows with their times as they are best known, and the time of sending in the clock of the newest one."""
        now_s = self._clock.monotonic_s()
        began_us, right, boot = self._began_us(now_s), self._synchronised(), self._clock.boot_id()
        lived_ms: dict[str, int] = {}
        for row in rows:
            lived_ms[row.boot] = max(row.record.mono_ms, lived_ms.get(row.boot, 0))
        placed: list[Row] = []
        for row in rows:
            if row.record.flags & Flag.CLOCK_SYNCHRONISED:
                placed.append(row)
            elif row.boot == boot:
                placed.append(_at(row, began_us, Flag.CLOCK_SYNCHRONISED if right else Flag(0)))
            else:
                began = self._journal.began(row.boot, began_us, lived_ms[row.boot])
                placed.append(_at(row, began.us, Flag.CLOCK_SYNCHRONISED if began.known else Flag.TIME_UNCERTAIN))
        return placed, _sent_us(placed, boot, began_us, now_s)

    def _began_us(self, now_s: float) -> int:
        return self._clock.now_us() - round(now_s * MICROSECONDS)


def _at(row: Row, began_us: int, flag: Flag) -> Row:
    record: Reading | Event = row.record
    time_us = began_us + record.mono_ms * 1000
    if abs(time_us - record.time_us) <= SAME_US:
        time_us = record.time_us
    else:
        flag |= Flag.TIME_CORRECTED
    return replace(row, record=msgspec.structs.replace(record, time_us=time_us, flags=int(record.flags | flag)))


def _sent_us(rows: Sequence[Row], boot: str, began_us: int, now_s: float) -> int:
    """Now, or what the newest row's clock would say now if it was set since: its age is true then, not its jump."""
    newest = rows[-1]
    if newest.boot == boot:
        its_us = newest.record.time_us - newest.record.mono_ms * 1000
        if abs(its_us - began_us) > SAME_US:
            began_us = its_us
    return began_us + round(now_s * MICROSECONDS)


def of(outbox: Outbox, path: Path, clock: Clock, synchronised: Callable[[], bool]) -> Placer:
    """The placer of an agent whose outbox is at `path`, with the journal beside it."""
    journal = BootJournal(path.with_name(f"{path.name}.boots.json"), clock.boot_id())
    try:
        # The last row is of this boot, or of the one before; those before that were looked at when it began.
        for row in outbox.read([last for _, last, _ in outbox.pending()][-1:]):
            journal.lasted(row.boot, row.record.mono_ms)
    except OutboxError as error:
        log.warning("lengths of earlier boots unknown", extra={"fields": {"error": error.line()}})
    journal.keep(clock.monotonic_s())
    return Placer(clock, synchronised, journal)
