"""Cuff and scale beside the machine: what they measured waits for the machine's next reading and goes with it, once.

Pure; `now_ms` is monotonic milliseconds. A measurement is taken whole: a row never has the cuff's systolic and the
machine's diastolic pressure. A machine repeats its own last measurement for hours, so behind a newer one from outside
it is left out until it changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, TypeVar

import msgspec

from protocols.events import WEIGHT, Delivery, Observation
from telemetry.clock import MICROSECONDS
from telemetry.treatment import Phase

WAIT_MS: Final = 5000
MAX_WAITING: Final = 32  # more than a broker hands out unacknowledged (mqtt_source.IN_FLIGHT)
# A weighing so long after the end of a treatment belongs to the next one.
AFTER_TREATMENT_US: Final = 4 * 3600 * MICROSECONDS

# What is measured together, and by what of it a new measurement is told from the old one shown again.
GROUPS: Final[dict[str, tuple[str, ...]]] = {
    "pressure": ("systolic", "diastolic", "mean_pressure", "pulse_rate"),
    "weight_before": ("weight_before",),
    "weight_after": ("weight_after",),
}
_TOLD_BY: Final[dict[str, tuple[str, ...]]] = GROUPS | {"pressure": ("systolic", "diastolic", "mean_pressure")}

Values = dict[str, float]
_T = TypeVar("_T", float, str)


class Memory(msgspec.Struct, array_like=True):
    """What the next life needs to know.

    Attributes:
        shown: group -> what the machine showed last. superseded: group -> what it showed when a newer one came.
        treated_us: when the machine was last seen treating, 0 = not since it was prepared anew.
    """

    shown: dict[str, Values] = {}
    superseded: dict[str, Values] = {}
    treated_us: int = 0


@dataclass(frozen=True, slots=True)
class _Waiting:
    seen: Observation
    since_ms: int

    @property
    def groups(self) -> frozenset[str]:
        names = self.seen.values.keys() | self.seen.invalid.keys()
        return frozenset(group for group, members in GROUPS.items() if not names.isdisjoint(members))


class Companion:
    """What has been measured beside the machine and is in no row yet."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory
        self._waiting: list[_Waiting] = []

    def holds(self, delivery: Delivery | None) -> bool:
        """Whether this message still waits."""
        return delivery is not None and any(one.seen.delivery == delivery for one in self._waiting)

    def offer(self, seen: Observation, now_ms: int) -> None:
        """Keep a measurement for the next row."""
        self._waiting.append(_Waiting(seen, now_ms))

    def overdue(self, now_ms: int, *, connected: bool) -> bool:
        """Whether something must not wait for the machine any longer."""
        if not self._waiting:
            return False
        waited = not 0 <= now_ms - self._waiting[0].since_ms < WAIT_MS
        return waited or not connected or len(self._waiting) > MAX_WAITING

    def merge(self, machine: Observation) -> tuple[Observation, list[Observation]]:
        """The machine's observation with what waits for it, and which those were: the oldest of each group."""
        changed = self._new_from_machine(machine.values)
        values = self._without_repeats(machine.values)
        return self._take(replace(machine, values=values), machine.values, changed)

    def alone(self, phase: Phase, *, derived: bool) -> tuple[Observation, list[Observation]]:
        """The same without a machine's observation."""
        bare = Observation(0, {}, {}, frozenset(), phase, derived, {}, None, beside=True)
        shown = {name: value for values in self.memory.shown.values() for name, value in values.items()}
        return self._take(bare, shown, frozenset())

    def treats(self, phase: Phase, time_us: int) -> None:
        """The machine's phase at a moment: it decides what a weight is."""
        if phase is Phase.TX:
            self.memory.treated_us = time_us
        elif phase is Phase.PRETX:
            self.memory.treated_us = 0

    def weighed(self, seen: Observation, phase: Phase, time_us: int) -> Observation | None:
        """The observation with its weight named before or after; None while a treatment runs, which is neither."""
        if WEIGHT not in seen.values and WEIGHT not in seen.invalid:
            return seen
        if phase is Phase.TX:
            return None
        behind = self.memory.treated_us and 0 <= time_us - self.memory.treated_us < AFTER_TREATMENT_US
        name = "weight_after" if behind else "weight_before"
        return replace(seen, values=_renamed(seen.values, name), invalid=_renamed(seen.invalid, name))

    def _take(
        self, row: Observation, machine: Mapping[str, float], held_back: frozenset[str]
    ) -> tuple[Observation, list[Observation]]:
        taken: list[_Waiting] = []
        full = held_back
        for one in self._waiting:
            if one.groups.isdisjoint(full):
                taken.append(one)
                row = self._joined(row, one, machine)
            full |= one.groups
        self._waiting = [one for one in self._waiting if one not in taken]
        return row, [one.seen for one in taken]

    def _joined(self, row: Observation, one: _Waiting, machine: Mapping[str, float]) -> Observation:
        """The row with a measurement in it; what the machine says of the same thing makes way."""
        values = dict(row.values)
        for group in one.groups:
            members = GROUPS[group]
            if one.seen.values.keys().isdisjoint(members):
                continue  # nothing of it can be believed, so nothing makes way
            for name in members:
                values.pop(name, None)
            shown = _of(group, machine)
            if shown:
                self.memory.superseded[group] = shown
        values |= one.seen.values
        # A mark is for what has no value; that the other device erred is told by an event all the same.
        invalid = {name: text for name, text in (row.invalid | one.seen.invalid).items() if name not in values}
        return replace(row, values=values, invalid=invalid, extras=row.extras | one.seen.extras)

    def _new_from_machine(self, values: Mapping[str, float]) -> frozenset[str]:
        """Groups the machine measured itself just now: its row is its own, the other measurement goes with the next."""
        new = set()
        for group in GROUPS:
            shown, before = _of(group, values), self.memory.shown.get(group)
            if shown and before and shown != before:
                new.add(group)
            if shown:
                self.memory.shown[group] = shown
        return frozenset(new)

    def _without_repeats(self, values: Mapping[str, float]) -> Values:
        left = dict(values)
        for group, old in list(self.memory.superseded.items()):
            shown = _of(group, values)
            if shown and shown != old:
                del self.memory.superseded[group]
            elif shown:
                for name in GROUPS[group]:
                    left.pop(name, None)
        return left


def _of(group: str, values: Mapping[str, float]) -> Values:
    return {name: values[name] for name in _TOLD_BY[group] if name in values}


def _renamed(values: Mapping[str, _T], name: str) -> dict[str, _T]:
    return {name if key == WEIGHT else key: value for key, value in values.items()}
