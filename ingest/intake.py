"""From what arrived to what is to be stored: messages in, admitted and time-corrected columns out.

No I/O of its own: how a unit is found and what is held of an epoch are handed in. A row's state in memory (ranges
held, newest time, clock) changes here, before the transaction: when that fails, everything is loaded anew.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import msgspec
import numpy as np

from ingest import admission, early
from ingest.columns import Bools, Ints, Rows, rows_of
from ingest.inbox import Message
from ingest.outcasts import Outcast
from ingest.ranges import RangeSet
from ingest.reception import Desk, Part, Said, receive
from ingest.server_time import Placed, in_server_time, note_clocks, observe, shifts_of
from ingest.units import Unit
from telemetry.messages import Batch, Event, Flag, Lane

# The rules look at a home's rows one after the other, half a millisecond each. After a quarter of an hour without the
# database there are 900 of one that sends every second; ten thousand at once are nobody's treatment.
MOST_JUDGED: Final = 1000
# A row that its corrected clock puts this far ahead of the server is nothing a rule may see.
FUTURE_US: Final = 2_000_000


@dataclass(slots=True)
class Intake:
    """What one cycle stores.

    Attributes:
        units: those that any of the parts is of, each once.
        rows: admitted rows, times corrected, flags set; `part` indexes `parts`.
        late: per row, whether the rules are not to see it: marked late, or seen by them already (`ingest.early`).
        events: (index of the part, event with its time corrected and flags set).
        judged_events: those of them that the rules are to see.
        copied_rows, copied_events: likewise those that were stored before, and are not stored again.
        clocks: units whose clock turned out to be more than 60 s off, or no longer is, with its offset in microseconds.
        impossible: how many of these rows and events have a time that cannot be.
        judged: whether the rules are to see any of it.
    """

    parts: list[Part] = field(default_factory=list)
    units: list[Unit] = field(default_factory=list)
    rows: Rows = field(default_factory=lambda: rows_of([]))
    late: Bools = field(default_factory=lambda: np.zeros(0, np.bool_))
    events: list[tuple[int, Event]] = field(default_factory=list)
    judged_events: list[tuple[int, Event]] = field(default_factory=list)
    copied_rows: Rows = field(default_factory=lambda: rows_of([]))
    copied_events: list[tuple[int, Event]] = field(default_factory=list)
    statuses: list[Said] = field(default_factory=list)
    clocks: list[tuple[Unit, int]] = field(default_factory=list)
    impossible: int = 0
    judged: bool = True
    outcasts: list[Outcast] = field(default_factory=list)

    def hide(self) -> None:
        """Keep all of it from the rules."""
        self.judged = False
        self.late = np.ones(len(self.rows), np.bool_)
        self.rows = replace(self.rows, flags=self.rows.flags | np.uint8(Flag.LATE))


def take(messages: Sequence[Message], desk: Desk) -> Intake:
    """Sort out one handful of messages, in the order they came."""
    reception = receive(messages, desk)
    units = list(dict.fromkeys([part.unit for part in reception.parts]))
    intake = Intake(reception.parts, units, statuses=reception.statuses, outcasts=reception.outcasts)
    batches = [part.batch for part in intake.parts]
    rows, events = rows_of(batches), _Events(batches)
    observe(intake.parts, rows)
    shifts = shifts_of(intake.parts)
    placed = in_server_time(rows.time_us, rows.mono_ms, rows.flags, rows.part, shifts)
    intake.clocks = note_clocks(intake.parts, rows, placed.moved, placed.offset)
    keep = _sift(intake.parts, desk.held, len(rows))
    rows = replace(rows, time_us=placed.time_us, flags=placed.flags)
    intake.rows = rows.select(keep)
    if not keep.all():
        intake.copied_rows = rows.select(~keep)
    _mark_late(intake)
    _admit_events(intake, events, in_server_time(events.time_us, events.mono_ms, events.flags, events.part, shifts))
    return intake


class _Events:
    """All events of all batches, as columns where numpy is to see them."""

    def __init__(self, batches: Sequence[Batch]) -> None:
        pairs = [(index, event) for index, batch in enumerate(batches) for event in batch.events]
        self.events = [event for _, event in pairs]
        self.part = np.array([index for index, _ in pairs], np.int32)
        self.time_us = np.array([event.time_us for event in self.events], np.int64)
        self.mono_ms = np.array([event.mono_ms for event in self.events], np.int64)
        self.flags = np.array([event.flags for event in self.events], np.uint8)


def _sift(parts: Sequence[Part], held: Callable[[Unit, str], RangeSet], count: int) -> Bools:
    keep = np.ones(count, np.bool_)
    start = 0
    # Asked for first: should the database be lost over it, nothing has been noted of any row yet.
    found = [held(part.unit, part.batch.epoch) for part in parts]
    for part, stored in zip(parts, found, strict=True):
        part.sifted = sifted = admission.sift(part.batch, stored)
        for first, last in sifted.fresh:
            stored.add(first, last)
        if sifted.rows is not None:
            keep[start : start + part.batch.count] = False
            keep[[start + row for row in sifted.rows]] = True
        start += part.batch.count
    return keep


def _mark_late(intake: Intake) -> None:
    rows, parts, units = intake.rows, intake.parts, intake.units
    place = {unit: at for at, unit in enumerate(units)}
    unit_of = np.array([place[part.unit] for part in parts], np.int64)[rows.part]
    backlog = np.array([part.batch.lane is Lane.BACKFILL for part in parts], np.bool_)[rows.part]
    received = np.array([part.message.received_us for part in parts], np.int64)[rows.part]
    newest = np.array([unit.newest_us for unit in units], np.int64)
    impossible = admission.impossible(rows.time_us, received)
    uncertain = (rows.flags & np.uint8(Flag.TIME_UNCERTAIN)) != 0
    known = early.known_rows(parts, rows)
    never = known | backlog | (rows.time_us > received + FUTURE_US) | impossible | uncertain
    intake.late = late_rows(unit_of, rows.time_us, never, newest)
    intake.late |= crowded(unit_of, intake.late)
    intake.impossible += int(impossible.sum())
    seen = ~intake.late
    np.maximum.at(newest, unit_of[seen], rows.time_us[seen])
    for unit, time_us in zip(units, newest.tolist(), strict=True):
        unit.newest_us = time_us
    intake.rows = replace(rows, flags=rows.flags | ((intake.late & ~known) * np.uint8(Flag.LATE)))


def late_rows(unit: Ints, time_us: Ints, never: Bools, newest_us: Ints) -> Bools:
    """Which rows, in order of arrival, are not newer than every earlier one of their unit, or may `never` be seen.

    `unit` indexes `newest_us`, the newest time seen in earlier cycles.
    """
    late = never | (time_us <= newest_us[unit])
    rows = np.flatnonzero(~late)
    rows = rows[np.argsort(unit[rows], kind="stable")]
    same = unit[rows[1:]] == unit[rows[:-1]]
    if (same & (time_us[rows[1:]] <= time_us[rows[:-1]])).any():
        # Ranks instead of times keep the key of (unit, time) small enough for a running maximum over all units at once.
        rank = np.unique(time_us[rows], return_inverse=True)[1]
        key = unit[rows] * len(rows) + rank
        late[rows[1:]] |= same & (key[1:] <= np.maximum.accumulate(key)[:-1])
    return late


def crowded(unit: Ints, late: Bools) -> Bools:
    """Which rows that are not late are more than the rules take of one unit at once; the newest are not."""
    too_many = np.zeros(len(unit), np.bool_)
    seen = np.flatnonzero(~late)
    counts = np.bincount(unit[seen])
    for number in np.flatnonzero(counts > MOST_JUDGED).tolist():
        too_many[seen[unit[seen] == number][:-MOST_JUDGED]] = True
    return too_many


def _admit_events(intake: Intake, events: _Events, placed: Placed) -> None:
    if not events.events:
        return
    parts = intake.parts
    fresh = {index: {event.seq for event in part.sifted.events} for index, part in enumerate(parts)}
    received = np.array([part.message.received_us for part in parts], np.int64)[events.part]
    impossible = admission.impossible(placed.time_us, received)
    columns = zip(
        events.part.tolist(),
        events.events,
        placed.time_us.tolist(),
        placed.flags.tolist(),
        placed.uncertain.tolist(),
        impossible.tolist(),
        strict=True,
    )
    for index, event, at_us, flags, uncertain, never in columns:
        if event.seq not in fresh[index]:
            intake.copied_events.append((index, msgspec.structs.replace(event, time_us=at_us, flags=flags)))
            continue
        unit = parts[index].unit
        then_late = early.was_late(parts[index], event)
        now_late = never or uncertain or parts[index].batch.lane is Lane.BACKFILL or at_us < unit.newest_us
        late = now_late if then_late is None else then_late
        admitted = (index, msgspec.structs.replace(event, time_us=at_us, flags=flags | (Flag.LATE if late else 0)))
        intake.events.append(admitted)
        if never:
            intake.impossible += 1
        elif then_late is None:
            intake.judged_events.append(admitted)
