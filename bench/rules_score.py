"""What the outcomes of `bench.rules` add up to: false alerts, faults seen, delays. Pure."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import ceil, inf, sqrt
from typing import Final

from bench.rules_cases import LATE_S
from bench.rules_naive import LIMITS
from bench.rules_run import Alert, Outcome

Of = Callable[[Outcome], list[Alert]]

# Crossings of one limit this close together are one alert to whoever hears them.
TOGETHER_S: Final = 60
_RANK: Final = {"low": 1, "medium": 2, "high": 3}
_PRESSURE_FALLS: Final = frozenset({"R01", "R02", "R03", "R04", "systolic low"})
NAMES: Final = list(dict.fromkeys(limit.name for limit in LIMITS))


def of_rules(outcome: Outcome) -> list[Alert]:
    """Alerts of our rules."""
    return outcome.rules


def of_naive(outcome: Outcome) -> list[Alert]:
    """Alerts of the naive set."""
    return outcome.naive


@dataclass(frozen=True, slots=True)
class Found:
    """One kind of fault as one of the two sets saw it.

    Attributes:
        total: treatments with it. delays_s: sorted, from its onset, of those in which it was seen.
    """

    total: int
    delays_s: tuple[float, ...]

    @property
    def share(self) -> float:
        """Sensitivity, 0…1."""
        return len(self.delays_s) / self.total

    @property
    def median_s(self) -> float:
        """Middle delay; infinite when it was never seen."""
        return statistics.median(self.delays_s) if self.delays_s else inf

    @property
    def p90_s(self) -> float:
        """Delay that nine of ten of those seen did not exceed."""
        return self.delays_s[ceil(0.9 * len(self.delays_s)) - 1] if self.delays_s else inf


def faultless(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """Treatments without a label."""
    return [o for o in outcomes if not o.group]


def hours(outcomes: Iterable[Outcome]) -> float:
    """Hours of treatment."""
    return sum(o.treated_s for o in outcomes) / 3600.0


def false_alerts(outcomes: Sequence[Outcome], of: Of) -> list[Alert]:
    """Alerts in treatments without a label; one about a low blood pressure is none where it truly was low."""
    return [alert for o in faultless(outcomes) for alert in of(o) if not (o.really_low and alert.by in _PRESSURE_FALLS)]


def false_episodes(outcomes: Sequence[Outcome], of: Of) -> int:
    """The same, alerts of one rule or limit within a minute of the one before taken as one."""
    return sum(
        len(_episodes([a for a in of(o) if not (o.really_low and a.by in _PRESSURE_FALLS)]))
        for o in faultless(outcomes)
    )


def _episodes(alerts: Sequence[Alert]) -> list[Alert]:
    last: dict[str, int] = {}
    first = []
    for alert in alerts:
        if alert.at_s - last.get(alert.by, -TOGETHER_S - 1) > TOGETHER_S:
            first.append(alert)
        last[alert.by] = alert.at_s
    return first


def counted(alerts: Iterable[Alert]) -> list[tuple[str, str, int]]:
    """(rule or limit, priority, count), the most urgent level of each first."""
    counts = Counter((a.by, a.priority) for a in alerts)
    return [(by, priority, counts[by, priority]) for by, priority in sorted(counts, key=_place)]


def _place(key: tuple[str, str]) -> tuple[int, str, int]:
    by, priority = key
    return NAMES.index(by) if by in NAMES else -1, by, -_RANK[priority]


def came_with(outcomes: Sequence[Outcome]) -> list[tuple[str, str, int]]:
    """(rule, what everyday event it came with, count) of our false alerts: one that lasts, or ended a minute ago."""
    counts = Counter(
        (alert.by, _event_of(o, alert.at_s)) for o in faultless(outcomes) for alert in false_alerts([o], of_rules)
    )
    return [(by, event, counts[by, event]) for by, event in sorted(counts)]


def _event_of(outcome: Outcome, at_s: int) -> str:
    near = [
        (until if until <= at_s else since, word)
        for word, since, until in outcome.everyday
        if since <= at_s <= until + TOGETHER_S
    ]
    return max(near)[1] if near else "nothing"


def stood_before(outcomes: Sequence[Outcome]) -> int:
    """Treatments whose fault no rule told anew, but one that names it had alerted before the onset."""
    return sum(
        not found([o], of_rules).delays_s and any(a.by in o.rules_of_it and a.at_s < o.onset_s for a in o.rules)
        for o in outcomes
    )


def at_most(count: int) -> float:
    """Upper end of the 95 % interval of a Poisson mean after `count` were seen (Byar's approximation)."""
    more = count + 1
    return more * float((1 - 1 / (9 * more) + 1.96 / (3 * sqrt(more))) ** 3)


def groups(outcomes: Sequence[Outcome]) -> dict[str, list[Outcome]]:
    """Treatments by fault; hypotension apart by whether the pressure truly fell below the limit."""
    found: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        name = outcome.group
        if name == "hypotension":
            name += ", truly below the limit" if outcome.really_low else ", stays above the limit"
        if name:
            found.setdefault(name, []).append(outcome)
    return dict(sorted(found.items()))


def found(outcomes: Sequence[Outcome], of: Of) -> Found:
    """How the set saw one kind of fault."""
    delays = []
    for o in outcomes:
        names = o.rules_of_it if of is of_rules else o.naive_of_it
        hits = [a.at_s - o.onset_s for a in of(o) if a.by in names and o.onset_s <= a.at_s <= o.until_s + LATE_S]
        delays += hits[:1]
    return Found(len(outcomes), tuple(sorted(delays)))


def verdict(rules: Found, naive: Found) -> str:
    """Whether the rules see as many and as soon, in words."""
    if not rules.delays_s:
        return "seen by neither" if not naive.delays_s else "missed by the rules"
    if not naive.delays_s:
        return "seen by the rules only"
    words = []
    if rules.share < naive.share:
        words.append(f"**{round(100 * (naive.share - rules.share))} points fewer seen**")
    if rules.median_s > naive.median_s:
        words.append(f"**later by {rules.median_s - naive.median_s:.0f} s**")
    return ", ".join(words) or "as many, as soon or better"


def is_met(rules: Found, naive: Found) -> bool:
    """Equal or better in both: share seen and middle delay."""
    return rules.share >= naive.share and rules.median_s <= naive.median_s
