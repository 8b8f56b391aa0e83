"""What becomes of a message, and of every row in it, each with a named reason. Pure: no I/O, no clock.

The order of the questions: is it a message of ours (`decode`), from a unit we serve (`judge`), which of its rows
are new (`sift`), are their times possible (`impossible`). Whatever order duplicates come in, the same rows are
admitted.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from ingest.newer import is_newer
from ingest.ranges import Range, RangeSet, runs
from telemetry import wire
from telemetry.compression import TooLargeError
from telemetry.errors import WireError
from telemetry.messages import SCHEMA_VERSION, Batch, Event
from telemetry.topics import HomeTopic

EARLIEST_US: Final = 1_420_070_400_000_000  # 2015-01-01: before the first unit of ours
AHEAD_US: Final = 2 * 86_400 * 1_000_000  # no clock that was corrected is two days ahead


class Reason(StrEnum):
    """Every outcome there is."""

    ACCEPT = "accept"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"  # a duplicate that says something else than the first, which stays
    LATE = "late"  # stored, flagged, not shown to the rules
    UNKNOWN_UNIT = "unknown unit"
    REVOKED = "revoked"
    MISMATCH = "topic and unit differ"
    WRONG_SHARD = "wrong shard"
    UNDECODABLE = "undecodable"
    TOO_LARGE = "too large"
    WRONG_SCHEMA = "wrong schema"
    NEWER = "newer than this ingest"
    IMPOSSIBLE_TIME = "impossible time"  # stored as it is, and kept from rules and screens
    EPOCHS = "too many epochs"  # one outbox has one; their box keeps them and is heard again later
    REFUSED_BY_STORE = "refused by the database"
    FAULT = "a fault of ours"


# No later setting, software or repeat can make these rows storable: the agent is told to set them aside. For the other
# reasons a person can put things right, so the agent is not answered, keeps its rows and goes on trying.
FINAL: Final = frozenset({Reason.UNDECODABLE, Reason.REFUSED_BY_STORE})


@dataclass(frozen=True, slots=True)
class KnownUnit:
    """What the registry says of a unit."""

    unit_id: int
    name: str
    shard: int
    revoked: bool = False


class Sifted(msgspec.Struct, frozen=True, gc=False):
    """The new part of a batch.

    Attributes:
        rows: indexes of the new rows, or None when all are new.
        fresh: the seqs of the new rows and events, as runs.
        duplicates: how many rows and events were already held.
    """

    rows: list[int] | None
    events: list[Event]
    fresh: list[Range]
    duplicates: int


def decode(payload: bytes) -> Batch | Reason:
    """A checked batch, or why it is none."""
    try:
        return wire.decode_batch(payload)
    except TooLargeError:
        return Reason.TOO_LARGE
    except WireError:
        return _reason(payload)


def _reason(payload: bytes) -> Reason:
    try:
        plain = wire.plain(payload)
    except WireError:
        return Reason.UNDECODABLE
    if is_newer(plain):
        return Reason.NEWER
    return Reason.UNDECODABLE if _version(plain) in (None, SCHEMA_VERSION) else Reason.WRONG_SCHEMA


def judge(topic: HomeTopic, batch_unit: str, unit: KnownUnit | None) -> Reason:
    """Whether a message on `topic` that says it is from `batch_unit` may be taken: ACCEPT or why not.

    `unit` is what the registry knows under the topic's name; the broker ties a topic to its credentials, not the body.
    """
    if topic.unit != batch_unit:
        return Reason.MISMATCH
    if unit is None:
        return Reason.UNKNOWN_UNIT
    if unit.revoked:
        return Reason.REVOKED
    if unit.shard != topic.shard:
        return Reason.WRONG_SHARD
    return Reason.ACCEPT


def impossible(times_us: npt.NDArray[np.int64], received_us: npt.NDArray[np.int64] | int) -> npt.NDArray[np.bool_]:
    """Which corrected times cannot be: before 2015 or more than two days later than they were received."""
    return (times_us < EARLIEST_US) | (times_us > received_us + AHEAD_US)


def sift(batch: Batch, held: RangeSet) -> Sifted:
    """The rows and events of a checked batch that are not in `held`, which is left as it is."""
    first, last = batch.first_seq, batch.first_seq + batch.count - 1
    if not (batch.offsets or batch.events or held.overlaps(first, last)):
        return Sifted(None, [], [(first, last)], 0)
    seqs = wire.sequence_numbers(batch)
    rows = [i for i, seq in enumerate(seqs[: batch.count]) if seq not in held]
    # A row and an event under one number cannot both be known by it: the row is, the event counts as its duplicate.
    taken = set(seqs[: batch.count])
    events = [e for e in batch.events if e.seq not in held and e.seq not in taken]
    fresh = runs([*(seqs[i] for i in rows), *(event.seq for event in events)])
    duplicates = len(seqs) - len(rows) - len(events)
    return Sifted(None if len(rows) == batch.count else rows, events, fresh, duplicates)


def salvage(payload: bytes, unit: str) -> tuple[str, list[Range]] | None:
    """Epoch and seqs of a batch of `unit` that fails its checks but says which rows it carries, or None.

    With them the agent can be told to set these rows aside, instead of sending them for ever and nothing behind them.
    """
    try:
        batch = _loose.decode(wire.plain(payload))
        seqs = wire.sequence_numbers(batch) if batch.count <= wire.MAX_ROWS else []
    except (
        WireError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError, OverflowError, ValueError, struct.error,
    ):  # fmt: skip
        return None
    numbered = bool(seqs) and all(0 <= seq < wire.MAX_SEQ for seq in seqs)
    return (batch.epoch, runs(seqs)) if numbered and batch.unit == unit and _is_epoch(batch.epoch) else None


_loose: Final = msgspec.msgpack.Decoder(Batch)


def _is_epoch(text: str) -> bool:
    return len(text) == 16 and all(c in "0123456789abcdef" for c in text)


def _version(payload: bytes) -> int | None:
    try:
        fields = msgspec.msgpack.decode(payload)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, OverflowError, TypeError):
        return None
    version = fields[0] if isinstance(fields, list) and fields else None
    return version if isinstance(version, int) else None
