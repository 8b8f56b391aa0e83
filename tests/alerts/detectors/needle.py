"""What `docs/rules.md` says of the needle rule, written down a second time: one unit, one sample after the other."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf, isnan, nan

from telemetry.alarms import FindingState
from telemetry.treatment import Phase


@dataclass
class Kept:
    """The pressure of before the fall."""

    pressure: float
    flow: float
    at: float
    stood: float
    other_flow_since: float | None = None


@dataclass
class NeedleRule:
    """20 mmHg under the lower median of 60 s for 3 s; over at 15 mmHg for 30 s; learnt anew 300 s after a change."""

    state: FindingState = FindingState.NOT_EVALUATED
    last: float | None = None
    phase: Phase = Phase.UNKNOWN
    window: dict[int, tuple[float, float]] = field(default_factory=dict)
    inside: list[tuple[int, float, float]] = field(default_factory=list)
    pressures: list[float] = field(default_factory=list)
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
        self.window = {second: seen for second, seen in self.window.items() if int(t) - second <= 60}
        self.inside = [(int(t) - second, *seen) for second, seen in self.window.items() if second < int(t)]
        self.pressures = sorted(p for _, p, _ in self.inside if not isnan(p))
        self._watch(t, flow)
        usable = phase is Phase.TX and not isnan(pressure) and not isnan(flow) and gap <= 5 and t - self.changed >= 60
        usable = usable and flow > 0 and self._steady(flow)
        self._give_up(t, flow, usable, gap)
        fallen, back, usable = self._look(pressure, flow, usable)
        remember = pressure
        if self.kept and not back and self._learning_since() is None:
            remember = nan
        if fallen and usable and self.kept is None:
            self.kept = Kept(self._median(), flow, t, t)
            remember = nan
        self.window[int(t)] = (remember, flow)
        self._step(t, fallen, back, usable, ended=phase not in (Phase.TX, Phase.UNKNOWN))
        self._tell(t, usable)

    def _watch(self, t: float, flow: float) -> None:
        runs = nan if isnan(flow) else float(flow > 0)
        if abs(flow - self.settled) >= 50 or runs > self.ran:
            self.changed, self.settled = t, flow
        elif isnan(self.settled):
            self.settled = flow
        self.ran = self.ran if isnan(runs) else runs

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
        elif self._filled() or since is not None or t - kept.stood > 60:
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
