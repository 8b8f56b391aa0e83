"""Records to bytes and back.

A decoder that meets any bytes gives a checked message or `WireError`, nothing else. After `decode_batch` every column
has the right length, sequence numbers increase, texts are printable: readers need not check again.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from itertools import pairwise
from math import nan
from typing import Final, TypeVar

import msgspec

from telemetry import signals, topics
from telemetry.errors import WireError
from telemetry.messages import SCHEMA_VERSION, Ack, Batch, Event, Lane, LiveFrame, Reading, Status

# Mosquitto and NATS carry far more; this keeps one message under a second on a 512 kbit/s line, and well below every
# broker's own limit, where an oversize publish is dropped without a word.
MAX_BYTES: Final = 48 * 1024
MAX_ROWS: Final = 240
MAX_EVENTS: Final = 64
MAX_TEXT: Final = 200
MAX_SEQ: Final = 2**62

_T = TypeVar("_T")
_encoder: Final = msgspec.msgpack.Encoder()
_batch: Final = msgspec.msgpack.Decoder(Batch)
_status: Final = msgspec.msgpack.Decoder(Status)
_down: Final = msgspec.msgpack.Decoder(Ack)
_live: Final = msgspec.msgpack.Decoder(LiveFrame)
_reading: Final = msgspec.msgpack.Decoder(Reading)
_event: Final = msgspec.msgpack.Decoder(Event)


def encode(record: Batch | Status | Ack | LiveFrame | Reading | Event) -> bytes:
    """Any record as msgpack, unchecked."""
    return _encoder.encode(record)


def build_batch(
    *, unit: str, epoch: str, boot: str, sent_us: int, lane: Lane, readings: Sequence[Reading], events: Sequence[Event]
) -> Batch:
    """Columns from rows, all of one boot. Both sequences are in order of `seq`, at least one of them is not empty."""
    count = len(readings)
    first = min([r.seq for r in readings[:1]] + [e.seq for e in events[:1]])
    offsets = [r.seq - first for r in readings]
    numbers = sorted({number for r in readings for number in r.values})
    return Batch(
        version=SCHEMA_VERSION,
        unit=unit,
        epoch=epoch,
        boot=boot,
        sent_us=sent_us,
        lane=lane,
        first_seq=first,
        count=count,
        offsets=b"" if offsets == list(range(count)) else struct.pack(f"<{count}I", *offsets),
        times=struct.pack(f"<{count}q", *(r.time_us for r in readings)),
        monos=struct.pack(f"<{count}q", *(r.mono_ms for r in readings)),
        flags=bytes(r.flags for r in readings),
        phases=bytes(r.phase for r in readings),
        invalid=struct.pack(f"<{count}Q", *(r.invalid for r in readings)) if any(r.invalid for r in readings) else b"",
        columns={n: struct.pack(f"<{count}f", *(r.values.get(n, nan) for r in readings)) for n in numbers},
        events=list(events),
        extras={i: r.extras for i, r in enumerate(readings) if r.extras},
    )


def encode_batch(batch: Batch) -> bytes:
    """A batch as bytes; WireError above MAX_BYTES (send fewer rows)."""
    data = _encoder.encode(batch)
    if len(data) > MAX_BYTES:
        raise WireError(
            "encode batch", f"{len(data)} bytes for {batch.count} rows", hint=f"limit {MAX_BYTES}: split it"
        )
    return data


def decode_batch(data: bytes) -> Batch:
    """A checked batch from bytes off the broker; WireError for anything else."""
    if len(data) > MAX_BYTES:
        raise WireError("decode batch", f"{len(data)} bytes", hint=f"limit is {MAX_BYTES}")
    batch = _decode(_batch, data, "batch")
    _require(batch.version == SCHEMA_VERSION, f"schema version {batch.version}", f"this reader knows {SCHEMA_VERSION}")
    _require(topics.is_unit_id(batch.unit), f"unit {batch.unit[:40]!r}", "2…32 of a-z, 0-9 and -")
    _require(_is_hex(batch.epoch), f"epoch {batch.epoch[:40]!r}", "16 hex digits")
    _require(len(batch.boot) <= 40 and _printable(batch.boot), "boot id", "at most 40 printable characters")
    _require(0 <= batch.count <= MAX_ROWS, f"{batch.count} rows", f"0…{MAX_ROWS}")
    _require(len(batch.events) <= MAX_EVENTS, f"{len(batch.events)} events", f"0…{MAX_EVENTS}")
    _require(batch.count + len(batch.events) > 0, "no rows and no events", "an empty batch says nothing")
    _require(0 <= batch.first_seq < MAX_SEQ, f"first seq {batch.first_seq}", f"0…{MAX_SEQ}")
    _check_columns(batch)
    _check_events(batch.events)
    return batch


def sequence_numbers(batch: Batch) -> list[int]:
    """Seq of every row, then of every event, of a checked batch."""
    if batch.offsets:
        rows = [batch.first_seq + o for o in struct.unpack(f"<{batch.count}I", batch.offsets)]
    else:
        rows = list(range(batch.first_seq, batch.first_seq + batch.count))
    return rows + [event.seq for event in batch.events]


def decode_status(data: bytes) -> Status:
    """A checked status; WireError for anything else."""
    status = _decode(_status, data, "status")
    _require(
        status.version == SCHEMA_VERSION, f"schema version {status.version}", f"this reader knows {SCHEMA_VERSION}"
    )
    _require(topics.is_unit_id(status.unit), f"unit {status.unit[:40]!r}", "2…32 of a-z, 0-9 and -")
    words = (status.epoch, status.boot, status.agent_version, status.protocol, status.profile)
    _require(
        all(len(w) <= 40 and _printable(w) for w in words), "a text in the status", "at most 40 printable characters"
    )
    _require(len(status.trouble) <= MAX_TEXT and _printable(status.trouble), "trouble", f"printable, ≤ {MAX_TEXT}")
    return status


def decode_ack(data: bytes) -> Ack:
    """A checked acknowledgement; WireError for anything else."""
    ack = _decode(_down, data, "acknowledgement")
    ends = [*ack.ranges, *((r.first, r.last) for r in ack.refused)]
    _require(
        all(0 <= first <= last < MAX_SEQ for first, last in ends), "a range in the acknowledgement", "first ≤ last"
    )
    return ack


def decode_live(data: bytes) -> LiveFrame:
    """A live frame; WireError for anything else."""
    frame = _decode(_live, data, "live frame")
    _require(frame.version == SCHEMA_VERSION, f"schema version {frame.version}", f"this reader knows {SCHEMA_VERSION}")
    return frame


def decode_reading(data: bytes) -> Reading:
    """A reading from an outbox entry; WireError for anything else."""
    return _decode(_reading, data, "reading")


def decode_event(data: bytes) -> Event:
    """An event from an outbox entry; WireError for anything else."""
    return _decode(_event, data, "event")


def _decode(decoder: msgspec.msgpack.Decoder[_T], data: bytes, what: str) -> _T:
    try:
        return decoder.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, OverflowError) as error:
        raise WireError(f"decode {what}", f"{len(data)} bytes", hint=str(error)[:200]) from error


def _check_columns(batch: Batch) -> None:
    n = batch.count
    widths = (
        ("times", batch.times, 8),
        ("monos", batch.monos, 8),
        ("flags", batch.flags, 1),
        ("phases", batch.phases, 1),
    )
    for name, column, width in widths:
        _require(len(column) == n * width, f"column {name} of {len(column)} bytes", f"{n} rows of {width}")
    _require(len(batch.invalid) in (0, n * 8), f"column invalid of {len(batch.invalid)} bytes", f"0 or {n} rows of 8")
    for number, column in batch.columns.items():
        _require(0 <= number < signals.COUNT, f"signal {number}", f"this reader knows 0…{signals.COUNT - 1}")
        _require(len(column) == n * 4, f"signal {number} of {len(column)} bytes", f"{n} rows of 4")
    for row, extras in batch.extras.items():
        texts = [text for pair in extras.items() for text in pair]
        _require(0 <= row < n, f"extras of row {row}", f"{n} rows")
        _require(all(len(t) <= MAX_TEXT and _printable(t) for t in texts), "extras", f"printable, at most {MAX_TEXT}")
    _require(len(batch.offsets) in (0, n * 4), f"offsets of {len(batch.offsets)} bytes", f"0 or {n} rows of 4")
    if batch.offsets:
        offsets = struct.unpack(f"<{n}I", batch.offsets)
        _require(all(a < b for a, b in pairwise(offsets)), "offsets", "strictly increasing")


def _check_events(events: list[Event]) -> None:
    _require(all(a.seq < b.seq for a, b in pairwise(events)), "event seqs", "strictly increasing")
    for event in events:
        texts = (event.name, event.signal, event.text)
        _require(0 <= event.seq < MAX_SEQ, f"event seq {event.seq}", f"0…{MAX_SEQ}")
        _require(max(abs(event.time_us), abs(event.mono_ms)) <= MAX_SEQ, "event time", "microseconds since 1970")
        _require(0 <= event.flags < 256 and 0 <= event.code < 2**31, f"event code {event.code}", "an MDC code")
        _require(
            all(len(t) <= MAX_TEXT and _printable(t) for t in texts), "event text", f"printable, at most {MAX_TEXT}"
        )


def _printable(text: str) -> bool:
    # False for control characters (a database refuses NUL, a log line must stay one line), lone surrogates and the
    # format characters that turn the direction of the text around them.
    return text.isprintable()


def _is_hex(text: str) -> bool:
    return len(text) == 16 and all(c in "0123456789abcdef" for c in text)


def _require(condition: bool, subject: str, hint: str) -> None:
    if not condition:
        raise WireError("decode message", subject, hint=hint)
