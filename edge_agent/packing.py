"""Rows to one message: of one epoch and one boot, within the wire's limits, and readable before it leaves. Pure."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

from telemetry import wire
from telemetry.errors import WireError
from telemetry.messages import Event, Lane, Reading


@dataclass(frozen=True, slots=True)
class Row:
    """One entry of the outbox."""

    seq: int
    epoch: str
    boot: str
    record: Reading | Event


@dataclass(frozen=True, slots=True)
class Packed:
    """A message, and which rows are in it."""

    payload: bytes
    seqs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Unsendable:
    """A row that no message can carry."""

    seq: int
    reason: str


def pack(unit: str, rows: Sequence[Row], lane: Lane, *, newest_first: bool, sent_us: int) -> Packed | Unsendable:
    """As many of `rows` (rising seq, at least one) as go into one message, from the newest or the oldest end."""
    chosen = _one_group(rows, newest_first=newest_first)
    while True:
        try:
            return Packed(_encode(unit, chosen, lane, sent_us), tuple(row.seq for row in chosen))
        except (WireError, struct.error, OverflowError, ValueError) as error:
            if len(chosen) == 1:
                return Unsendable(chosen[0].seq, str(error)[: wire.MAX_TEXT])
            half = len(chosen) // 2
            chosen = chosen[half:] if newest_first else chosen[:half]


def _one_group(rows: Sequence[Row], *, newest_first: bool) -> list[Row]:
    """The run of rows at one end that share epoch and boot, at most MAX_ROWS readings and MAX_EVENTS events."""
    ordered = list(reversed(rows)) if newest_first else list(rows)
    end = ordered[0]
    readings = events = 0
    chosen: list[Row] = []
    for row in takewhile(lambda r: (r.epoch, r.boot) == (end.epoch, end.boot), ordered):
        is_event = isinstance(row.record, Event)
        if (events if is_event else readings) >= (wire.MAX_EVENTS if is_event else wire.MAX_ROWS):
            break
        events += is_event
        readings += not is_event
        chosen.append(row)
    return sorted(chosen, key=lambda r: r.seq)


def _encode(unit: str, rows: Sequence[Row], lane: Lane, sent_us: int) -> bytes:
    batch = wire.build_batch(
        unit=unit,
        epoch=rows[0].epoch,
        boot=rows[0].boot,
        sent_us=sent_us,
        lane=lane,
        readings=[row.record for row in rows if isinstance(row.record, Reading)],
        events=[row.record for row in rows if isinstance(row.record, Event)],
    )
    # A live row alone would gain little; the backlog becomes a sixth to a quarter (docs/decisions/0008).
    payload = wire.encode_batch(batch, compressed=lane is Lane.BACKFILL)
    wire.decode_batch(payload)  # what we could not read ourselves would only be refused at the other end
    return payload
