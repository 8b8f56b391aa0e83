"""What `docs/rules.md` says of the needle rule, written down a second time: one unit, one sample after the other."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf, isnan, nan

from telemetry.alarms import FindingState
from telemetry.treatment import Phase


@dataclass
class Kept:
    """The pressure of before it fell, or rose; `up_since`: since when it is 15 mmHg or more above that."""

    pressure: float
    flow: float
    at: float
    stood: float
    other_flow_since: float | None = None
    up_since: float | None = None


@dataclass
class NeedleRule:
    """20 mmHg under the lower median of 60 s for 3 s; over at 15 mmHg for 30 s; learnt anew 300 s after a change.

    A rise of 20 mmHg is what is normal after 300 s, not before. `again`: when another fall of 20 mmHg was told.
    """

    state: FindingState = FindingState.NOT_EVALUATED
    last: float | None = None
    phase: Phase = Phase.UNKNOWN
    window: dict[int, tuple[float, float]] = field(default_factory=dict)
    inside: list[tuple[int, float, float]] = field(default_factory=list)
    pressures: list[float] = field(default_factory=list)
    read: dict[int, float] = field(default_factory=dict)
    down: dict[int, float] = field(default_factory=dict)
    down_again: float | None = None
    again: list[float] = field(default_factory=list)
    kept: Kept | None = None
    settled: float = nan
    ran: float = nan
    changed: float = -inf
    pending: float | None = None
    active: bool = False
    clearing: float | None = None
    seen: list[tuple[float, FindingState]] = field(default_factory=list)

    def sample(self, t: float, phase: Phase, pressure: float, flow: float) -> None:
        """Take one reading."""
        gap = 0.0 if self.last is None else t - self.last
        self.last = t
        if phase is Phase.TX and self.phase is not Phase.TX:
            self.window, self.kept, self.settled, self.ran, self.changed = {}, None, nan, nan, -inf
        self.phase = self.phase if phase is Phase.UNKNOWN else phase
        self._watch(t, flow)
        self._watch_rise(t, pressure, gap)
        self._look_back(int(t))
        usable = phase is Phase.TX and not isnan(pressure) and not isnan(flow) and gap <= 5 and t - self.changed >= 60
        usable = usable and flow > 0 and self._steady(flow)
        self._give_up(t, flow, usable, gap)
        steady = usable
        fallen, back, usable = self._look(pressure, flow, usable)
        remember = pressure
        if self.kept and self._learning_since() is None and (not back or self.kept.up_since is not None):
            remember = nan
        if self._falls_again(t, pressure, steady):
            self.again.append(t)
        if fallen and usable and not self.active and self.pending is None:
            self.down, self.down_again = {}, None
        if (fallen or self._risen(pressure)) and usable and self.kept is None:
            self.kept = Kept(self._median(), flow, t, t)
            remember = nan
        self.window[int(t)] = (remember, flow)
        self.read[int(t)] = self.down[int(t)] = pressure
        self._step(t, fallen, back, usable, ended=phase not in (Phase.TX, Phase.UNKNOWN))
        self._tell(t, usable)

    def _watch(self, t: float, flow: float) -> None:
        runs = nan if isnan(flow) else float(flow > 0)
        if abs(flow - self.settled) >= 50 or runs > self.ran:
            self.changed, self.settled = t, flow
        elif isnan(self.settled):
            self.settled = flow
        self.ran = self.ran if isnan(runs) else runs

    def _look_back(self, now: int) -> None:
        self.window = {s: seen for s, seen in self.window.items() if now - s <= 60}
        self.down = {s: p for s, p in self.down.items() if now - s <= 60}
        self.inside = [(now - s, p, q) for s, (p, q) in self.window.items() if s < now]
        self.pressures = sorted(p for _, p, _ in self.inside if not isnan(p))

    def _median(self) -> float:
        return self.pressures[(len(self.pressures) - 1) // 2]

    def _filled(self) -> bool:
        return len(self.pressures) >= 6 and any(age >= 30 and not isnan(p) for age, p, _ in self.inside)

    def _steady(self, flow: float) -> bool:
        flows = [q for _, _, q in self.inside if not isnan(q)]
        near = sum(abs(q - flow) <= 0.05 * flow for q in flows)
        return near >= 0.9 * len(flows) - 1e-9

    def _learning_since(self) -> float | None:
        assert self.kept is not None
        times = [] if self.kept.other_flow_since is None else [self.kept.other_flow_since]
        times += [self.changed] if self.changed > self.kept.at else []
        return max(times, default=None)

    def _risen(self, pressure: float) -> bool:
        return bool(self.pressures) and pressure - self._median() >= 20

    def _watch_rise(self, t: float, pressure: float, gap: float) -> None:
        """A rise that has stayed for 300 s is what is normal now, with all that was read meanwhile."""
        kept = self.kept
        if kept is None:
            return
        if not isnan(pressure):
            up = pressure - kept.pressure >= 15
            kept.up_since = None if not up else t if kept.up_since is None else kept.up_since
        restless = self.active or (self.pending is not None and gap <= 5)
        if kept.up_since is not None and t - kept.up_since >= 300 and not restless:
            self.kept = None
            self.window = {s: (self.read[s], flow) for s, (_, flow) in self.window.items()}

    def _falls_again(self, t: float, pressure: float, steady: bool) -> bool:
        """20 mmHg under the lower median of the last minute since the fall, for 3 s; the next counts from there."""
        since = {s: p for s, p in self.down.items() if 1 <= int(t) - s <= 60 and not isnan(p)}
        enough = self.active and steady and len(since) >= 6 and int(t) - min(since) >= 30
        if not enough or not sorted(since.values())[(len(since) - 1) // 2] - pressure >= 20:
            self.down_again = None
            return False
        self.down_again = t if self.down_again is None else self.down_again
        if t - self.down_again < 3:
            return False
        self.down = {s: p for s, p in self.down.items() if s >= int(self.down_again)}
        self.down_again = None
        return True

    def _give_up(self, t: float, flow: float, usable: bool, gap: float) -> None:
        kept = self.kept
        if kept is None:
            return
        if not isnan(flow):
            alike = abs(flow - kept.flow) <= 0.05 * kept.flow
            kept.other_flow_since = None if alike else t if kept.other_flow_since is None else kept.other_flow_since
        since = self._learning_since()
        if self.active or (self.pending is not None and gap <= 5):
            kept.stood = t
            if since is not None and usable and self._filled() and t - since >= 300:
                self.kept = None
        elif since is not None:
            self.kept = None
        elif kept.up_since is not None:
            kept.stood = t
        elif self._filled() or t - kept.stood > 60:
            self.kept = None

    def _look(self, pressure: float, flow: float, usable: bool) -> tuple[bool, bool, bool]:
        if self.kept is None:
            fall = self._median() - pressure if self.pressures else nan
            return fall >= 20, bool(self.pressures) and fall <= 15, usable and self._filled()
        fall = self.kept.pressure - pressure
        back = fall <= 15 and not flow > 1.05 * self.kept.flow
        alike = abs(flow - self.kept.flow) <= 0.05 * self.kept.flow
        return fall >= 20, back, usable and (back or alike)

    def _step(self, t: float, fallen: bool, back: bool, usable: bool, *, ended: bool) -> None:
        if ended:
            self.active, self.pending, self.clearing = False, None, None
        elif self.active:
            self.clearing = (t if self.clearing is None else self.clearing) if back and usable else None
            if self.clearing is not None and t - self.clearing >= 30:
                self.active, self.clearing = False, None
        elif fallen and usable:
            self.pending = t if self.pending is None else self.pending
            if t - self.pending >= 3:
                self.active, self.pending = True, None
        else:
            self.pending = None

    def _tell(self, t: float, usable: bool) -> None:
        state = FindingState.NORMAL if self.pending is None else FindingState.PENDING
        state = FindingState.ACTIVE if self.active else state if usable else FindingState.NOT_EVALUATED
        if state is not self.state:
            self.seen.append((t, state))
        self.state = state
