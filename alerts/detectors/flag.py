"""Machine alarms that stand: some that matter at once, any that nobody answers.

A level names alarms by MDC reference id, or a class of them: "safety" (`telemetry.alarms.SAFETY`), "other" (the rest).
"""

from __future__ import annotations

from typing import Final

import numpy as np

from alerts import schema
from alerts.detectors.base import Bools, Codes, Group, Sight
from alerts.inputs import Columns, Round
from alerts.records import Context
from alerts.schema import Delays, Head, Rule
from alerts.table import NEVER, Field, Table
from telemetry.alarms import EVENT_BY_NAME, SAFETY
from telemetry.messages import Event
from telemetry.signals import BY_NAME

SAFETY_CLASS: Final = "safety"
OTHER_CLASS: Final = "other"
_MAX_STANDING: Final = 64  # alarms of one machine at once; a machine has about 30

_MAX_WORDS: Final = 60
_ALARM, _HIGH, _LOW = "MDC_EVT_ALARM", "MDC_EVT_HI", "MDC_EVT_LO"  # general ones: the source says what is meant

# (alarm, signal) -> (when it last changed, whether it stands, the machine's own words)
Standing = dict[tuple[str, str], tuple[int, bool, str]]


class Level(Delays, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`alarms`: any of these standing."""

    alarms: list[str]


class FlagFile(Head, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rule file of this detector."""

    level: list[Level]


def compile_rule(spec: FlagFile, version: str) -> Rule:
    """The rule of a file; ValueError says what is wrong with it."""
    for level in spec.level:
        unknown = [a for a in level.alarms if a not in EVENT_BY_NAME and a not in (SAFETY_CLASS, OTHER_CLASS)]
        if unknown or not level.alarms:
            raise ValueError(f"level {level.priority}: unknown alarm {', '.join(unknown)}")
    return Rule(spec, version, (), (), (), tuple(schema.rung(level, float("nan"), "") for level in spec.level))


class Flag:
    """All flag rules at once, and what stands at each machine."""

    per_treatment: tuple[str, ...] = ()

    def __init__(self, group: Group, _columns: Columns) -> None:
        self._group = group
        self._alarms = [frozenset(level.alarms) for rule in group.rules for level in _spec(rule).level]
        self._standing: dict[int, Standing] = {}
        # Since when any alarm of the rung's has been standing, and whether any alarm is; both follow from what stands.
        self.fields: tuple[Field, ...] = (
            Field("flag.since", "i8", NEVER, group.rung_labels, saved=False),
            Field("flag.any", "?", False, saved=False),
        )

    def evaluate(self, now: Round, table: Table, breach: Bools, clear: Bools, _why: Codes) -> None:
        """Breach while one of the rung's alarms stands."""
        np.greater(table["flag.since"][now.at], NEVER, out=breach)
        np.logical_not(breach, out=clear)

    def note(self, table: Table, row: int, event: Event) -> None:
        """An alarm began or ended; one older than what is known of that alarm changes nothing."""
        standing = self._standing.setdefault(row, {})
        key = (event.name, event.signal)
        if key in standing and event.time_us < standing[key][0]:
            return
        if key not in standing and len(standing) >= _MAX_STANDING:
            return
        standing[key] = (event.time_us, event.active, event.text[:_MAX_WORDS])
        self._refresh(table, row)

    def forget(self, table: Table, row: int) -> None:
        """Nothing is known to stand: whoever tells of alarms has started afresh and will tell again."""
        self._standing.pop(row, None)
        self._refresh(table, row)

    def saved(self, row: int) -> list[tuple[str, str, int, bool, str]]:
        """What is known of a machine's alarms, for a snapshot."""
        return [(name, signal, *state) for (name, signal), state in self._standing.get(row, {}).items()]

    def restore(self, table: Table, row: int, saved: list[tuple[str, str, int, bool, str]]) -> None:
        """Take up what `saved` gave."""
        self._standing[row] = {(name, signal): (since, active, text) for name, signal, since, active, text in saved}
        self._refresh(table, row)

    def set_context(self, _table: Table, _row: int, _context: Context) -> None:
        """Nothing here depends on the patient."""

    def see(self, _table: Table, row: int, position: int, rung: int | None, now_us: int) -> Sight:
        """Which alarms stand, and for how long."""
        if rung is None:
            return Sight("No such machine alarm stands")
        wanted = self._alarms[self._group.column(position, rung)]
        standing = [(t, n, _words(n, s, text)) for (n, s), (t, active, text) in self._of(row).items() if active]
        found = sorted(each for each in standing if _matches(each[1], wanted))
        if not found:
            return Sight("The machine's alarm has ended", holds=False)
        names = " and ".join(dict.fromkeys(said for _, _, said in found))
        seconds = max(now_us - found[0][0], 0) / 1e6
        text = f"Machine alarm: {names}" + (f", standing for {seconds:.0f} s" if seconds >= 1.0 else "")
        return Sight(text, {name: 1.0 for _, name, _ in found} | {"standing_s": seconds}, timed=True)

    def _of(self, row: int) -> Standing:
        return self._standing.get(row, {})

    def _refresh(self, table: Table, row: int) -> None:
        table["flag.any"][row] = any(active for _, active, _ in self._of(row).values())
        for column, wanted in enumerate(self._alarms):
            times = [t for (n, _), (t, active, _) in self._of(row).items() if active and _matches(n, wanted)]
            table["flag.since"][row, column] = max(min(times), 0) if times else NEVER


def _words(name: str, signal: str, text: str) -> str:
    """What a nurse calls an alarm; of a general one its source, and which limit was passed."""
    if name not in EVENT_BY_NAME:
        return name
    source = BY_NAME[signal].label if signal in BY_NAME else ""
    if name == _ALARM:
        return text or source or EVENT_BY_NAME[name].label
    if name in (_HIGH, _LOW) and source:
        return f"{source} {EVENT_BY_NAME[name].label.lower()}"
    return EVENT_BY_NAME[name].label


def _matches(name: str, wanted: frozenset[str]) -> bool:
    return name in wanted or (SAFETY_CLASS if name in SAFETY else OTHER_CLASS) in wanted


def _spec(rule: Rule) -> FlagFile:
    assert isinstance(rule.spec, FlagFile)
    return rule.spec
