"""Stored treatments judged by two ways: what the rules say as they are, and what others would have said."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from alerts.records import Transition
from evaluation.comparing import PastAlert, RuleDifference, Tally, difference, evaluated_us, past_alert, total
from evaluation.episodes import episodes
from evaluation.once_more import AT_ONCE, Way, once_more
from store.ended_treatments import Ended
from store.pool import Connection

# Rules on silence: who was silent then is known, and readings that came later do not tell it.
_ON_SILENCE: Final = "stale"
_HOUR_US: Final = 3_600_000_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of it.

    Attributes:
        treatments: those that were judged. rules: one each, in order of their ids.
        not_judged: ids of rules that stored readings say nothing to.
    """

    treatments: Sequence[Ended]
    rules: list[RuleDifference]
    not_judged: list[str]


class Halted(Exception):
    """The caller did not want to go on."""


def what_if(
    conn: Connection, treatments: Sequence[Ended], old: Way, new: Way, go_on: Callable[[], bool] = lambda: True
) -> Answer:
    """Old against new. `go_on` is asked after every ten minutes of up to `AT_ONCE` treatments; Halted when it denies.

    StoreError when the database is not well.
    """
    tallies = [_tallies(way) for way in (old, new)]
    for first in range(0, len(treatments), AT_ONCE):
        passing = treatments[first : first + AT_ONCE]
        told: list[list[list[Transition]]] = [[[] for _ in passing] for _ in tallies]
        for page in once_more(conn, passing, [old, new]):
            for mine, found in zip(told, page, strict=True):
                for transition in found:
                    mine[transition.row].append(transition)
            if not go_on():
                raise Halted
        for tally, mine in zip(tallies, told, strict=True):
            for one, transitions in zip(passing, mine, strict=True):
                _add(tally, one, transitions)
    rules = {rule.id: rule for way in (old, new) for rule in way.ruleset.rules}
    silent = sorted(name for name, rule in rules.items() if rule.spec.detector == _ON_SILENCE)
    judged = sorted(rules.keys() - set(silent))
    differences = [difference(name, rules[name].title, *(tally.get(name) for tally in tallies)) for name in judged]
    return Answer(treatments, differences, silent)


def as_object(answer: Answer) -> dict[str, Any]:
    """The answer for programs: times are UTC, `hours` and `evaluated_hours` hours of treatment."""
    old, new = total(answer.rules)
    return {
        "treatments": len(answer.treatments),
        "hours": _hours(sum(one.end_us - one.start_us for one in answer.treatments)),
        "alerts": {"old": old, "new": new},
        "rules": [_rule(one) for one in answer.rules],
        "not_judged": answer.not_judged,
    }


def _tallies(way: Way) -> dict[str, Tally]:
    return {rule.id: Tally(rule.version) for rule in way.ruleset.rules}


def _add(tally: dict[str, Tally], one: Ended, transitions: Sequence[Transition]) -> None:
    for episode in episodes(one, transitions):
        alert = past_alert(one, episode)
        tally[alert.rule].alerts.append(alert)
    for rule, lasted_us in evaluated_us(one, transitions).items():
        tally[rule].evaluated_us += lasted_us


def _rule(one: RuleDifference) -> dict[str, Any]:
    return {
        "rule": one.rule,
        "title": one.title,
        "old": _side(one.old),
        "new": _side(one.new),
        "gone": [_alert(alert) for alert in one.gone],
        "added": [_alert(alert) for alert in one.added],
        "changed": [{"old": _alert(change.old), "new": _alert(change.new)} for change in one.changed],
    }


def _side(tally: Tally | None) -> dict[str, Any] | None:
    if tally is None:
        return None
    return {
        "rule_version": tally.version,
        "alerts": len(tally.alerts),
        "evaluated_hours": _hours(tally.evaluated_us),
    }


def _alert(one: PastAlert) -> dict[str, Any]:
    return {
        "treatment_id": str(one.treatment_id),
        "time": moment(one.raised_us),
        "until": moment(one.ended_us),
        "priority": str(one.priority),
        "reason": one.reason,
    }


def _hours(lasted_us: int) -> float:
    return round(lasted_us / _HOUR_US, 2)


def moment(time_us: int) -> datetime:
    """Microseconds since 1970 as a UTC time."""
    return _EPOCH + timedelta(microseconds=time_us)
