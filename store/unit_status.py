"""The last status of every box."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from store.pool import AsyncConnection, Connection
from store.queries import arun, run
from store.values import storable_text, storable_us
from telemetry.messages import SCHEMA_VERSION, MachineLink, Status


@dataclass(frozen=True, slots=True)
class StatusRow:
    """A box's status as received.

    Attributes:
        received_us: when it arrived here, be it from the box or from the broker's memory (a retained one).
        since_us: when `online` or `machine` last changed; ignored when saving.
        heard_us: when a status last came from the box itself, or its last will from the broker; None = never. Saving
            None, for a retained status, leaves the time as it was.
    """

    unit_id: int
    received_us: int
    status: Status
    since_us: int = 0
    heard_us: int | None = None


def save(conn: Connection, rows: Sequence[StatusRow]) -> None:
    """Replace the status of these units; of several for one unit the last counts."""
    last = {row.unit_id: row for row in rows}
    heard = {row.unit_id: storable_us(row.heard_us) for row in rows if row.heard_us is not None}
    if not last:
        return
    units = sorted(last)
    statuses = [last[unit].status for unit in units]
    columns = {
        "units": units,
        "received": [storable_us(last[unit].received_us) for unit in units],
        "heard": [heard.get(unit) for unit in units],
        "sent": [storable_us(s.sent_us) for s in statuses],
        "online": [s.online for s in statuses],
        "synchronised": [s.synchronised for s in statuses],
        "machines": [str(s.machine) for s in statuses],
        "epochs": [storable_text(s.epoch) for s in statuses],
        "boots": [storable_text(s.boot) for s in statuses],
        "versions": [storable_text(s.agent_version) for s in statuses],
        "protocols": [storable_text(s.protocol) for s in statuses],
        "profiles": [storable_text(s.profile) for s in statuses],
        "outbox_rows": [_bigint(s.outbox_rows) for s in statuses],
        "outbox_oldest": [storable_us(s.outbox_oldest_us) if s.outbox_oldest_us else None for s in statuses],
        "thinned": [_bigint(s.thinned) for s in statuses],
        "rejected": [_bigint(s.rejected) for s in statuses],
        "troubles": [storable_text(s.trouble) for s in statuses],
        "config_serials": [_bigint(s.config_serial) for s in statuses],
        "config_troubles": [storable_text(s.config_trouble) for s in statuses],
        "certificate_ends": [storable_us(s.certificate_until_us) if s.certificate_until_us else None for s in statuses],
    }
    run(conn, "save_unit_statuses", columns)


async def statuses(conn: AsyncConnection, unit_ids: Sequence[int]) -> dict[int, StatusRow]:
    """By unit id; a unit that never reported is not in the answer."""
    rows = await arun(conn, "unit_statuses", {"units": list(unit_ids)})
    return {row[0]: _status_row(row) async for row in rows}


def _status_row(row: tuple[Any, ...]) -> StatusRow:
    unit_id, received_us, since_us, heard_us, *fields = row
    fields[7] = MachineLink(fields[7])
    return StatusRow(unit_id, received_us, Status(SCHEMA_VERSION, *fields), since_us, heard_us)


def _bigint(number: int) -> int:
    return min(max(number, -(2**63)), 2**63 - 1)
