"""Treatments as they lie in the database once they are over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from store import ended_treatments, pool, readings, treatments
from store.ended_treatments import Ended
from store.pool import Connection
from store.readings import ReadingColumns
from store.treatments import Treatment
from telemetry import signals
from telemetry.signals import BY_NAME
from telemetry.treatment import EndKnown, Phase

START_US = 1_750_000_000_000_000
SECOND = 1_000_000
DAY_US = 86_400 * SECOND


def columns(
    unit_id: int, start_us: int, series: Mapping[str, Iterable[float]], first_seq: int, flags: int
) -> ReadingColumns:
    """One row a second in treatment, the last but one and the last after it; signals by name."""
    by_number = {BY_NAME[name].number: list(found) for name, found in series.items()}
    count = len(next(iter(by_number.values())))
    values = np.full((count, signals.COUNT), np.nan, np.float32)
    for number, found in by_number.items():
        values[:, number] = found
    phase = np.full(count, Phase.TX, np.uint8)
    phase[-2:] = Phase.POSTTX
    time_us = start_us + np.arange(count, dtype=np.int64) * SECOND
    return ReadingColumns(
        unit_id=np.full(count, unit_id, np.int32),
        epoch=np.full(count, b"0123456789abcdef", "S16"),
        seq=np.arange(first_seq, first_seq + count, dtype=np.int64),
        time_us=time_us,
        mono_ms=time_us // 1000,
        phase=phase,
        flags=np.full(count, flags, np.uint8),
        invalid=np.zeros(count, np.uint64),
        received_us=time_us,
        values=values,
    )


def treated(
    conn: Connection, unit_id: int, day: int, venous: Iterable[float], flags: int = 1, **more: Iterable[float]
) -> Ended:
    """A treatment of `day` with this venous pressure second by second at a steady flow, and what else is given."""
    pressures = [value + second % 2 for second, value in enumerate(venous)]
    series = {"venous_pressure": pressures, "blood_flow": [300.0] * len(pressures), **more}
    rows = columns(unit_id, START_US + day * DAY_US, series, day * 100_000, flags)
    with pool.transaction(conn):
        readings.copy_readings(conn, rows)
    start_us, end_us = int(rows.time_us[0]), int(rows.time_us[-1])
    treatments.add(conn, [(unit_id, Treatment(start_us, end_us, EndKnown.MACHINE))], end_us, end_us)
    (found,) = ended_treatments.of_unit(conn, unit_id, start_us, start_us + 1, 2)
    return found
