"""What happened to a patient in a span of time beside the readings: alerts, alarms of the machine."""

from __future__ import annotations

from dataclasses import dataclass

from store import alert_queries
from store.alert_queries import CurrentAlert
from store.pool import AsyncConnection
from store.queries import arun
from store.sign_offs import AlarmOf
from store.values import storable_us


@dataclass(frozen=True, slots=True)
class StoodAlert:
    """An alert as it stands now; `until_us` is None while its cause lasts."""

    alert: CurrentAlert
    until_us: int | None


async def alerts(conn: AsyncConnection, patient_id: int, start_us: int, end_us: int, limit: int) -> list[StoodAlert]:
    """Those of a patient that stood at any moment of start ≤ time < end, newest first; at most `limit`.

    One that began more than a day before the span is among them only while it still stands.
    """
    parameters = {"patient": patient_id, "start": storable_us(start_us), "end": storable_us(end_us), "limit": limit}
    until = {row[0]: row[1] async for row in await arun(conn, "timeline_alerts", parameters)}
    found = {alert.alert_id: alert for alert in await alert_queries.by_ids(conn, list(until))}
    return [StoodAlert(found[number], until_us) for number, until_us in until.items() if number in found]


async def alarms(conn: AsyncConnection, patient_id: int, start_us: int, end_us: int, limit: int) -> list[AlarmOf]:
    """Beginnings and ends of machine alarms at a patient's unit until `end_us`, in order; the last `limit`.

    From twelve hours before the span on: one that stands when it begins is one of it.
    """
    parameters = {"patient": patient_id, "start": storable_us(start_us), "end": storable_us(end_us), "limit": limit}
    return [AlarmOf(*row) async for row in await arun(conn, "timeline_alarms", parameters)]
