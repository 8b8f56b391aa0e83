from __future__ import annotations

from msgspec.structs import replace

from store import unit_status
from store.pool import Connection, Pool
from store.registry import Unit
from store.unit_status import StatusRow
from telemetry.messages import MachineLink, Status

NOW_US = 1_750_000_000_000_000


async def test_the_last_status_and_since_when(conn: Connection, apool: Pool, unit: Unit) -> None:
    status = Status(
        1, unit.name, True, NOW_US - 5, "0123456789abcdef", "boot", "0.1.0", True, MachineLink.CONNECTED, "jsdt",
        "nikkiso-v2", 12, NOW_US - 9, 3, 4, "the disk is full",
    )  # fmt: skip
    unit_status.save(conn, [])
    unit_status.save(conn, [StatusRow(unit.unit_id, NOW_US, status)])
    async with apool.connection() as aconn:
        assert await unit_status.statuses(aconn, [unit.unit_id, 99]) == {
            unit.unit_id: StatusRow(unit.unit_id, NOW_US, status, NOW_US)
        }
        again = replace(status, outbox_rows=13, outbox_oldest_us=0)
        unit_status.save(conn, [StatusRow(unit.unit_id, NOW_US + 10, again)])
        assert (await unit_status.statuses(aconn, [unit.unit_id]))[unit.unit_id] == StatusRow(
            unit.unit_id, NOW_US + 10, again, NOW_US
        )
        # Of two in one cycle the last counts; the last will was written long before it is sent.
        silent = replace(again, machine=MachineLink.SILENT)
        gone = Status(1, unit.name, False, NOW_US - 1000)
        unit_status.save(
            conn, [StatusRow(unit.unit_id, NOW_US + 20, silent), StatusRow(unit.unit_id, NOW_US + 30, gone)]
        )
        assert (await unit_status.statuses(aconn, [unit.unit_id]))[unit.unit_id] == StatusRow(
            unit.unit_id, NOW_US + 30, gone, NOW_US + 30
        )


async def test_a_status_from_the_broker_s_memory_does_not_count_as_heard(
    conn: Connection, apool: Pool, unit: Unit
) -> None:
    status = Status(1, unit.name, True, NOW_US)

    async def heard(*rows: tuple[int, int | None]) -> int | None:
        unit_status.save(conn, [StatusRow(unit.unit_id, at, status, heard_us=heard) for at, heard in rows])
        async with apool.connection() as aconn:
            return (await unit_status.statuses(aconn, [unit.unit_id]))[unit.unit_id].heard_us

    assert await heard((NOW_US, None)) is None
    assert await heard((NOW_US + 1, NOW_US + 1)) == NOW_US + 1
    assert await heard((NOW_US + 2, None)) == NOW_US + 1
    # Together in one cycle: the live one counts wherever it stands.
    assert await heard((NOW_US + 3, NOW_US + 3), (NOW_US + 4, None)) == NOW_US + 3


def test_absurd_numbers(conn: Connection, unit: Unit) -> None:
    status = Status(1, unit.name, True, 2**70, outbox_rows=2**70, outbox_oldest_us=-(2**70), thinned=-(2**70))
    unit_status.save(conn, [StatusRow(unit.unit_id, NOW_US, status)])
    assert conn.execute("SELECT outbox_rows, thinned FROM unit_status").fetchone() == (2**63 - 1, -(2**63))
