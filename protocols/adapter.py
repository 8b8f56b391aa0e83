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
        decoder: a new decoder for one of `profiles`; SettingsError for any other name. Every good frame counts.
        cautious: the same for a live line whose checksum is weak: it may hold a frame until a second one confirms it.
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
    cautious: Callable[[str], Decoder] | None = None

    def live_decoder(self, profile: str) -> Decoder:
        """The decoder for what a machine says now; `decoder` is for what was recorded."""
        return (self.cautious or self.decoder)(profile)
