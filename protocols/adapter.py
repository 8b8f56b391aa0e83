"""The one shape every machine adapter has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from protocols.events import Decoder


@dataclass(frozen=True, slots=True)
class SerialLine:
    """How a serial port is to be opened: baud rate, data bits, parity (N, E, O), stop bits."""

    baud: int
    bits: int
    parity: str
    stop: int


@dataclass(frozen=True, slots=True)
class Adapter:
    """A protocol the agent can speak.

    Attributes:
        name: what a configuration calls it.
        grade: how well the source is known, in words for a person.
        profiles: the machine models it has a table for.
        decoder: a new decoder for one of `profiles`; SettingsError for any other name.
        poll: the only bytes ever sent to the machine, or None where it talks by itself.
        serial: the serial line, or None where another transport is used.
        transport: which of the agent's shells carries it.
        experimental: whether a configuration has to say that it knows (`machine.experimental = true`).
    """

    name: str
    grade: str
    profiles: tuple[str, ...]
    decoder: Callable[[str], Decoder]
    poll: bytes | None
    serial: SerialLine | None
    transport: Literal["serial", "mllp", "mqtt"] = "serial"
    experimental: bool = False
