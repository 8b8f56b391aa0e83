"""What a machine's bytes mean: the only things a decoder gives. The agent knows these and no protocol."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from telemetry.treatment import Phase

# Among an observation's values: what a scale read that does not know whether the treatment lies before or behind it.
WEIGHT: Final = "weight"


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
class Delivery:
    """Which message this is, for transports that may bring one twice.

    Attributes:
        source: who sent it, in the sender's words. session: one life of its counter.
        seq: rises with every message of the session.
    """

    source: str
    session: str
    seq: int


@dataclass(frozen=True, slots=True)
class Observation:
    """One accepted frame, in our signal names and units.

    Attributes:
        offset: where the frame began, in bytes since the decoder was made.
        values: signal name (or WEIGHT) -> plausible value in the catalogue's unit; absent = not measured.
        invalid: signal name -> what was read, printable; the machine sent it and it cannot be true.
        alarms: every machine alarm that stands in this frame.
        phase: what the machine does, UNKNOWN where that cannot be told, None where the protocol has no such notion.
        phase_derived: the phase was inferred from values, not said.
        extras: what this model says beyond the catalogue, as the text it sent.
        delivery: set where the transport may bring the same frame again.
        message: what tells the same message sent again from a new one, empty where a machine never sends again.
        ended: None where `alarms` is everything that stands. Otherwise the machine tells of alarms one by one and has
            not been listened to for long enough: these have ended, and any other that stood before may stand on.
        beside: measured by a cuff or a scale of its own: nothing is said of phase and alarms.
    """

    offset: int
    values: dict[str, float]
    invalid: dict[str, str]
    alarms: frozenset[Alarm]
    phase: Phase | None
    phase_derived: bool
    extras: dict[str, str]
    delivery: Delivery | None = None
    beside: bool = False
    message: str = ""
    ended: frozenset[Alarm] | None = None


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


@dataclass(frozen=True, slots=True)
class Taken:
    """One event, and the answer its sender waits for.

    Attributes:
        answer: (whether the observation is on disk, wall time in microseconds) -> the bytes to send back, which may be
            none; None when nobody waits.
    """

    event: Observation | Rejected
    answer: Callable[[bool, int], bytes] | None


class AnsweringDecoder(Decoder, Protocol):
    """For a machine that wants to know whether it was understood.

    An answer exists only here: `receive`, which is all that a serial port's shell ever calls, has none to give (H13).
    """

    def take(self, data: bytes, now_s: float) -> list[Taken]:
        """As `receive`, with the monotonic time in seconds, and each event with its answer."""
