"""The reference's levels and rules: delays, hysteresis, what a rule's finding is, and who inhibits whom."""

from __future__ import annotations

from dataclasses import dataclass

from telemetry.alarms import FindingState, Priority
from tests.alerts.oracle.rules import HIGH, SECOND, Level, Rule
from tests.alerts.oracle.values import GAP

Active = dict[str, tuple["Watch", Priority]]
"""By id, the rules that were active before a reading, and at which priority: what inhibits."""
Told = tuple[int, FindingState, Priority | None, str]
"""When, what, at which priority, and a word of the reason why it is not evaluated ("" = it is)."""


@dataclass
class Timer:
    """One level of one rule. `since`: of the breach while pending, of being clear while active."""

    level: Level
    pending: bool = False
    active: bool = False
    since: int | None = None

    def stop(self) -> None:
        self.pending, self.active, self.since = False, False, None

    def lose_sight(self) -> None:
        """Not evaluated: pending ends, the off-delay starts again, nothing clears."""
        self.pending, self.since = False, None

    def look(self, t: int, breach: bool, clear: bool, may_rise: bool) -> None:
        if self.active:
            if not clear:
                self.since = None
                return
            self.since = t if self.since is None else self.since
            if t - self.since >= self.level.off * SECOND:
                self.stop()
        elif not breach:
            self.stop()
        else:
            self.since = self.since if self.pending and self.since is not None else t
            self.pending = True
            held, wanted = t - self.since, self.level.on * SECOND
            if may_rise and (held > wanted if self.level.more_than else held >= wanted):
                self.pending, self.active, self.since = False, True, None


@dataclass
class Watch:
    """One rule of one unit: its timers and what was told of it last."""

    rule: Rule
    timers: list[Timer]
    why: str = "no data yet"
    told: tuple[FindingState, Priority | None, str] = (FindingState.NOT_EVALUATED, None, "no data yet")
    faults: frozenset[tuple[str, str]] = frozenset()

    def finding(self, why: str) -> tuple[FindingState, Priority | None, str]:
        active = [timer.level.priority for timer in self.timers if timer.active]
        pending = [timer.level.priority for timer in self.timers if timer.pending]
        if active:
            # A gap is over with the reading that ends it: of an active finding it is not told.
            return FindingState.ACTIVE, max(active, key=lambda p: p.rank), self.told[2] if why == GAP else why
        if why:
            return FindingState.NOT_EVALUATED, None, why
        if pending:
            return FindingState.PENDING, max(pending, key=lambda p: p.rank), ""
        return FindingState.NORMAL, None, ""


def inhibited(rule: Rule, active: Active) -> str:
    by = [name for name, (watch, _) in active.items() if rule.id in watch.rule.inhibits]
    return f"inhibited by {by[-1]} " if by else ""  # of several, the last is named


def same_cause(watch: Watch, active: Active) -> str:
    """A rule that would rise but for another's high finding of its cause is inhibited, not pending and not normal."""
    pending = max((timer.level.priority.rank for timer in watch.timers if timer.pending), default=0)
    reached = max((timer.level.priority.rank for timer in watch.timers if timer.active), default=0)
    if pending <= reached or pending == HIGH.rank:
        return ""
    rival = rival_of(watch, active)
    return f"inhibited by {rival} " if rival else ""


def rival_of(watch: Watch, active: Active) -> str:
    """Another rule of its cause that is active at high: the last of all that are, or the first if that is itself."""
    high = [name for name, (one, at) in active.items() if one.rule.cause == watch.rule.cause and at is HIGH]
    return next((name for name in (high[-1:] + high[:1]) if name != watch.rule.id), "")
