"""What a machine's bytes mean: the only things a decoder gives. The agent knows these and no protocol."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from telemetry.treatment import Phase


@dataclass(frozen=True, slots=True)
class Alarm:
    """A machine alarm that stands.

    Attributes:
        name: MDC reference identifier, one of `telemetry.alarms.EVENTS`.
        code: its numeric code.
        signal: catalogue name of the source signal, or empty where the alarm has none.
        text: plain words where the name alone does not say which alarm it is.
    """

    name: str
    code: int
    signal: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Observation:
    """One accepted frame, in our signal names and units.

    Attributes:
        offset: where the frame began, in bytes since the decoder was made.
        values: signal name -> plausible value in the catalogue's unit; absent = not measured.
        invalid: signal name -> what was read, printable; the machine sent it and it cannot be true.
        alarms: every machine alarm that stands in this frame.
        phase: what the machine does, UNKNOWN where that cannot be told, None where the protocol has no such notion.
        phase_derived: the phase was inferred from values, not said.
        extras: what this model says beyond the catalogue, as the text it sent.
    """

    offset: int
    values: dict[str, float]
    invalid: dict[str, str]
    alarms: frozenset[Alarm]
    phase: Phase | None
    phase_derived: bool
    extras: dict[str, str]


@dataclass(frozen=True, slots=True)
class Rejected:
    """A contiguous run of bytes that is no acceptable frame, and why."""

    offset: int
    length: int
    reason: str


class Decoder(Protocol):
    """Bytes in, events out. No I/O, no clock, bounded memory, and no exception whatever the bytes."""

    def receive(self, data: bytes) -> list[Observation | Rejected]:
        """Take the next bytes of the stream, any number; give what they complete, in stream order."""

    def idle(self) -> list[Rejected]:
        """The line went quiet: give up what is unfinished. Call it after a silence longer than one frame takes."""
