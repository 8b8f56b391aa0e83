"""From what arrived to what is ours to take: messages in; batches, statuses and outcasts out. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import msgspec

from ingest import admission
from ingest.admission import KnownUnit, Reason, Sifted
from ingest.clock_offset import ClockOffset
from ingest.inbox import Message
from ingest.outcasts import Outcast, Refused
from ingest.ranges import Range, RangeSet, runs
from ingest.units import Unit
from telemetry import topics, wire
from telemetry.errors import WireError
from telemetry.messages import Batch, Status
from telemetry.topics import HomeTopic

_UNSIFTED: Final = Sifted(None, [], [], 0)


class Part(msgspec.Struct, gc=False):
    """One batch that was taken.

    Attributes:
        clock: its unit's, in the boot it is of.
    """

    message: Message
    topic: HomeTopic
    unit: Unit
    batch: Batch
    clock: ClockOffset
    sifted: Sifted = _UNSIFTED

    def answered(self) -> list[Range]:
        """Seqs to acknowledge once committed: new ones, and those that were held before."""
        if self.sifted.duplicates == 0:
            return self.sifted.fresh
        return runs(wire.sequence_numbers(self.batch))


class Said(NamedTuple):
    """A status, as it arrived; `retained`: out of the broker's memory, not from the box."""

    unit: Unit
    status: Status
    received_us: int
    retained: bool


@dataclass(frozen=True, slots=True)
class Desk:
    """What intake has to ask others.

    Attributes:
        owned: shards that are ours; messages of others are left to their owner without a word.
        find: the registry's unit of that name, and our memory of it (None for a revoked one), or None.
        held: what is stored of a unit's epoch.
        admits: whether this epoch of the unit may be asked for now.
    """

    owned: frozenset[int]
    find: Callable[[str], Unit | KnownUnit | None]
    held: Callable[[Unit, str], RangeSet]
    admits: Callable[[Unit, str], bool]


@dataclass(slots=True)
class Reception:
    """One handful of messages, sorted out.

    Attributes:
        parts: the batches that are taken, not yet sifted.
    """

    parts: list[Part] = field(default_factory=list)
    statuses: list[Said] = field(default_factory=list)
    outcasts: list[Outcast] = field(default_factory=list)


def receive(messages: Sequence[Message], desk: Desk) -> Reception:
    """Decode and judge every message, in the order they came."""
    reception = Reception()
    for message in messages:
        _receive(message, desk, reception)
    return reception


def _receive(message: Message, desk: Desk, reception: Reception) -> None:
    try:
        topic = topics.parse_home(message.topic)
    except WireError as error:
        reception.outcasts.append(Outcast(message, "", Reason.MISMATCH, detail=error.hint))
        return
    if topic.shard not in desk.owned:
        return
    unit = desk.find(topic.unit)
    if topic.direction == "status":
        if not message.payload:
            return  # the registrar has cleared what a revoked home left behind
        _receive_status(message, topic, unit, reception)
    else:
        _receive_batch(message, topic, unit, desk, reception)


def _receive_status(message: Message, topic: HomeTopic, unit: Unit | KnownUnit | None, reception: Reception) -> None:
    name = topic.unit if unit else ""
    try:
        status = wire.decode_status(message.payload)
    except WireError as error:
        reception.outcasts.append(Outcast(message, name, Reason.UNDECODABLE, detail=error.line()))
        return
    reason = admission.judge(topic, status.unit, _known(unit))
    if reason is Reason.ACCEPT and isinstance(unit, Unit):
        reception.statuses.append(Said(unit, status, message.received_us, message.retained))
    else:
        reception.outcasts.append(Outcast(message, name, reason))


def _receive_batch(
    message: Message, topic: HomeTopic, unit: Unit | KnownUnit | None, desk: Desk, reception: Reception
) -> None:
    batch = message.decoded or admission.decode(message.payload)
    claimed = batch.unit if isinstance(batch, Batch) else topic.unit
    reason = admission.judge(topic, claimed, _known(unit))
    if reason is Reason.ACCEPT and isinstance(batch, Reason):
        reason = batch
    if reason is Reason.ACCEPT and isinstance(batch, Batch) and isinstance(unit, Unit):
        if not desk.admits(unit, batch.epoch):
            reception.outcasts.append(Outcast(message, topic.unit, Reason.EPOCHS))
            return
        reception.parts.append(Part(message, topic, unit, batch, unit.clock(batch.boot)))
        return
    refused = None
    if unit and reason in admission.FINAL and (found := admission.salvage(message.payload, topic.unit)):
        refused = Refused(topic.shard, topic.unit, *found)
    reception.outcasts.append(Outcast(message, topic.unit if unit else "", reason, refused))


def _known(unit: Unit | KnownUnit | None) -> KnownUnit | None:
    return unit.known if isinstance(unit, Unit) else unit
