"""No reading for too long during a treatment, by the server's clock: no device clock can hide it."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from alerts import reasons, schema
from alerts.detectors.base import Bools, Codes, Group, Sight
from alerts.inputs import AT_REST, Columns, Round
from alerts.records import Context
from alerts.schema import Delays, Head, Rule
from alerts.table import NEVER, Field, Table
from telemetry.treatment import Phase

_QUIET: Final = 0
_PENDING: Final = 1
_ACTIVE: Final = 2
_GOOD_MAX: Final = 200
_TX: Final = int(Phase.TX)
# Why silence is not judged in a (last known) phase: only a treatment counts.
_PHASE_CODES: Final = np.array(
    [{Phase.TX: reasons.EVALUATED, Phase.UNKNOWN: reasons.UNKNOWN_PHASE}.get(p, reasons.NOT_IN_PHASE) for p in Phase],
    np.uint8,
)


class Level(Delays, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`silent_for_s` without a reading; with `pump_running`, only if the blood pump was last seen running."""

    silent_for_s: float
    pump_running: bool = False


class StaleFile(Head, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rule file of this detector.

    Attributes:
        shown_after_s: from here on every rule of the unit is not evaluated, and this one is pending.
        good_samples: so many readings end it.
    """

    shown_after_s: float
    good_samples: int
    level: list[Level]


def compile_rule(spec: StaleFile, version: str) -> Rule:
    """The rule of a file; ValueError says what is wrong with it."""
    if any(level.silent_for_s < spec.shown_after_s for level in spec.level):
        raise ValueError("level: silent_for_s is at least shown_after_s")
    rungs = tuple(schema.rung(level, level.silent_for_s, "silent for") for level in spec.level)
    return Rule(spec, version, (), (), (), rungs)


class Stale:
    """All stale rules at once (there is one, as a rule)."""

    per_treatment: tuple[str, ...] = ()

    def __init__(self, group: Group, _columns: Columns) -> None:
        self._group = group
        specs = [_spec(rule) for rule in group.rules]
        levels = [level for spec in specs for level in spec.level]
        self._silent_us = np.array([round(level.silent_for_s * 1e6) for level in levels], np.int64)
        self._needs_pump = np.array([level.pump_running for level in levels])
        shortest = [min(level.silent_for_s for level in spec.level) for spec in specs]
        first = [level.silent_for_s == shortest[i] for i, spec in enumerate(specs) for level in spec.level]
        self._before = np.where(first, _PENDING, _QUIET).astype(np.uint8)
        self._good = np.array([spec.good_samples for spec in specs], np.uint8)[group.rule_of_rung]
        self.shown_after_us = min((round(spec.shown_after_s * 1e6) for spec in specs), default=None)
        self.fields: tuple[Field, ...] = (Field("stale.good", "u1", 0),)

    @property
    def thresholds_us(self) -> list[int]:
        """Lengths of silence at which something happens."""
        return sorted({*self._silent_us.tolist(), *([self.shown_after_us] if self.shown_after_us else [])})

    def evaluate(self, now: Round, table: Table, breach: Bools, clear: Bools, why: Codes) -> None:
        """A reading has come: never a breach; clear after enough of them."""
        good = table["stale.good"][now.at]
        good = np.minimum(good, _GOOD_MAX) + np.uint8(1)
        table["stale.good"][now.at] = good
        breach[...] = False
        np.greater_equal(good[:, None], self._good, out=clear)
        # The last phase anybody told counts: a phase lost in mid-treatment is not its end.
        codes = np.where(now.phase == AT_REST, np.uint8(reasons.NO_TREATMENT), _PHASE_CODES[now.known_phase])
        why[:, self._group.own] = np.maximum(why[:, self._group.own], codes[:, None])

    def silence(self, table: Table, rows: npt.NDArray[np.intp], silent_us: npt.NDArray[np.int64]) -> None:
        """Move the rungs of units in treatment that have been silent for so long; silence never lowers a level.

        A machine that last said nothing of its phase, with its pump stopped, is not taken to be in treatment: many
        never say that it is over, and are switched off.
        """
        table["stale.good"][rows] = 0
        reached = silent_us[:, None] >= self._silent_us
        pump = table["unit.pump"][rows] == 1.0
        reached &= pump[:, None] | ~self._needs_pump
        state = table["rung.state"][rows, self._group.columns]
        state = np.where(reached | (state == _ACTIVE), _ACTIVE, self._before)
        known, still = table["unit.known_phase"][rows], table["unit.still"][rows] > NEVER
        state[(known != _TX) | still] = _QUIET
        table["rung.state"][rows, self._group.columns] = state
        codes = np.where(still, np.uint8(reasons.NO_TREATMENT), _PHASE_CODES[known])
        table["rule.why"][rows[:, None], self._group.indexes] = codes[:, None]

    def set_context(self, _table: Table, _row: int, _context: Context) -> None:
        """Nothing here depends on the patient."""

    def see(self, table: Table, row: int, position: int, rung: int | None, now_us: int) -> Sight:
        """How long nothing has come, and whether the pump was running."""
        seconds = max(now_us - int(table["unit.seen"][row]), 0) / 1e6
        pump = float(table["unit.pump"][row])
        inputs = {"silent_s": round(seconds, 1), schema.PUMP_RUNNING: pump}
        if rung is None:
            return Sight("Readings arrive", inputs)
        data = self._group.rules[position].rungs[rung]
        running = {1.0: ", blood pump last seen running", 0.0: ", blood pump last seen stopped"}.get(pump, "")
        if seconds < data.limit and table["stale.good"][row]:
            return Sight("Readings arrive again, waiting for them to last", inputs, data.limit)
        return Sight(f"No reading for {seconds:.0f} s during treatment{running}", inputs, data.limit)


def _spec(rule: Rule) -> StaleFile:
    assert isinstance(rule.spec, StaleFile)
    return rule.spec
