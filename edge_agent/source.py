"""The one shape of everything that brings a machine's readings into the agent, whatever it is plugged into."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from protocols.events import Observation
from telemetry.messages import MachineLink


@dataclass(frozen=True, slots=True)
class SourceSink:
    """Who is told, always from the source's own thread.

    Attributes:
        observed: an accepted observation. On return it is in the outbox, or queued in memory while the disk refuses;
            True only in the first case, which is when a machine that asks may be told "accepted".
        link: the link to the machine has changed.
        tick: called at least every half second.
        note: something a person may have to look into (a word, a text without personal data); rare.
    """

    observed: Callable[[Observation], bool]
    link: Callable[[MachineLink], None]
    tick: Callable[[], None]
    note: Callable[[str, str], None] = lambda _name, _text: None


@dataclass(slots=True)
class LinkFigures:
    """Counts since the start: what was asked, taken, refused, and how often the way to the machine was opened."""

    polls: int = 0
    frames: int = 0
    rejected: int = 0
    opened: int = 0


class Source(Protocol):
    """A shell round a codec: owns the port or socket, its timers and its re-opening."""

    @property
    def figures(self) -> LinkFigures:
        """Counts since the start."""

    def run(self, stop: threading.Event) -> None:
        """Bring what the machine says until `stop`; nothing it meets on the way there makes it end."""
