"""The reference: what `docs/rules.md` says, written down a second time in plain Python, one reading after the other.

Made from the document and `clinical.md` alone, for reading and not for speed: one object per level, one method per
paragraph of "How it is decided". No numpy, nothing from `alerts/`. Times are microseconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isnan, nan

from telemetry.alarms import FindingState
from telemetry.signals import BY_NAME
from telemetry.treatment import Phase
from tests.alerts.oracle.rules import HIGH, LOW, SECOND, Level, Patient, Rule
from tests.alerts.oracle.timers import Active, Timer, Told, Watch, inhibited, rival_of, same_cause
from tests.alerts.oracle.values import (
    ABSENT,
    CONTEXT,
    IMPLAUSIBLE,
    Values,
    checked,
    gapped,
    ground,
    inputs,
    known,
    limit,
    matches,
    pump_of,
)

STALE, AT_REST, NOT_IN, UNKNOWN_PHASE = "stale", "no treatment seen", "not in ", "phase is not known"
OUT_OF_TREATMENT = (AT_REST, NOT_IN)
HALF_A_DAY, REST, AHEAD, SHOWN = 43_200 * SECOND, 600 * SECOND, 60 * SECOND, 30 * SECOND


@dataclass
class Flat:
    value: float = nan
    since: int = 0


@dataclass
class Unit:
    """One machine and its patient."""

    rules: tuple[Rule, ...]
    patient: Patient
    told: dict[str, list[Told]] = field(default_factory=dict)
    last: int | None = None
    seen: int | None = None
    known: Phase = Phase.UNKNOWN
    still: int | None = None
    settled: float = nan
    changed: int | None = None
    pump: float = nan
    good: int = 0
    alarms: dict[tuple[str, str], tuple[int, bool]] = field(default_factory=dict)
    flats: dict[str, Flat] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.watches = [Watch(rule, [Timer(level) for level in rule.levels]) for rule in self.rules]
        self.told = {rule.id: [] for rule in self.rules}

    # --- what comes in ------------------------------------------------------------------------------------------

    def event(self, t: int, name: str, active: bool) -> None:
        """A machine alarm begins or ends; one older than what is known of it changes nothing."""
        if t >= self.alarms.get((name, ""), (t, False))[0]:
            self.alarms[name, ""] = (t, active)

    def sample(self, t: int, received: int, phase: Phase, raw: Mapping[str, float], marked: frozenset[str]) -> None:
        """A reading; one that is not newer, or more than a minute ahead of the server, changes nothing."""
        if t > received + AHEAD or (self.last is not None and t <= self.last):
            return
        gap = 0 if self.last is None else t - self.last
        self.last, self.seen = t, max(received, self.seen or received)
        values = {name: checked(name, raw.get(name, nan), name in marked) for name in BY_NAME}
        pump = pump_of(values)
        in_phase = self._treatment(t, gap, phase, pump)
        self._flow(t, values["blood_flow"], pump)
        values["pump_running"] = ABSENT if isnan(pump) else pump
        self.good += 1
        active = self._active()
        doubted = {subject for watch, _ in active.values() for subject, _ in watch.faults}
        for watch in self.watches:
            why = self._phase(watch.rule, in_phase) or inhibited(watch.rule, active)
            why = why or self._context(watch.rule) or inputs(watch.rule, values, doubted)
            why = why or self._blanked(watch.rule, t) or gapped(watch.rule, gap) or ground(watch.rule, values)
            self._look(watch, t, gap, why, values, active)
        self._tell(t, active)

    def tick(self, now: int) -> None:
        """The server's second hand: from 30 s of silence on nothing is evaluated, and stale rules count."""
        if self.seen is None or now - self.seen < SHOWN:
            return
        self.good = 0
        in_treatment = self.known is Phase.TX and self.still is None
        for watch in self.watches:
            if watch.rule.kind == "stale":
                self._silence(watch, now - self.seen, in_treatment)
            elif watch.why not in (*OUT_OF_TREATMENT, UNKNOWN_PHASE):
                watch.why = STALE
                for timer in watch.timers:
                    timer.lose_sight()
        self._tell(now, self._active())

    # --- paragraphs of "How it is decided" ----------------------------------------------------------------------

    def _treatment(self, t: int, gap: int, phase: Phase, pump: float) -> Phase | None:
        """Which phase the machine is in; None = at rest. A treatment that begins forgets the last one's flow."""
        before = Phase.UNKNOWN if gap >= HALF_A_DAY else self.known
        alarm = any(stands for _, stands in self.alarms.values())
        if phase is Phase.UNKNOWN and pump == 0 and not alarm:
            self.still = t if self.still is None else self.still
        else:
            self.still = None
        if self.still is not None and (before is not Phase.TX or t - self.still >= REST):
            self.known = Phase.UNKNOWN
            return None
        if phase is Phase.TX and before is not Phase.TX:
            self.settled, self.changed, self.pump = nan, None, nan
        self.known = before if phase is Phase.UNKNOWN else phase
        return phase

    def _flow(self, t: int, flow: float | str, pump: float) -> None:
        """The flow of the last change is what it is compared with; a restarted pump is a change too."""
        now = nan if isinstance(flow, str) else flow
        if abs(now - self.settled) >= 50 or (pump == 1 and self.pump == 0):
            self.changed, self.settled = t, now
        elif isnan(self.settled):
            self.settled = now
        self.pump = self.pump if isnan(pump) else pump

    def _phase(self, rule: Rule, phase: Phase | None) -> str:
        if phase is None:
            return AT_REST
        if rule.kind == "stale":  # goes by the last phase anybody told
            phase = self.known
        if phase in rule.phases:
            return ""
        return UNKNOWN_PHASE if phase is Phase.UNKNOWN else NOT_IN

    def _context(self, rule: Rule) -> str:
        key = rule.divide_by or rule.percent_of
        return CONTEXT[key][0] if key and known(self.patient, key) is None else ""

    def _blanked(self, rule: Rule, t: int) -> str:
        blank = self.changed is not None and t - self.changed < rule.blank * SECOND
        return "blood flow changed" if blank else ""

    def _look(self, watch: Watch, t: int, gap: int, why: str, values: Values, active: Active) -> None:
        watch.why = why
        rival = rival_of(watch, active)
        for timer in watch.timers:
            breach, clear = self._compare(watch.rule, timer.level, t, gap, values)
            if why in OUT_OF_TREATMENT or (gap >= HALF_A_DAY and (timer.active or timer.pending)):
                timer.stop()
            elif why:
                timer.lose_sight()
            else:
                timer.look(t, breach, clear, may_rise=timer.level.priority is HIGH or not rival)

    def _compare(self, rule: Rule, level: Level, t: int, gap: int, values: Values) -> tuple[bool, bool]:
        """Whether a level is in breach, and whether it is back by its deadband."""
        if rule.kind == "stale":
            return False, self.good >= 3
        if rule.kind == "flag":
            standing = any(stands and matches(name, level) for (name, _), (_, stands) in self.alarms.items())
            return standing, not standing
        value = values[level.subject or rule.signals[0]]
        if level.side == "flat":
            unmoved = self._unmoved(level, t, gap, value, rule.max_gap)
            return unmoved and values["pump_running"] == 1, not isinstance(value, str) and not unmoved
        if level.side == "implausible":
            return value == IMPLAUSIBLE, not isinstance(value, str)
        if isinstance(value, str):
            return False, False
        return limit(self.patient, rule, level, value)

    def _unmoved(self, level: Level, t: int, gap: int, value: float | str, max_gap: int) -> bool:
        flat = self.flats.setdefault(level.subject, Flat())
        if isinstance(value, str) or value != flat.value or gap > max_gap * SECOND:
            flat.value, flat.since = (nan if isinstance(value, str) else value), t
        return t - flat.since >= level.limit * SECOND

    def _silence(self, watch: Watch, silent: int, in_treatment: bool) -> None:
        watch.why = "" if in_treatment else NOT_IN if self.known not in (Phase.TX, Phase.UNKNOWN) else UNKNOWN_PHASE
        watch.why = AT_REST if self.still is not None else watch.why
        for timer in watch.timers:
            level = timer.level
            reached = silent >= level.limit * SECOND and (not level.pump or self.pump == 1)
            active = in_treatment and (timer.active or reached)
            timer.stop()
            timer.active, timer.pending = active, in_treatment and not active and level.priority is LOW

    # --- what is told -------------------------------------------------------------------------------------------

    def _active(self) -> Active:
        return {
            watch.rule.id: (watch, watch.told[1] or LOW)
            for watch in self.watches
            if watch.told[0] is FindingState.ACTIVE
        }

    def _tell(self, t: int, active: Active) -> None:
        """What changed; inhibition takes effect with the next reading."""
        for watch in self.watches:
            why = watch.why or same_cause(watch, active)
            before, now = watch.told, watch.finding(why)
            active_ones = [timer.level for timer in watch.timers if timer.active and watch.rule.kind == "sensor"]
            faults = frozenset((level.subject, level.side) for level in active_ones)
            joined = now[0] is FindingState.ACTIVE and faults != watch.faults
            watch.told, watch.faults = now, faults
            if now != before or joined:
                self.told[watch.rule.id].append((t, *now))
