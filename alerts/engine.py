"""The rule engine: every rule over all units at once, in sample time. Pure: no I/O, no clock.

Samples are taken in rounds, the k-th sample of every unit together. In a round the number of numpy calls does not
depend on how many rules there are: each detector looks at all its rules in one go, then one step moves all rungs that
are not quiet, then the findings of the units that may have changed are folded and told.
"""

from __future__ import annotations

import zlib
from dataclasses import replace
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from alerts import explain, findings, stepping, taking
from alerts.detectors.base import Bools, Codes
from alerts.inputs import Rows
from alerts.plan import Plan, context_code
from alerts.records import Context, Counters, Finding, Samples, Transition
from alerts.rounds import as_indexes, portions
from alerts.ruleset import Ruleset
from alerts.schema import context_value
from alerts.table import NEVER, Table
from telemetry.alarms import FindingState
from telemetry.errors import HomehdError
from telemetry.messages import Event, EventKind

__all__ = ["Context", "Counters", "Engine", "Finding", "Samples", "Transition"]

# A reading stamped later than the server's clock by more than this is not believed: taken, it would make every reading
# of the right time look old until that time has come.
MAX_AHEAD_US: Final = 60_000_000
# The agent's event after which it no longer knows which alarms stood, and tells those that stand anew.
ALARMS_FORGOTTEN: Final = "outbox quarantined"
_SNAPSHOT: Final = 2

_Saved = tuple[int, bytes, bytes, bytes, list[tuple[str, str, int, bool, str]]]
_saved: Final = msgspec.msgpack.Decoder(_Saved)


class Engine:
    """All rules over all units. Not thread-safe: one owner.

    Attributes:
        ruleset: the rules it runs.
        counters: what it has done and passed over.
    """

    def __init__(self, ruleset: Ruleset, capacity: int = 64) -> None:
        self.ruleset = ruleset
        self.counters = Counters()
        self._plan = Plan(ruleset)
        self._table = Table(self._plan.fields(), max(capacity, 1))
        self._units: list[str] = []
        self._rows: dict[str, int] = {}

    @property
    def bytes_per_unit(self) -> int:
        """Memory one unit takes in the engine's table."""
        return self._table.row_bytes

    @property
    def silence_thresholds_us(self) -> list[int]:
        """Lengths of silence at which `tick` has something to tell; for replay, which has no second hand."""
        return self._plan.stale.thresholds_us if self._plan.stale else []

    def register(self, unit: str, like: str | None = None) -> int:
        """The row of a unit, a new one if it is not known; `like`: the unit at whose seconds it looks instead."""
        row = self._rows.get(unit)
        if row is None:
            row = self._rows[unit] = len(self._units)
            self._units.append(unit)
            if row >= self._table.rows:
                self._table.grow(2 * self._table.rows)
            # From the name, so that a replay and another owner look at the same seconds.
            self._table["unit.stagger"][row] = zlib.crc32((like or unit).encode()) & 0xFFFF
        return row

    def set_context(self, row: int, context: Context) -> None:
        """What is known of the unit's patient, from the next reading on.

        A snapshot has it as it was, so that what is gone through again is judged as it was: set it anew after that.
        """
        for index, rule in enumerate(self._plan.rules):
            missing = [i for i, key in enumerate(rule.context) if context_value(context, key) is None]
            self._table["rule.context"][row, index] = context_code(rule, missing[0]) if missing else 0
        for detector in self._plan.detectors.values():
            detector.set_context(self._table, row, context)
        if context.symptom_us is not None:
            self._table["unit.symptom"][row] = max(int(self._table["unit.symptom"][row]), context.symptom_us)

    def evaluate(self, samples: Samples) -> list[Transition]:
        """Transitions that these samples make, those of one unit in order of time.

        A sample not newer than its unit's last one, or stamped too far ahead, is counted and changes nothing.
        """
        told: list[Transition] = []
        for portion in portions(samples):
            for row, event in portion.events:
                self._note(row, event)
            rows = np.asarray(samples.row[portion.samples], np.intp)
            time = np.asarray(samples.time_us[portion.samples], np.int64)
            received = np.asarray(samples.received_us[portion.samples], np.int64)
            keep = self._believed(rows, time, received)
            if keep is None:
                told += self._round(
                    as_indexes(rows),
                    time,
                    received,
                    samples.phase[portion.samples],
                    samples.values[portion.samples],
                    samples.invalid[portion.samples],
                )
            elif keep.any():
                told += self._round(
                    as_indexes(rows[keep]),
                    time[keep],
                    received[keep],
                    samples.phase[portion.samples][keep],
                    samples.values[portion.samples][keep],
                    samples.invalid[portion.samples][keep],
                )
        self.counters.transitions += len(told)
        return told

    def touch(self, row: int, server_us: int) -> None:
        """Count the unit's silence from `server_us` at the earliest.

        After a restart of our own: an outage of the server is not a patient's.
        """
        self._table["unit.seen"][row] = max(int(self._table["unit.seen"][row]), server_us)

    def tick(self, now_us: int) -> list[Transition]:
        """Transitions that silence makes, by the server's clock. About once a second; the result does not depend on
        how often, but for the times told.
        """
        if self._plan.stale is None or self._plan.stale.shown_after_us is None:
            return []
        seen = self._table["unit.seen"][: len(self._units)]
        rows = np.flatnonzero((seen > NEVER) & (now_us - seen >= self._plan.stale.shown_after_us))
        if len(rows) == 0:
            return []
        stepping.go_stale(self._table, rows)
        self._plan.stale.silence(self._table, rows, now_us - seen[rows])
        told = self._tell(rows, np.full(len(rows), now_us), None)
        self.counters.transitions += len(told)
        return told

    def findings(self, row: int) -> list[Finding]:
        """Where every rule of a unit stands, in order of rule id."""
        now = max(int(self._table["unit.time"][row]), int(self._table["unit.seen"][row]))
        found = [explain.finding(self._plan, self._table, row, i, now) for i in range(len(self._plan.rules))]
        return sorted(found, key=lambda f: f.rule)

    def snapshot(self, row: int) -> bytes:
        """All that the engine remembers of a unit and its patient; the ruleset's layout goes with it."""
        fingerprint, layout, body = self._table.pack(row)
        alarms = self._plan.flag.saved(row) if self._plan.flag else []
        whole = msgspec.msgpack.encode((_SNAPSHOT, fingerprint, layout, body, alarms))
        return zlib.crc32(whole).to_bytes(4, "big") + whole

    def restore(self, row: int, state: bytes) -> None:
        """Take up a snapshot. Under other rules, those with the same id and version continue, the others start fresh
        (not evaluated until the next reading). HomehdError when the bytes are not a snapshot; the row is as it was.
        """
        if zlib.crc32(state[4:]).to_bytes(4, "big") != state[:4]:
            raise HomehdError("restore engine state", self._units[row], hint="damaged")
        try:
            version, fingerprint, layout, body, alarms = _saved.decode(state[4:])
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise HomehdError("restore engine state", self._units[row], hint=str(error)[:120]) from error
        if version != _SNAPSHOT:
            raise HomehdError("restore engine state", self._units[row], hint=f"version {version}, not {_SNAPSHOT}")
        self._table.unpack(row, fingerprint, layout, body)
        if self._plan.flag:
            self._plan.flag.restore(self._table, row, alarms)
        rows = np.array([row], np.intp)
        if self._plan.sensor:
            self._plan.sensor.doubt(self._table, rows)
        findings.inhibit(self._plan, self._table, rows)

    def _note(self, row: int, event: Event) -> None:
        if event.kind is EventKind.SYMPTOM:
            told = event.time_us if event.active else NEVER
            self._table["unit.symptom"][row] = max(told, NEVER)
        elif self._plan.flag and event.kind is EventKind.ALARM:
            self._plan.flag.note(self._table, row, event)
        elif self._plan.flag and event.kind is EventKind.AGENT and event.name == ALARMS_FORGOTTEN:
            self._plan.flag.forget(self._table, row)

    def _believed(
        self, rows: npt.NDArray[np.intp], time: npt.NDArray[np.int64], received: npt.NDArray[np.int64]
    ) -> Bools | None:
        # None = all of them, the ordinary case.
        if len(rows) == 0:
            return np.zeros(0, np.bool_)
        ahead = time > received + MAX_AHEAD_US
        old = time <= self._table["unit.time"][as_indexes(rows)]
        refused = ahead | old
        if not refused.any():
            return None
        self.counters.from_the_future += int(np.count_nonzero(ahead))
        self.counters.out_of_order += int(np.count_nonzero(old & ~ahead))
        return ~refused

    def _round(
        self,
        at: Rows,
        time: npt.NDArray[np.int64],
        received: npt.NDArray[np.int64],
        phase: npt.NDArray[np.uint8],
        raw: npt.NDArray[np.float32],
        invalid: npt.NDArray[np.uint64],
    ) -> list[Transition]:
        table = self._table
        now = taking.enter(self._plan, table, at, time, phase, raw, invalid)
        seen = table["unit.seen"]
        seen[at] = np.maximum(seen[at], received)
        why = taking.why_not(self._plan, table, now)
        shape = (len(time), len(self._plan.rule_of_rung))
        breach, clear = np.zeros(shape, np.bool_), np.zeros(shape, np.bool_)
        for name, detector in self._plan.detectors.items():
            columns = self._plan.groups[name].columns
            detector.evaluate(now, table, breach[:, columns], clear[:, columns], why)
        changed = np.zeros(len(time), np.bool_)
        forced = stepping.step(self._plan, table, now, breach, clear, why, changed)
        why = findings.veil(self._plan, table, at, why)
        # Not any(axis=1): few differ, and short rows are slow to go through one by one.
        changed[np.flatnonzero(why != table["rule.why"][at]) // why.shape[1]] = True
        table["rule.why"][at] = why
        self.counters.evaluated += len(time)
        if not changed.any():
            return []
        positions = np.flatnonzero(changed)
        rows = positions + at.start if isinstance(at, slice) else at[positions]
        return self._tell(rows, time[positions], None if forced is None else forced[positions])

    def _tell(self, rows: npt.NDArray[np.intp], times: npt.NDArray[np.int64], forced: Codes | None) -> list[Transition]:
        at, rules = findings.fold(self._plan, self._table, rows, times, forced)
        told = [
            explain.transition(self._plan, self._table, row, self._units[row], index, time)
            for row, index, time in zip(rows[at].tolist(), rules.tolist(), times[at].tolist(), strict=True)
        ]
        if forced is None:
            return told
        anew = (forced[at, rules] == stepping.ANEW).tolist()
        return [
            replace(one, again=one.state is FindingState.ACTIVE) if more else one
            for one, more in zip(told, anew, strict=True)
        ]
