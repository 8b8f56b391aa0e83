"""What the rules say of a whole treatment, as alerts that have come and gone. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import count, groupby

from alerts.records import Transition
from evaluation import alerting
from evaluation.alerting import Found
from store.alert_log import AlertEventRow
from store.ended_treatments import Ended
from telemetry.alarms import ConditionState, FindingState

_OVER = "Still so when the treatment ended"


@dataclass(frozen=True, slots=True)
class Episode:
    """One alert as it would have been: its events, and from the first reading in breach to the last event."""

    events: list[AlertEventRow]
    begun_us: int
    ended_us: int


def episodes(wanted: Ended, transitions: Sequence[Transition]) -> list[Episode]:
    """What these transitions of its unit, in order of time, come to. All are over with the treatment, and late."""
    begun = _begun(transitions)
    # Nobody is asked to look at what is over: nothing latches.
    found = [Found(wanted.unit_id, transition, transition.time_us) for transition in transitions]
    rows, standing = alerting.steps(found, {}, lambda _: False, count())
    for (_, rule), stands in standing.items():
        last = next(row for row in reversed(rows) if row.alert_id == stands.alert_id)
        end_us = max(last.time_us, wanted.end_us)
        rows.append(replace(last, rule=rule, state=ConditionState.NORMAL, time_us=end_us, reason=_OVER))
    rows.sort(key=lambda row: row.alert_id)
    grouped = [[replace(row, late=True) for row in group] for _, group in groupby(rows, key=lambda row: row.alert_id)]
    return [Episode(rows, begun[rows[0].rule, rows[0].time_us], rows[-1].time_us) for rows in grouped]


def _begun(transitions: Iterable[Transition]) -> dict[tuple[str, int], int]:
    """By rule and the time it became active: since when it had been pending."""
    pending: dict[str, int] = {}
    begun: dict[tuple[str, int], int] = {}
    for one in transitions:
        since_us = pending.get(one.rule, one.time_us)
        if one.state is FindingState.PENDING:
            pending[one.rule] = since_us
            continue
        pending.pop(one.rule, None)
        if one.state is FindingState.ACTIVE:
            begun[one.rule, one.time_us] = since_us
    return begun
