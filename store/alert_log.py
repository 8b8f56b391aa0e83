"""Alert events: append-only, in the transaction of the rows they were found in.

An alert is one episode of a condition. Its events carry the state the condition is in afterwards, so whoever adds one
must know the state before: `lock` gives it and keeps it from changing until the transaction ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from store.pool import Connection
from store.queries import run
from store.values import storable_numbers, storable_text, storable_us
from telemetry.alarms import ConditionState, Priority


@dataclass(frozen=True, slots=True)
class AlertEventRow:
    """One step of an alert.

    Attributes:
        alert_id: from `reserve_ids` for a new alert; its first event opens it.
        priority, state: of the condition after this event.
        time_us: sample time. inputs, limits: by name, in the catalogue's units.
        late: found in data that came too late to page anybody.
        actor: user id of the person who did it; None: the rules did.
        again: a rule has found what it is for once more, of an alert that stood.
    """

    alert_id: int
    unit_id: int
    rule: str
    rule_version: str
    priority: Priority
    state: ConditionState
    time_us: int
    reason: str
    inputs: Mapping[str, float]
    limits: Mapping[str, float]
    late: bool = False
    actor: int | None = None
    note: str = ""
    again: bool = False


@dataclass(frozen=True, slots=True)
class AlertState:
    """Where an alert stands."""

    alert_id: int
    unit_id: int
    rule: str
    state: ConditionState
    priority: Priority
    since_us: int
    acknowledged_by: int | None


def reserve_ids(conn: Connection, count: int) -> list[int]:
    """Numbers for new alerts, ascending; one never used leaves a hole and no harm."""
    return sorted(row[0] for row in run(conn, "reserve_alert_ids", {"count": count}))


def append(conn: Connection, rows: Sequence[AlertEventRow], recorded_us: int) -> list[int]:
    """Add events in this order, opening alerts not seen before; their event ids. Listeners hear of each at commit."""
    if not rows:
        return []
    columns = {
        "alerts": [row.alert_id for row in rows],
        "units": [row.unit_id for row in rows],
        "rules": [storable_text(row.rule) for row in rows],
        "versions": [storable_text(row.rule_version) for row in rows],
        "priorities": [str(row.priority) for row in rows],
        "states": [str(row.state) for row in rows],
        "times": [storable_us(row.time_us) for row in rows],
        "reasons": [storable_text(row.reason) for row in rows],
        "inputs": [storable_numbers(row.inputs) for row in rows],
        "limits": [storable_numbers(row.limits) for row in rows],
        "late": [row.late for row in rows],
        "actors": [row.actor for row in rows],
        "notes": [storable_text(row.note) for row in rows],
        "again": [row.again for row in rows],
        "recorded": storable_us(recorded_us),
    }
    run(conn, "open_alerts_of_events", columns)
    return sorted(row[0] for row in run(conn, "append_alert_events", columns))


def lock(conn: Connection, alert_ids: Iterable[int]) -> dict[int, AlertState]:
    """Where these alerts stand, unchangeable by others until the transaction ends; unknown ids are left out."""
    rows = run(conn, "lock_alerts", {"alerts": sorted(set(alert_ids))})
    return {row[0]: alert_state(row) for row in rows}


def open_alerts(conn: Connection, unit_ids: Sequence[int]) -> list[AlertState]:
    """The alerts of these units that are not over."""
    return [alert_state(row) for row in run(conn, "open_alerts", {"units": list(unit_ids)})]


def alert_state(row: tuple[int, int, str, str, str, int, int | None]) -> AlertState:
    """From the columns of `lock_alerts`."""
    alert_id, unit_id, rule, state, priority, since_us, acknowledged_by = row
    return AlertState(alert_id, unit_id, rule, ConditionState(state), Priority(priority), since_us, acknowledged_by)
