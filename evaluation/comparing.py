"""What two ways of judging the same treatments come to: which alerts both have, which are gone, which are new. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from operator import attrgetter

from alerts.records import Transition
from evaluation.episodes import Episode
from store.ended_treatments import Ended
from telemetry.alarms import FindingState, Priority


@dataclass(frozen=True, slots=True)
class PastAlert:
    """One alert as it would have been.

    Attributes:
        priority: the highest it had. reason: the sentence with which it got there.
        begun_us: first reading in breach. raised_us: when it would have been told. ended_us: when its cause had gone.
    """

    treatment_id: int
    rule: str
    priority: Priority
    reason: str
    begun_us: int
    raised_us: int
    ended_us: int


@dataclass(frozen=True, slots=True)
class Change:
    """An alert that both have, at another priority."""

    old: PastAlert
    new: PastAlert


@dataclass(slots=True)
class Tally:
    """What one way makes of one rule.

    Attributes:
        evaluated_us: time in treatments for which the rule had an answer: few alerts of a blind rule are no good news.
    """

    version: str
    alerts: list[PastAlert] = field(default_factory=list)
    evaluated_us: int = 0


@dataclass(frozen=True, slots=True)
class RuleDifference:
    """One rule, old against new; a side is None where there is no such rule. Lists are in order of time."""

    rule: str
    title: str
    old: Tally | None
    new: Tally | None
    gone: list[PastAlert]
    added: list[PastAlert]
    changed: list[Change]


def past_alert(one: Ended, episode: Episode) -> PastAlert:
    """An episode as one alert."""
    worst = max(episode.events, key=lambda row: row.priority.rank)
    first = episode.events[0]
    return PastAlert(
        one.treatment_id, first.rule, worst.priority, worst.reason, episode.begun_us, first.time_us, episode.ended_us
    )


def evaluated_us(one: Ended, transitions: Iterable[Transition]) -> dict[str, int]:
    """By rule: for how much of the treatment it had an answer. `transitions` are its own, in order of time."""
    since: dict[str, int] = {}
    lasted: dict[str, int] = {}
    for told in transitions:
        begun_us = since.pop(told.rule, None)
        if begun_us is not None:
            lasted[told.rule] = lasted.get(told.rule, 0) + told.time_us - begun_us
        if told.state is not FindingState.NOT_EVALUATED:
            since[told.rule] = told.time_us
    for rule, begun_us in since.items():
        lasted[rule] = lasted.get(rule, 0) + max(0, one.end_us - begun_us)
    return lasted


def difference(rule: str, title: str, old: Tally | None, new: Tally | None) -> RuleDifference:
    """Alerts of one rule and treatment whose causes stood at the same time are the same alert, each with one other."""
    gone, changed = [], []
    left = sorted(new.alerts if new else [], key=attrgetter("begun_us"))
    for one in sorted(old.alerts if old else [], key=attrgetter("begun_us")):
        same = next((other for other in left if _is_same(one, other)), None)
        if same is None:
            gone.append(one)
            continue
        left.remove(same)
        if same.priority is not one.priority:
            changed.append(Change(one, same))
    return RuleDifference(rule, title, old, new, gone, left, changed)


def total(differences: Sequence[RuleDifference]) -> tuple[int, int]:
    """Alerts of all rules, old and new."""
    old = sum(len(one.old.alerts) for one in differences if one.old)
    new = sum(len(one.new.alerts) for one in differences if one.new)
    return old, new


def _is_same(one: PastAlert, other: PastAlert) -> bool:
    together = one.begun_us <= other.ended_us and other.begun_us <= one.ended_us
    return one.treatment_id == other.treatment_id and together
