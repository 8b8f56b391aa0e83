"""What happened to a patient in a span of time beside the readings: alerts, alarms of the machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from store import alert_queries
from store.alert_queries import CurrentAlert
from store.pool import AsyncConnection
from store.queries import arun
from store.sign_offs import AlarmOf
from store.values import storable_us
from telemetry.alarms import ConditionState, Priority


@dataclass(frozen=True, slots=True)
class StoodAlert:
    """An alert as it stands now; `until_us` is None while its cause lasts.

    `before`: it is another patient's by now, and this is how it stood when the unit served the one who is asked about.
    """

    alert: CurrentAlert
    until_us: int | None
    before: bool = False


async def alerts(conn: AsyncConnection, patient_id: int, start_us: int, end_us: int, limit: int) -> list[StoodAlert]:
    """Those of a patient that stood at any moment of start ≤ time < end, newest first; at most `limit`.

    One that began more than a day before the span is among them only while it still stands.
    """
    parameters = {"patient": patient_id, "start": storable_us(start_us), "end": storable_us(end_us), "limit": limit}
    until = {row[0]: row[1] async for row in await arun(conn, "timeline_alerts", parameters)}
    found = {alert.alert_id: alert for alert in await alert_queries.by_ids(conn, list(until))}
    own = [StoodAlert(found[number], until_us) for number, until_us in until.items() if number in found]
    others = [_before(row) async for row in await arun(conn, "timeline_alerts_before", parameters)]
    return sorted([*own, *others], key=_newest)[:limit] if others else own


def _newest(one: StoodAlert) -> tuple[int, int]:
    return -one.alert.since_us, -one.alert.alert_id


def _before(row: tuple[Any, ...]) -> StoodAlert:
    number, unit_id, unit, clinic_id, rule, version, priority, state, since_us, time_us, until_us, *rest = row
    reason, inputs, limits, late, acknowledged_by, name, acknowledged_us, event_id = rest
    alert = CurrentAlert(
        number, unit_id, unit, clinic_id, rule, version, Priority(priority), ConditionState(state), since_us, time_us,
        until_us, reason, inputs, limits, late, acknowledged_by, name, acknowledged_us, event_id,
        *[None] * 11,
    )  # fmt: skip
    return StoodAlert(alert, until_us, before=True)


async def alarms(conn: AsyncConnection, patient_id: int, start_us: int, end_us: int, limit: int) -> list[AlarmOf]:
    """Beginnings and ends of machine alarms at a patient's unit until `end_us`, in order; the last `limit`.

    From twelve hours before the span on: one that stands when it begins is one of it.
    """
    parameters = {"patient": patient_id, "start": storable_us(start_us), "end": storable_us(end_us), "limit": limit}
    return [AlarmOf(*row) async for row in await arun(conn, "timeline_alarms", parameters)]
