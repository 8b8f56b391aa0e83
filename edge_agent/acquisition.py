"""What the machine showed becomes readings and events. Pure: the time is handed in, numbers are given by the outbox.

Events are differences: an alarm begins or ends when the set of standing alarms changes, and so on. What was last known
(`memory`) is kept in the outbox with the events it led to, so that after a restart of the box every alarm that ended
meanwhile still gets its end, and one that stands on is not announced twice. Without a memory (new outbox) standing
alarms are announced as they are found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import isfinite
from typing import Final

import msgspec

from protocols.events import Alarm, Observation
from telemetry import signals
from telemetry.messages import Event, EventKind, Flag, MachineLink, Reading
from telemetry.treatment import Phase
from telemetry.wire import MAX_TEXT

Record = Reading | Event
UNNUMBERED: Final = 0


@dataclass(frozen=True, slots=True)
class Stamp:
    """When something was seen: wall time in microseconds, monotonic milliseconds of this boot, clock flag."""

    time_us: int
    mono_ms: int
    synchronised: bool


class _StandingAlarm(msgspec.Struct, frozen=True, array_like=True):
    name: str
    code: int
    signal: str
    text: str


class _Memory(msgspec.Struct, array_like=True):
    alarms: list[_StandingAlarm] = []
    phase: int | None = None
    invalid: list[str] = []
    link: MachineLink | None = None


class Acquisition:
    """One machine's readings and events, in order."""

    def __init__(self, memory: bytes | None = None) -> None:
        """`memory`: what an earlier life ended with; anything unreadable counts as none."""
        try:
            self._memory = msgspec.msgpack.decode(memory, type=_Memory) if memory else _Memory()
        except msgspec.MsgspecError:
            self._memory = _Memory()
        self._extras: dict[str, str] = {}

    def memory(self) -> bytes:
        """What the next life needs to know."""
        return msgspec.msgpack.encode(self._memory)

    def observed(self, seen: Observation, at: Stamp) -> list[Record]:
        """The events an observation brings, then its reading."""
        values, invalid = _plausible(seen)
        phase = seen.phase or Phase.UNKNOWN
        flags = _flags(at) | (Flag.PHASE_DERIVED if seen.phase_derived else 0)
        events = [
            *self._phase_events(phase, flags, at),
            *self._alarm_events(seen.alarms, at),
            *self._invalid_events(invalid, at),
        ]
        return [*events, self._reading(seen, values, invalid, phase, flags, at)]

    def link(self, state: MachineLink, at: Stamp) -> list[Record]:
        """Events for a change of the link: the old trouble ends, the new one begins. Nothing if nothing changed."""
        before, self._memory.link = self._memory.link, state
        if state is before:
            return []
        events: list[Record] = []
        if before not in (None, MachineLink.CONNECTED):
            events.append(_event(EventKind.LINK, before.value, at, active=False))
        if state is not MachineLink.CONNECTED:
            events.append(_event(EventKind.LINK, state.value, at, active=True))
        return events

    def _reading(
        self, seen: Observation, values: dict[int, float], invalid: dict[str, str], phase: Phase, flags: int, at: Stamp
    ) -> Reading:
        extras = {clean(name): clean(text) for name, text in seen.extras.items()}
        changed = {name: text for name, text in extras.items() if self._extras.get(name) != text}
        self._extras = extras
        mask = sum(1 << signals.BY_NAME[name].number for name in invalid)
        return Reading(UNNUMBERED, at.time_us, at.mono_ms, flags, phase, values, mask, changed)

    def _phase_events(self, phase: Phase, flags: int, at: Stamp) -> list[Record]:
        before, self._memory.phase = self._memory.phase, phase
        if phase == before:
            return []
        return [Event(UNNUMBERED, at.time_us, at.mono_ms, flags, EventKind.PHASE, "phase", 0, True, text=phase.name)]

    def _alarm_events(self, alarms: Iterable[Alarm], at: Stamp) -> list[Record]:
        # Two alarms are the same when name and source are: the text may count or change wording while it stands.
        before = {(a.name, a.signal): a for a in self._memory.alarms}
        now = {(a.name, a.signal): _StandingAlarm(a.name, a.code, a.signal, clean(a.text)) for a in alarms}
        if before.keys() == now.keys():
            return []
        self._memory.alarms = [before.get(key, now[key]) for key in sorted(now)]
        ended = [_alarm(before[key], at, active=False) for key in sorted(before.keys() - now.keys())]
        return [*ended, *(_alarm(now[key], at, active=True) for key in sorted(now.keys() - before.keys()))]

    def _invalid_events(self, invalid: dict[str, str], at: Stamp) -> list[Record]:
        before = set(self._memory.invalid)
        if before == invalid.keys():
            return []
        self._memory.invalid = sorted(invalid)
        changes = [(name, False, "") for name in sorted(before - invalid.keys())]
        changes += [(name, True, invalid[name]) for name in sorted(invalid.keys() - before)]
        return [
            _event(EventKind.INVALID, "implausible", at, active=active, signal=name, text=text)
            for name, active, text in changes
        ]


def agent_event(name: str, text: str, at: Stamp) -> Event:
    """Something about the box itself."""
    return _event(EventKind.AGENT, name, at, active=True, text=text)


def clean(text: str) -> str:
    """Text as the wire allows it: printable, at most MAX_TEXT characters; what is not printable becomes `?`."""
    return "".join(c if c.isprintable() else "?" for c in text[:MAX_TEXT])


def _plausible(seen: Observation) -> tuple[dict[int, float], dict[str, str]]:
    # The protocols have already sorted out what is implausible; a number that float32 cannot hold stops here at the
    # latest, because one such value would make its whole message unsendable.
    invalid = {name: clean(text) for name, text in seen.invalid.items() if name in signals.BY_NAME}
    values: dict[int, float] = {}
    for name, value in seen.values.items():
        if name not in signals.BY_NAME:
            continue
        if isfinite(value) and abs(value) < 1e38:
            values[signals.BY_NAME[name].number] = value
        else:
            invalid[name] = str(value)
    return values, invalid


def _flags(at: Stamp) -> int:
    return int(Flag.CLOCK_SYNCHRONISED) if at.synchronised else 0


def _event(
    kind: EventKind, name: str, at: Stamp, *, active: bool, code: int = 0, signal: str = "", text: str = ""
) -> Event:
    return Event(UNNUMBERED, at.time_us, at.mono_ms, _flags(at), kind, name, code, active, signal, clean(text))


def _alarm(alarm: _StandingAlarm, at: Stamp, *, active: bool) -> Event:
    return _event(EventKind.ALARM, alarm.name, at, active=active, code=alarm.code, signal=alarm.signal, text=alarm.text)


Stamper = Callable[[], Stamp]
