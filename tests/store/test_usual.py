"""Minutes of treatments: from the minute in which each began, with gaps, and never longer than one can be."""

from __future__ import annotations

import numpy as np

from store import patients, pool, readings, registry, treatments, usual
from store.pool import Connection
from store.readings import ReadingColumns
from store.treatments import Treatment
from telemetry.signals import BY_NAME, COUNT
from telemetry.treatment import EndKnown

T0 = 1_790_000_040_000_000  # a whole minute
SECOND = 1_000_000


def store_rows(conn: Connection, unit_id: int, seconds: list[int]) -> None:
    count = len(seconds)
    values = np.full((count, COUNT), np.nan, np.float32)
    values[:, BY_NAME["blood_flow"].number] = seconds
    times = T0 + np.array(seconds, np.int64) * SECOND
    columns = ReadingColumns(
        unit_id=np.full(count, unit_id, np.int32), epoch=np.full(count, b"0123456789abcdef", "S16"),
        seq=np.arange(count, dtype=np.int64), time_us=times, mono_ms=np.zeros(count, np.int64),
        phase=np.full(count, 3, np.uint8), flags=np.ones(count, np.uint8), invalid=np.zeros(count, np.uint64),
        received_us=times, values=values,
    )  # fmt: skip
    with pool.transaction(conn):
        readings.copy_readings(conn, columns)


async def test_by_minute_from_the_one_in_which_it_began(conn: Connection, database_url: str) -> None:
    assert T0 % (60 * SECOND) == 0
    unit = registry.add_unit(conn, "Home", None, T0)
    ada = patients.add_patient(conn, "Ada", None, patients.Prescription())
    patients.bind(conn, unit.unit_id, ada, T0 - 1)
    store_rows(conn, unit.unit_id, [30, 40, 130, 250])
    far = T0 + 86_400 * SECOND
    wanted = [
        Treatment(T0 + 30 * SECOND, T0 + 200 * SECOND, EndKnown.MACHINE),
        Treatment(far, far + 80_000 * SECOND, EndKnown.CLOCK_LIMIT), Treatment(far + 90_000 * SECOND),
    ]  # fmt: skip
    treatments.add(conn, [(unit.unit_id, one) for one in wanted], T0, T0)
    opened = await pool.open_pool(database_url, size=1)
    try:
        async with opened.connection() as found:
            lost, first = await usual.last(found, ada, far + 1, 10)
            assert [one.treatment_id for one in await usual.last(found, ada, far, 10)] == [first.treatment_id]
            assert [one.treatment_id for one in await usual.last(found, ada, 2**60, 1)] == [lost.treatment_id]
            (flow, none) = await usual.minutes(found, first, ["blood_flow", "venous_pressure"])
            np.testing.assert_array_equal(flow, np.array([35.0, np.nan, 130.0, np.nan], np.float32))
            assert np.isnan(none).all()
            assert (await usual.minutes(found, lost, ["blood_flow"])).shape == (1, usual.MAX_MINUTES)
    finally:
        await opened.close()
