"""What agents and screens are to be told of an intake once it is committed. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from ingest.intake import Intake
from ingest.ranges import Range
from ingest.reception import Part
from ingest.screens import live_readings
from telemetry.messages import LiveReading


@dataclass
class Told:
    """Made up when it is first asked for: before the commit, where there is time for it."""

    intake: Intake

    def prepare(self) -> None:
        """Make up all of it."""
        _ = self.answered, self.readings

    @cached_property
    def answered(self) -> list[tuple[Part, list[Range]]]:
        """The seqs to acknowledge of every batch that has any."""
        return [(part, ranges) for part in self.intake.parts if (ranges := part.answered())]

    @cached_property
    def readings(self) -> list[tuple[int, LiveReading]]:
        """The newest values of every unit, with its shard."""
        return live_readings(self.intake)
