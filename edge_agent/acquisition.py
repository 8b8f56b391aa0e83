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

from edge_agent import deliveries
from edge_agent.companion import Companion
from edge_agent.companion import Memory as BesideMemory
from protocols.events import Alarm, Observation
from telemetry import signals
from telemetry.messages import Event, EventKind, Flag, MachineLink, Reading
from telemetry.treatment import Phase
from telemetry.wire import MAX_TEXT

Record = Reading | Event
UNNUMBERED: Final = 0
# A machine sends one message, waits, and sends it once more; this is some seconds of one that does not wait.
MESSAGES_KNOWN: Final = 16


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
    messages: list[str] = []  # the last that came, for a machine that sends again what was not acknowledged
    taken: deliveries.Taken = {}
    beside: BesideMemory = msgspec.field(default_factory=BesideMemory)
    doubtful: list[str] = []  # what cuff or scale last measured and cannot be true
    phase_derived: bool = False


class Acquisition:
    """One machine's readings and events, in order."""

    def __init__(self, memory: bytes | None = None) -> None:
        """`memory`: what an earlier life ended with; anything unreadable counts as none."""
        try:
            self._memory = msgspec.msgpack.decode(memory, type=_Memory) if memory else _Memory()
        except msgspec.MsgspecError:
            self._memory = _Memory()
        self._extras: dict[str, str] = {}
        self._companion = Companion(self._memory.beside)

    def memory(self) -> bytes:
        """What the next life needs to know."""
        return msgspec.msgpack.encode(self._memory)

    def observed(self, seen: Observation, at: Stamp) -> list[Record]:
        """The events an observation brings, then its reading; nothing for a message that came before."""
        if not self._is_news(seen.message) or not self._is_new(seen):
            return []
        if seen.beside:
            return self._measured(seen, at)
        phase = seen.phase or Phase.UNKNOWN
        self._memory.phase_derived = seen.phase_derived
        self._companion.treats(phase, at.time_us)
        merged, companions = self._companion.merge(seen)
        flags = _flags(at) | (Flag.PHASE_DERIVED if seen.phase_derived else 0)
        events = [*self._phase_events(phase, flags, at), *self._alarm_events(seen, at)]
        self._note(seen)
        return [*events, *self._row(merged, companions, phase, flags, at)]

    def overdue(self, at: Stamp) -> list[Record]:
        """A row of its own for what cuff or scale measured while the machine is silent. Call it every half second."""
        if not self._companion.overdue(at.mono_ms, connected=self._memory.link is MachineLink.CONNECTED):
            return []
        phase, derived = self.last_phase, self._memory.phase_derived
        row, companions = self._companion.alone(phase, derived=derived)
        return self._row(row, companions, phase, _flags(at) | (Flag.PHASE_DERIVED if derived else 0), at)

    def waits(self, seen: Observation) -> bool:
        """Whether this is in no record yet: it was measured beside the machine and waits for the next reading."""
        return self._companion.holds(seen.delivery)

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

    def _measured(self, seen: Observation, at: Stamp) -> list[Record]:
        named = self._companion.weighed(seen, self.last_phase, at.time_us)
        if named is None:
            self._note(seen)
            return [agent_event("weight not assigned", "weighed during a treatment: neither before nor after", at)]
        self._companion.offer(named, at.mono_ms)
        return self.overdue(at)

    def _row(
        self, seen: Observation, companions: Iterable[Observation], phase: Phase, flags: int, at: Stamp
    ) -> list[Record]:
        values, invalid = _plausible(seen)
        doubtful: dict[str, str] = {}
        for one in companions:
            self._note(one)
            doubtful |= _plausible(one)[1]
        measured = {signals.CATALOGUE[number].name for number in values}
        # Cuff and scale speak now and then: what they got wrong stands until somebody gets it right.
        stands = dict.fromkeys({*self._memory.doubtful, *(self._memory.invalid if seen.beside else ())} - measured, "")
        self._memory.doubtful = sorted({*self._memory.doubtful} - measured | doubtful.keys())
        events = self._invalid_events(stands | invalid | doubtful, at)
        return [*events, self._reading(seen, values, invalid, phase, flags, at)]

    @property
    def last_phase(self) -> Phase:
        """What the machine was last seen to do, by this life or an earlier one."""
        known = self._memory.phase
        return Phase(known) if known is not None and known in {*Phase} else Phase.UNKNOWN

    def _is_new(self, seen: Observation) -> bool:
        if seen.delivery is None:
            return True
        return deliveries.is_new(self._memory.taken, seen.delivery) and not self.waits(seen)

    def _note(self, seen: Observation) -> None:
        if seen.delivery is not None:
            deliveries.note(self._memory.taken, seen.delivery)

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

    def _is_news(self, message: str) -> bool:
        # Kept with the records of the message, so it is known again exactly when they are on disk or on their way.
        if not message:
            return True
        if message in self._memory.messages:
            return False
        self._memory.messages = [*self._memory.messages, message][-MESSAGES_KNOWN:]
        return True

    def _alarm_events(self, seen: Observation, at: Stamp) -> list[Record]:
        # Two alarms are the same when name and source are: the text may count or change wording while it stands.
        before = {(a.name, a.signal): a for a in self._memory.alarms}
        now = {(a.name, a.signal): _StandingAlarm(a.name, a.code, a.signal, clean(a.text)) for a in seen.alarms}
        if seen.ended is not None:
            now = {key: a for key, a in before.items() if key not in _keys(seen.ended)} | now
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


def _keys(alarms: Iterable[Alarm]) -> set[tuple[str, str]]:
    return {(alarm.name, alarm.signal) for alarm in alarms}


def _alarm(alarm: _StandingAlarm, at: Stamp, *, active: bool) -> Event:
    return _event(EventKind.ALARM, alarm.name, at, active=active, code=alarm.code, signal=alarm.signal, text=alarm.text)


Stamper = Callable[[], Stamp]
