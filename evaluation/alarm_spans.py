"""Machine alarms of a treatment as stretches: from when to when each stood. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from store.sign_offs import AlarmOf
from telemetry.alarms import SAFETY


@dataclass(frozen=True, slots=True)
class AlarmSpan:
    """One machine alarm; `ended` is false where the treatment was over first."""

    name: str
    signal: str
    since_us: int
    until_us: int
    ended: bool

    @property
    def is_safety(self) -> bool:
        """Whether it stops the blood pump or clamps the line."""
        return self.name in SAFETY


@dataclass(frozen=True, slots=True)
class MachineAlarms:
    """All of a treatment."""

    spans: Sequence[AlarmSpan]

    @property
    def count(self) -> int:
        """How many there were."""
        return len(self.spans)

    @property
    def safety_s(self) -> float:
        """How long a safety alarm stood at longest, seconds."""
        return max((_seconds(span) for span in self.spans if span.is_safety), default=0.0)

    @property
    def other_s(self) -> float:
        """How long any other did."""
        return max((_seconds(span) for span in self.spans if not span.is_safety), default=0.0)


def machine_alarms(events: Iterable[AlarmOf], end_us: int) -> list[AlarmSpan]:
    """Events in order of time as stretches; one that is said again while it stands is the same."""
    standing: dict[tuple[str, str], int] = {}
    spans = []
    for event in events:
        key = (event.name, event.signal)
        if event.active:
            standing.setdefault(key, event.time_us)
        elif (since_us := standing.pop(key, None)) is not None:
            spans.append(AlarmSpan(*key, since_us, event.time_us, ended=True))
    spans += [AlarmSpan(*key, since_us, end_us, ended=False) for key, since_us in standing.items()]
    return sorted(spans, key=lambda span: (span.since_us, span.name))


def _seconds(span: AlarmSpan) -> float:
    return (span.until_us - span.since_us) / 1e6
