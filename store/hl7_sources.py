"""What a destination has not been told yet: steps of alerts, readings of treatments, what treatments came to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from psycopg import sql

from store.errors import translate
from store.pool import AsyncConnection
from store.queries import arun, query
from store.treatment_queries import FoundTreatment, found_treatment
from telemetry import signals
from telemetry.messages import Flag

# What cannot be in one value: a machine's values are of one of these types.
_READ_AS: Final = {
    signals.Kind.NUMERIC: sql.SQL("{}::float8"),
    signals.Kind.ENUMERATION: sql.SQL("{}::float8"),
    signals.Kind.BOOLEAN: sql.SQL("{}::int::float8"),
}


@dataclass(frozen=True, slots=True)
class AlertStep:
    """An event of an alert that a destination has not been told of.

    Attributes:
        is_theirs: the destination is told of that clinic (the patient's, or the home's where nobody is known), and the
            home is not the one for tests. patient_id, patient: whose the alert is then.
        late: found in data that came too late to page anybody. again: its rule has told it anew.
        told_state, told_priority: of the last message about this alert; None: there is none.
    """

    event_id: int
    alert_id: int
    unit: str
    is_theirs: bool
    patient_id: int | None
    patient: str | None
    rule: str
    state: str
    priority: str
    since_us: int
    time_us: int
    reason: str
    inputs: Mapping[str, float | None]
    late: bool
    again: bool
    told_state: str | None
    told_priority: str | None


@dataclass(frozen=True, slots=True)
class ReadingsDue:
    """A treatment whose readings a destination is to be told of, from when to when."""

    treatment_id: int
    unit_id: int
    unit: str
    patient_id: int | None
    patient: str | None
    start_us: int
    told_us: int | None
    until_us: int


@dataclass(frozen=True, slots=True)
class LastValue:
    """The last valid value of a signal in a span, and when it was measured."""

    signal: signals.Signal
    value: float
    time_us: int


@dataclass(frozen=True, slots=True)
class TotalsDue:
    """A treatment that is over and whose summary a destination has not been told; `again`: it was told another."""

    found: FoundTreatment
    again: bool


async def alert_steps(conn: AsyncConnection, name: str, limit: int) -> list[AlertStep]:
    """Steps noted for a destination, in the order in which they were recorded."""
    return [AlertStep(*row) async for row in await arun(conn, "hl7_alert_steps", {"name": name, "limit": limit})]


async def steps_are_told(conn: AsyncConnection, name: str, event_ids: Sequence[int]) -> None:
    """They are noted no longer; in the transaction that has queued what they came to."""
    if event_ids:
        await arun(conn, "hl7_steps_are_told", {"name": name, "events": list(event_ids)})


async def readings_due(conn: AsyncConnection, name: str, now_us: int, limit: int) -> list[ReadingsDue]:
    """Treatments to be told of now, those longest not told of first."""
    parameters = {"name": name, "now": now_us, "limit": limit}
    return [ReadingsDue(*row) async for row in await arun(conn, "hl7_readings_due", parameters)]


async def readings_are_told(conn: AsyncConnection, name: str, told: Mapping[int, int]) -> None:
    """Treatment -> up to when it is told."""
    if told:
        parameters = {"name": name, "treatments": list(told), "untils": list(told.values())}
        await arun(conn, "hl7_readings_are_told", parameters)


async def last_values(
    conn: AsyncConnection, unit_id: int, start_us: int, end_us: int, told_us: int
) -> list[LastValue]:  # fmt: skip
    """Of the rows of a unit at start < time ≤ end that are stored now, in the order of the catalogue.

    Up to `told_us` only those that were received later than five seconds before it: they may not have been stored then.
    """
    parameters = {
        "unit": unit_id, "start": start_us, "end": end_us, "told": told_us, "uncertain": int(Flag.TIME_UNCERTAIN),
    }  # fmt: skip
    with translate("read a treatment's last values"):
        row = await (await conn.execute(_last_values(), parameters, binary=True)).fetchone()
    assert row is not None
    found = zip(signals.CATALOGUE, row[::2], row[1::2], strict=True)
    return [LastValue(signal, value, time_us) for signal, value, time_us in found if value is not None]


async def totals_due(conn: AsyncConnection, name: str, now_us: int, limit: int) -> list[TotalsDue]:
    """Treatments that ended since the destination is told, a week ago at most, and whose summary is current and new."""
    parameters = {"name": name, "now": now_us, "limit": limit}
    return [
        TotalsDue(found_treatment(row[:-1]), row[-1]) async for row in await arun(conn, "hl7_totals_due", parameters)
    ]


async def totals_are_told(conn: AsyncConnection, name: str, told: Mapping[int, int]) -> None:
    """Treatment -> when the summary that is told was computed."""
    if told:
        parameters = {"name": name, "treatments": list(told), "computed": list(told.values())}
        await arun(conn, "hl7_totals_are_told", parameters)


@cache
def _last_values() -> sql.Composed:
    columns = []
    for signal in signals.CATALOGUE:
        name = sql.Identifier(signal.name)
        value = _READ_AS[signal.kind].format(name)
        parts = {"value": value, "name": name}
        columns.append(
            sql.SQL("(array_agg({value} ORDER BY time DESC) FILTER (WHERE {name} IS NOT NULL))[1]").format(**parts)
        )
        columns.append(sql.SQL("to_us(max(time) FILTER (WHERE {name} IS NOT NULL))").format(name=name))
    return sql.SQL(query("hl7_last_values")).format(values=sql.SQL(", ").join(columns))
