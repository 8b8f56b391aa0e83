from __future__ import annotations

import pytest

from store import own_baseline, patients
from store.own_baseline import Band
from store.patients import Prescription
from store.pool import Connection
from store.registry import Unit
from telemetry.signals import BY_NAME
from telemetry.treatment import Phase
from tests.store.treated import HOUR, MINUTE, NOW_US, add_treatment, patient_of, put_minutes

nan = float("nan")
TX, POST = Phase.TX, Phase.POSTTX
DAY = 24 * HOUR


def treat(conn: Connection, unit: Unit, day: int, **values: list[float]) -> None:
    """Two hours in treatment, one reading a minute, and one after it."""
    put_minutes(conn, unit, NOW_US + day * DAY, [TX] * 120 + [POST], **values)
    add_treatment(conn, unit, NOW_US + day * DAY, 120)


def test_pressures_at_each_flow_of_the_last_treatments(conn: Connection, unit: Unit) -> None:
    patient = patient_of(conn, unit, NOW_US - HOUR)
    flow = [202.0] * 60 + [310.0] * 60 + [0.0]
    old = [400.0] * 121
    treat(conn, unit, 0, blood_flow=flow, venous_pressure=old)
    for day in (1, 2):
        venous = [100.0 + k / 10 for k in range(60)] + [150.0 + k for k in range(60)] + [999.0]
        treat(conn, unit, day, blood_flow=flow, venous_pressure=venous, arterial_pressure=[-x for x in venous])
    low, high = own_baseline.bands(conn, patient, 2)
    assert (low.flow_ml_min, low.treatments, low.minutes) == (200, 2, 120)
    assert (high.flow_ml_min, high.treatments, high.minutes) == (300, 2, 120)
    assert high.venous == pytest.approx((179.5, 206.05, 209.0), abs=0.6)
    assert high.arterial == pytest.approx(tuple(-x for x in high.venous if x is not None), abs=1e-3)
    assert low.transmembrane == (None, None, None)
    assert own_baseline.bands(conn, patient, 3)[1].venous[1] == pytest.approx(400.0)
    other = patients.add_patient(conn, "Bob", None, Prescription())
    assert own_baseline.bands(conn, other, 3) == []


def test_a_passage_and_a_stopped_pump_are_no_flow_and_what_no_sensor_says_is_no_pressure(
    conn: Connection, unit: Unit
) -> None:
    patient = patient_of(conn, unit, NOW_US - HOUR)
    flow = [0.0] * 40 + [250.0] * 20 + [300.0] * 61
    treat(conn, unit, 0, blood_flow=flow, venous_pressure=[150.0] * 121)
    conn.execute(
        "UPDATE reading SET venous_pressure = 400, invalid = 1::bigint << %s WHERE time >= from_us(%s)",
        [BY_NAME["venous_pressure"].number, NOW_US + 80 * MINUTE],
    )
    steady = (150.0, 150.0, 150.0)
    nothing = (None, None, None)
    assert own_baseline.bands(conn, patient, 5) == [Band(300, 1, 60, steady, nothing, nothing)]
