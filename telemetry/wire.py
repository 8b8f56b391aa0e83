"""Records to bytes and back.

A decoder that meets any bytes gives a checked message or `WireError`, nothing else. After `decode_batch` every column
has the right length, sequence numbers increase, texts are printable: readers need not check again.

A batch is plain msgpack, or that compressed (`telemetry.compression`), as its sender likes: the first byte tells. Every
reader of `up` takes both, and every limit here is one of the plain form.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from math import nan
from typing import Final, TypeVar

import msgspec

from telemetry import compression, signals, topics
from telemetry.errors import WireError
from telemetry.messages import (
    SCHEMA_VERSION,
    Ack,
    Batch,
    Certificate,
    CertificateRequest,
    Event,
    Lane,
    LiveFrame,
    Reading,
    SignedConfig,
    Status,
)

# Mosquitto and NATS carry far more; this keeps one message under a second on a 512 kbit/s line, and well below every
# broker's own limit, where an oversize publish is dropped without a word. It holds for the plain form, so that what a
# reader has to inflate is bounded too.
MAX_BYTES: Final = 48 * 1024
# Compressed, 240 rows of 24 signals are 6 kB, 0.8 s of a 64 kbit/s line in which nothing may overtake them; four times
# as many rows would save an eighth of the bytes.
MAX_ROWS: Final = 240
MAX_EVENTS: Final = 64
MAX_TEXT: Final = 200
MAX_SEQ: Final = 2**62
# A P-256 chain of two is 1.5 kB in PEM, a request 0.3 kB in DER, a whole configuration file 1 kB.
MAX_CREDENTIAL: Final = 8 * 1024
# An ECDSA signature of P-256 in DER is 72 bytes at most.
MAX_PROOF: Final = 128
MAX_SETTINGS: Final = 16 * 1024

_SIGNALS: Final = frozenset(range(signals.COUNT))
# Of the names that a fleet's batches bear, over and over: 20 MB when somebody makes up others.
_REMEMBERED: Final = 65_536

_T = TypeVar("_T")
_encoder: Final = msgspec.msgpack.Encoder()
_batch: Final = msgspec.msgpack.Decoder(Batch)
_status: Final = msgspec.msgpack.Decoder(Status)
_ack: Final = msgspec.msgpack.Decoder(Ack)
_down: Final[msgspec.msgpack.Decoder[Ack | Certificate]] = msgspec.msgpack.Decoder(Ack | Certificate)
_request: Final = msgspec.msgpack.Decoder(CertificateRequest)
_config: Final = msgspec.msgpack.Decoder(SignedConfig)
_live: Final = msgspec.msgpack.Decoder(LiveFrame)
_reading: Final = msgspec.msgpack.Decoder(Reading)
_event: Final = msgspec.msgpack.Decoder(Event)


def encode(
    record: Batch | Status | Ack | Certificate | CertificateRequest | SignedConfig | LiveFrame | Reading | Event,
) -> bytes:
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


def encode_batch(batch: Batch, *, compressed: bool = False) -> bytes:
    """A batch as bytes, if asked for compressed where that is shorter; WireError above MAX_BYTES (send fewer rows)."""
    data = _encoder.encode(batch)
    if len(data) > MAX_BYTES:
        raise WireError(
            "encode batch", f"{len(data)} bytes for {batch.count} rows", hint=f"limit {MAX_BYTES}: split it"
        )
    return compression.deflate(data) if compressed else data


def plain(data: bytes) -> bytes:
    """A message as it was before it was compressed, if it was; TooLargeError above MAX_BYTES, WireError if broken."""
    if len(data) > MAX_BYTES:
        raise compression.TooLargeError("decode batch", f"{len(data)} bytes", hint=f"limit is {MAX_BYTES}")
    return compression.inflate(data, MAX_BYTES)


def decode_batch(data: bytes) -> Batch:
    """A checked batch from bytes off the broker, compressed or not; WireError for anything else."""
    batch = _decode(_batch, plain(data), "batch")
    _check_version(batch.version)
    _check_names(batch.unit, batch.epoch, batch.boot)
    if not _is_usual(batch):
        _check_batch(batch)
    return batch


def _is_usual(batch: Batch) -> bool:
    """Whether a batch has the commonest form, rows numbered in a row and nothing beside them, and is in order.

    Nearly every message of a fleet is, and for it this costs a fifth of `_check_batch`, which knows every form and
    names what is wrong. True says that `_check_batch` would find nothing, False says nothing.
    """
    count, columns = batch.count, batch.columns
    return (
        0 < count <= MAX_ROWS
        and not (batch.offsets or batch.events or batch.extras)
        and 0 <= batch.first_seq < MAX_SEQ
        and len(batch.times) == len(batch.monos) == 8 * count
        and len(batch.flags) == len(batch.phases) == count
        and (not batch.invalid or len(batch.invalid) == 8 * count)
        and _SIGNALS.issuperset(columns)
        and set(map(len, columns.values())) <= {4 * count}
    )


@lru_cache(_REMEMBERED)
def _check_names(unit: str, epoch: str, boot: str) -> None:
    # Only what passes is remembered, so what is remembered is short.
    _check_unit(unit)
    if not _is_hex(epoch):
        raise _fault(f"epoch {epoch[:40]!r}", "16 hex digits")
    if not _is_boot(boot):
        raise _fault("boot id", "at most 40 printable characters")


def _check_batch(batch: Batch) -> None:
    if not 0 <= batch.count <= MAX_ROWS:
        raise _fault(f"{batch.count} rows", f"0…{MAX_ROWS}")
    if len(batch.events) > MAX_EVENTS:
        raise _fault(f"{len(batch.events)} events", f"0…{MAX_EVENTS}")
    if batch.count + len(batch.events) == 0:
        raise _fault("no rows and no events", "an empty batch says nothing")
    if not 0 <= batch.first_seq < MAX_SEQ:
        raise _fault(f"first seq {batch.first_seq}", f"0…{MAX_SEQ}")
    _check_columns(batch)
    _check_extras(batch)
    _check_events(batch.events)


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
    _check_version(status.version)
    _check_unit(status.unit)
    for text in (status.epoch, status.boot, status.agent_version, status.protocol, status.profile):
        if len(text) > 40 or not text.isprintable():
            raise _fault("a text in the status", "at most 40 printable characters")
    _check_texts("trouble", status.trouble, status.config_trouble)
    if not 0 <= status.config_serial < MAX_SEQ:
        raise _fault(f"configuration serial {status.config_serial}", f"0…{MAX_SEQ}")
    return status


def decode_ack(data: bytes) -> Ack:
    """A checked acknowledgement; WireError for anything else."""
    ack = _decode(_ack, data, "acknowledgement")
    _check_ranges(ack)
    return ack


def decode_down(data: bytes) -> Ack | Certificate:
    """Whatever comes down to a home, checked; WireError for anything else."""
    message = _decode(_down, data, "message on down")
    if isinstance(message, Ack):
        _check_ranges(message)
    elif len(message.chain) > MAX_CREDENTIAL:
        raise _fault(f"certificate of {len(message.chain)} characters", f"at most {MAX_CREDENTIAL}")
    return message


def decode_request(data: bytes) -> CertificateRequest:
    """A checked request for a certificate; WireError for anything else. What is in it is not looked at."""
    request = _decode(_request, data, "certificate request")
    _check_version(request.version)
    _check_unit(request.unit)
    if not 0 < len(request.request) <= MAX_CREDENTIAL:
        raise _fault(f"certificate request of {len(request.request)} bytes", f"1…{MAX_CREDENTIAL}")
    if len(request.proof) > MAX_PROOF:
        raise _fault(f"proof of {len(request.proof)} bytes", f"at most {MAX_PROOF}")
    return request


def proven_part(unit: str, request: bytes) -> bytes:
    """What the proof of a renewal covers: the unit and its request (DER), in one spelling that nothing else has."""
    return _encoder.encode(["homehd renewal", unit, request])


def decode_config(data: bytes) -> SignedConfig:
    """A remote configuration of the right shape; WireError for anything else. Its signature is not looked at."""
    config = _decode(_config, data, "remote configuration")
    _check_version(config.version)
    _check_unit(config.unit)
    if not 0 < config.serial < MAX_SEQ:
        raise _fault(f"configuration serial {config.serial}", f"1…{MAX_SEQ}")
    if len(config.settings) > MAX_SETTINGS:
        raise _fault(f"settings of {len(config.settings)} bytes", f"at most {MAX_SETTINGS}")
    if max(len(config.signature), len(config.signer)) > MAX_CREDENTIAL:
        raise _fault("signature or signer", f"at most {MAX_CREDENTIAL} bytes")
    return config


def signed_part(config: SignedConfig) -> bytes:
    """What a signature covers: everything but signature and signer, in one spelling."""
    return _encoder.encode(["homehd config", config.version, config.unit, config.serial, config.settings])


def decode_live(data: bytes) -> LiveFrame:
    """A live frame; WireError for anything else."""
    frame = _decode(_live, data, "live frame")
    _check_version(frame.version)
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


# The checks below run for every message of a fleet: the text of an error is built only when there is one.


def _check_version(version: int) -> None:
    if version != SCHEMA_VERSION:
        raise _fault(f"schema version {version}", f"this reader knows {SCHEMA_VERSION}")


def _check_unit(unit: str) -> None:
    if not topics.is_unit_id(unit):
        raise _fault(f"unit {unit[:40]!r}", "2…32 of a-z, 0-9 and -")


def _check_ranges(ack: Ack) -> None:
    for first, last in [*ack.ranges, *((r.first, r.last) for r in ack.refused)]:
        if not 0 <= first <= last < MAX_SEQ:
            raise _fault("a range in the acknowledgement", "first ≤ last")


def _check_columns(batch: Batch) -> None:
    n = batch.count
    for name, column, width in (
        ("times", batch.times, 8),
        ("monos", batch.monos, 8),
        ("flags", batch.flags, 1),
        ("phases", batch.phases, 1),
    ):
        if len(column) != n * width:
            raise _fault(f"column {name} of {len(column)} bytes", f"{n} rows of {width}")
    for name, column, width in (("invalid", batch.invalid, 8), ("offsets", batch.offsets, 4)):
        if column and len(column) != n * width:
            raise _fault(f"column {name} of {len(column)} bytes", f"0 or {n} rows of {width}")
    for number, column in batch.columns.items():
        if number not in _SIGNALS:
            raise _fault(f"signal {number}", f"this reader knows 0…{signals.COUNT - 1}")
        if len(column) != n * 4:
            raise _fault(f"signal {number} of {len(column)} bytes", f"{n} rows of 4")
    if batch.offsets:
        offsets = struct.unpack(f"<{n}I", batch.offsets)
        if any(a >= b for a, b in pairwise(offsets)) or batch.first_seq + offsets[-1] >= MAX_SEQ:
            raise _fault("offsets", f"strictly increasing, the last seq below {MAX_SEQ}")


def _check_extras(batch: Batch) -> None:
    for row, extras in batch.extras.items():
        if not 0 <= row < batch.count:
            raise _fault(f"extras of row {row}", f"{batch.count} rows")
        for name, text in extras.items():
            _check_texts("extras", name, text)


def _check_events(events: list[Event]) -> None:
    for event in events:
        if not 0 <= event.seq < MAX_SEQ:
            raise _fault(f"event seq {event.seq}", f"0…{MAX_SEQ}")
        if max(abs(event.time_us), abs(event.mono_ms)) > MAX_SEQ:
            raise _fault("event time", "microseconds since 1970")
        if not 0 <= event.flags < 256 or not 0 <= event.code < 2**31:
            raise _fault(f"event code {event.code}", "an MDC code")
        _check_texts("event text", event.name, event.signal, event.text)
    if any(a.seq >= b.seq for a, b in pairwise(events)):
        raise _fault("event seqs", "strictly increasing")


def _check_texts(what: str, *texts: str) -> None:
    # Not printable are control characters (a database refuses NUL, a log line must stay one line), lone surrogates and
    # the format characters that turn the direction of the text around them.
    for text in texts:
        if len(text) > MAX_TEXT or not text.isprintable():
            raise _fault(what, f"printable, at most {MAX_TEXT} characters")


def _is_boot(text: str) -> bool:
    return len(text) <= 40 and text.isprintable()


def _is_hex(text: str) -> bool:
    return len(text) == 16 and not text.strip("0123456789abcdef")


def _fault(subject: str, hint: str) -> WireError:
    return WireError("decode message", subject, hint=hint)
