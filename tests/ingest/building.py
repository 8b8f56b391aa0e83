"""Batches as agents build them, for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterable

from telemetry import wire
from telemetry.messages import Batch, Event, EventKind, Flag, Lane, Reading
from telemetry.treatment import Phase

EPOCH = "0123456789abcdef"
START_US = 1_700_000_000_000_000
SECOND = 1_000_000
UP_SINCE_US = START_US - 1000 * SECOND  # when the box was switched on: mono = 0


def reading(seq: int, *, time_us: int | None = None, values: dict[int, float] | None = None, **more: object) -> Reading:
    """One sample a second from START_US on, `seq` seconds in."""
    at = START_US + seq * SECOND if time_us is None else time_us
    mono_ms = more.pop("mono_ms", (START_US + seq * SECOND - UP_SINCE_US) // 1000)
    flags = more.pop("flags", int(Flag.CLOCK_SYNCHRONISED))
    found = {0: 300.0, 3: 120.0 + seq % 10} if values is None else values
    return Reading(seq, at, mono_ms, flags, int(Phase.TX), found, **more)  # type: ignore[arg-type]


def event(seq: int, *, active: bool = True, name: str = "MDC_EVT_ALARM", kind: EventKind = EventKind.ALARM) -> Event:
    """A machine alarm that begins, `seq` seconds in."""
    at = START_US + seq * SECOND
    return Event(seq, at, (at - UP_SINCE_US) // 1000, 1, kind, name, 196616, active)


def batch(
    readings: Iterable[Reading] = (),
    events: Iterable[Event] = (),
    *,
    unit: str = "u1",
    epoch: str = EPOCH,
    boot: str = "boot-0",
    sent_us: int | None = None,
    lane: Lane = Lane.LIVE,
) -> Batch:
    """A batch, sent a tenth of a second after its newest row."""
    rows, noted = list(readings), list(events)
    newest = max([r.time_us for r in rows] + [e.time_us for e in noted])
    return wire.build_batch(
        unit=unit,
        epoch=epoch,
        boot=boot,
        sent_us=newest + SECOND // 10 if sent_us is None else sent_us,
        lane=lane,
        readings=rows,
        events=noted,
    )


def seconds(*seqs: int, **more: object) -> Batch:
    """A batch of the samples of these seconds."""
    return batch([reading(seq) for seq in seqs], **more)  # type: ignore[arg-type]
