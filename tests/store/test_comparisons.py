from __future__ import annotations

import pytest

from store import comparisons, pool, treatments
from store.pool import Connection
from store.registry import Unit
from telemetry.treatment import Phase
from tests.store.treated import HOUR, MINUTE, NOW_US, add_treatment, patient_of, put_minutes, summarise_all

nan = float("nan")
TX, PRE = Phase.TX, Phase.PRETX


def compared(conn: Connection) -> tuple[float | None, ...]:
    columns = "systolic_before, systolic_after, flow, venous, arterial"
    row = conn.execute(f"SELECT {columns} FROM treatment_comparison").fetchone()
    assert row is not None
    return tuple(row)


def evening(conn: Connection, unit: Unit, systolic: list[float], **values: list[float]) -> int:
    """Ten minutes of priming, then in treatment; the treatment's patient."""
    patient = patient_of(conn, unit, NOW_US - HOUR)
    phases = [PRE] * 10 + [TX] * (len(systolic) - 10)
    put_minutes(conn, unit, NOW_US - 10 * MINUTE, phases, systolic=systolic, **values)
    add_treatment(conn, unit, NOW_US, len(systolic) - 11)
    assert summarise_all(conn, NOW_US + 5 * HOUR) == 1
    return patient


def test_the_cuff_next_to_beginning_and_end_and_pressures_at_the_flow_of_the_evening(
    conn: Connection, unit: Unit
) -> None:
    count = 70
    systolic = [nan] * 6 + [150.0] * 3 + [nan, nan, 140.0] + [nan] * (count - 14) + [121.0, nan]
    flow = [0.0] * 10 + [200.0] * 20 + [300.0] * (count - 35) + [310.0] * 5
    venous = [500.0] * 10 + [90.0] * 20 + [120.0] * (count - 35) + [140.0] * 5
    patient = evening(conn, unit, systolic, blood_flow=flow, venous_pressure=venous)
    assert comparisons.catch_up(conn, patient) == 1
    assert compared(conn) == (150.0, 121.0, 300.0, 120.0, None)
    assert comparisons.catch_up(conn, patient) == 0


def test_what_was_not_measured_near_enough_is_not_known(conn: Connection, unit: Unit) -> None:
    systolic = [nan] * 45 + [130.0] + [nan] * 35 + [125.0] + [nan] * 40
    patient = evening(conn, unit, systolic)
    comparisons.catch_up(conn, patient)
    assert compared(conn) == (None, None, None, None, None)


@pytest.mark.parametrize(("last", "after"), [(130.0, None), (131.0, 131.0)])
def test_one_value_from_beginning_to_end_is_one_reading_repeated(
    conn: Connection, unit: Unit, last: float, after: float | None
) -> None:
    patient = evening(conn, unit, [130.0] * 79 + [last])
    comparisons.catch_up(conn, patient)
    assert compared(conn)[:2] == (130.0, after)


def test_again_with_each_newer_summary(conn: Connection, unit: Unit) -> None:
    patient = evening(conn, unit, [130.0] * 79 + [131.0])
    comparisons.catch_up(conn, patient)
    put_minutes(conn, unit, NOW_US + 68 * MINUTE + MINUTE // 2, [TX], systolic=[150.0])
    conn.execute("UPDATE treatment SET revision = revision + 1, summary_due_at = now()")
    assert comparisons.catch_up(conn, patient) == 0, "not before there is a summary of it"
    assert summarise_all(conn, 2 * NOW_US) == 1
    assert comparisons.catch_up(conn, patient) == 1
    assert conn.execute("SELECT revision FROM treatment_comparison").fetchone() == (2,)


def test_it_goes_with_its_treatment(conn: Connection, unit: Unit) -> None:
    patient = evening(conn, unit, [130.0] * 79 + [131.0])
    comparisons.catch_up(conn, patient)
    (row,) = conn.execute("SELECT treatment_id FROM treatment").fetchall()
    with pool.transaction(conn):
        treatments.remove(conn, [row[0]])
    assert conn.execute("SELECT count(*) FROM treatment_comparison").fetchone() == (0,)
