"""What a destination has not been told: the last values, by kind of signal. The rest is shown in tests/courier."""

from __future__ import annotations

from store import hl7_sources as sources
from store import pool, readings
from store.pool import Connection, Pool
from store.registry import Unit
from telemetry.messages import Flag
from tests.store.rows import RECEIVED_US, rows

SECOND = 1_000_000
START = RECEIVED_US - 60 * SECOND
END = RECEIVED_US


def put(conn: Connection, unit: Unit, times: list[int], values: list[float], flags: int = 1, first: int = 0) -> None:
    with pool.transaction(conn):
        readings.copy_readings(conn, rows(unit.unit_id, times, values, flags=flags, first_seq=first))


async def last(
    apool: Pool, unit: Unit, start: int = START, end: int = END, told: int = START
) -> dict[str, tuple[float, int]]:
    async with apool.connection() as conn:
        found = await sources.last_values(conn, unit.unit_id, start, end, told)
    return {one.signal.name: (one.value, (one.time_us - START) // SECOND) for one in found}


async def test_the_last_value_of_every_kind_with_its_time(conn: Connection, unit: Unit, apool: Pool) -> None:
    nan = float("nan")
    put(conn, unit, [START + n * SECOND for n in (0, 10, 20, 30, 61)], [1.0, 2.0, 3.0, nan, 5.0])
    assert await last(apool, unit) == {
        "venous_pressure": (3.0, 20), "machine_mode": (3.0, 30), "blood_pump_running": (1.0, 30),
    }  # fmt: skip


async def test_a_row_whose_time_is_uncertain_has_no_place(conn: Connection, unit: Unit, apool: Pool) -> None:
    put(conn, unit, [START + SECOND], [1.0])
    put(conn, unit, [START + 2 * SECOND], [2.0], flags=int(Flag.TIME_UNCERTAIN), first=9)
    assert (await last(apool, unit))["venous_pressure"] == (1.0, 1)


async def test_what_was_told_is_not_told_again_but_what_came_late_is(
    conn: Connection, unit: Unit, apool: Pool
) -> None:  # fmt: skip
    put(conn, unit, [START + 10 * SECOND], [1.0])  # received at END
    told = START + 20 * SECOND
    assert (await last(apool, unit, told=told))["venous_pressure"] == (1.0, 10)
    assert await last(apool, unit, told=END + 5 * SECOND) == {}


async def test_of_a_home_that_says_nothing(unit: Unit, apool: Pool) -> None:
    assert await last(apool, unit) == {}
