"""A registry and a store in memory, for the pure part of ingest."""

from __future__ import annotations

from dataclasses import dataclass, field

from ingest.admission import KnownUnit
from ingest.inbox import Message
from ingest.intake import Intake, take
from ingest.ranges import RangeSet
from ingest.reception import Desk
from ingest.units import Unit
from telemetry import wire
from telemetry.messages import Batch
from tests.ingest.building import SECOND, START_US

NOW = START_US + 1000 * SECOND
UP, STATUS = "hhd/1/7/u1/up", "hhd/1/7/u1/status"


@dataclass
class World:
    """A registry of two units and what is stored of them, in memory."""

    units: dict[str, Unit | KnownUnit] = field(
        default_factory=lambda: {
            "u1": Unit(KnownUnit(1, "u1", 7), 0),
            "u2": Unit(KnownUnit(2, "u2", 7), 1),
            "gone": KnownUnit(3, "gone", 7, revoked=True),
            "elsewhere": Unit(KnownUnit(4, "elsewhere", 9), 2),
        }
    )

    def held(self, unit: Unit, epoch: str) -> RangeSet:
        if epoch not in unit.held:
            unit.hold(epoch, RangeSet())
        return unit.held[epoch]

    def admits(self, unit: Unit, epoch: str) -> bool:
        return epoch in unit.held or unit.epochs.take(0.0)

    def all_units(self) -> list[Unit]:
        return [unit for unit in self.units.values() if isinstance(unit, Unit)]

    def desk(self) -> Desk:
        return Desk(frozenset({7}), self.units.get, self.held, self.admits)

    def take(self, *messages: Message) -> Intake:
        return take(messages, self.desk())


def up(one: Batch | bytes, topic: str = UP, *, received_us: int | None = None) -> Message:
    payload = one if isinstance(one, bytes) else wire.encode(one)
    default = one.sent_us + 30_000 if isinstance(one, Batch) else NOW
    return Message(topic, payload, default if received_us is None else received_us)


def seqs(intake: Intake) -> list[int]:
    return [int(seq) for seq in intake.rows.seq]
