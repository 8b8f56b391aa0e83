from __future__ import annotations

import numpy as np
import pytest

from store import alert_log, deliveries, notices, patients, registry, treatment_record
from store.alert_log import AlertEventRow
from store.errors import StoreError, Trouble
from store.patients import Prescription
from store.pool import Connection, Pool
from store.registry import Unit
from telemetry.alarms import ConditionState, Priority
from tests.evaluation.treated import SECOND, START_US, treated
from tests.store.told import asked, notice, person, way

ACTIVE, NORMAL = ConditionState.ACTIVE_UNACKNOWLEDGED, ConditionState.NORMAL


def alert(conn: Connection, unit: Unit, since_s: int, over_s: int | None = None) -> int:
    number = alert_log.reserve_ids(conn, 1)[0]
    for state, at in ((ACTIVE, since_s), (NORMAL, over_s)):
        if at is not None:
            at_us = START_US + at * SECOND
            row = AlertEventRow(number, unit.unit_id, "R10", "3", Priority.HIGH, state, at_us, "fell", {}, {})
            alert_log.append(conn, [row], at_us)
    return number


async def test_alerts_of_the_treatment_and_of_nobody_else(conn: Connection, unit: Unit, apool: Pool) -> None:
    before = patients.add_patient(conn, "Bo Before", unit.clinic_id, Prescription())
    patients.bind(conn, unit.unit_id, before, START_US - 99 * SECOND)
    theirs = alert(conn, unit, -50)
    patient = patients.add_patient(conn, "Ada Example", unit.clinic_id, Prescription(target_weight_kg=70))
    patients.bind(conn, unit.unit_id, patient, START_US - 20 * SECOND)
    over, reaching, within = alert(conn, unit, -15, -10), alert(conn, unit, -5, 3), alert(conn, unit, 100)
    other = registry.add_unit(conn, "Home 2", "North", START_US)
    elsewhere = alert(conn, other, 5)
    found = treated(conn, unit.unit_id, 0, [150.0] * 200)
    later = alert(conn, unit, 500)
    async with apool.connection() as aconn:
        record = await treatment_record.read(aconn, found.treatment_id, 2**60)
    numbers = [one.alert_id for one in record.alerts]
    assert numbers == [reaching, within]
    assert not {theirs, over, elsewhere, later} & set(numbers)
    assert [len(record.events[number]) for number in numbers] == [2, 1]
    assert (record.clinic, record.found.patient, record.entered.target_weight_kg) == ("North", "Ada Example", 70)


async def test_a_minute_without_a_value_has_none(conn: Connection, unit: Unit, apool: Pool) -> None:
    nan = float("nan")
    flow = [10.0] * 30 + [20.0] * 30 + [nan] * 60 + [5.0]
    found = treated(conn, unit.unit_id, 0, [150.0] * 121, ultrafiltration_rate=flow)
    async with apool.connection() as aconn:
        record = await treatment_record.read(aconn, found.treatment_id, 2**60)
    np.testing.assert_array_equal(record.courses["ultrafiltration_rate"], [15.0, nan, 5.0])
    assert "systolic" not in record.courses
    assert (record.found.patient_id, record.entered, record.arranged) == (None, Prescription(), [])


async def test_who_was_told(conn: Connection, unit: Unit, apool: Pool) -> None:
    wanted = alert(conn, unit, 5)
    found = treated(conn, unit.unit_id, 0, [150.0] * 60)
    number, user = notice(conn, unit), person(conn)
    notices.append(conn, asked(number))
    notices.note_judgements(conn, [notices.Judged(wanted, number, "ask", "ask", "now")], START_US)
    deliveries.queue(conn, [deliveries.Wanted(number, 1, 0, [way(conn, user)], "high")], START_US)
    async with apool.connection() as aconn:
        (told,) = (await treatment_record.read(aconn, found.treatment_id, 2**60)).told
    assert (told.user_name, told.kind, told.state, told.alert_ids) == ("Anna", "apprise", "queued", [wanted])
    assert (told.sent_us, told.arrived_us) == (None, None)


async def test_there_is_no_such_treatment(database_url: str, apool: Pool) -> None:
    async with apool.connection() as aconn:
        with pytest.raises(StoreError) as caught:
            await treatment_record.read(aconn, 99, 2**60)
    assert caught.value.trouble is Trouble.CONFLICT
