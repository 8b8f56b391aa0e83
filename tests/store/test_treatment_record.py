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


async def test_one_that_stayed_latched_and_fires_again_is_to_each_patient_their_own(
    conn: Connection, unit: Unit, apool: Pool
) -> None:
    """The same alert, since its rule and unit are the same; what was found of one is not in the other's record."""
    step, user = 86_400, person(conn)
    found = []
    number = alert_log.reserve_ids(conn, 1)[0]

    def add(state: ConditionState, at_s: int, reason: str, actor: int | None = None) -> None:
        at_us = START_US + at_s * SECOND
        row = AlertEventRow(number, unit.unit_id, "R10", "3", Priority.HIGH, state, at_us, reason, {}, {}, actor=actor)
        alert_log.append(conn, [row], at_us)

    for day, name in enumerate(("Ada", "Bo", "Cy")):
        patients.bind(
            conn, unit.unit_id, patients.add_patient(conn, name, unit.clinic_id, Prescription()),
            START_US + (day * step - 99) * SECOND,
        )  # fmt: skip
        found.append(treated(conn, unit.unit_id, day, [150.0] * 200).treatment_id)
        add(ACTIVE, day * step + 10, f"of {name}")
        if name == "Bo":
            add(ConditionState.ACTIVE_ACKNOWLEDGED, day * step + 12, "", user)
            add(NORMAL, day * step + 14, "")
        else:
            add(ConditionState.LATCHED_CLEAR, day * step + 14, "")
    told = notice(conn, unit)
    notices.append(conn, asked(told))
    notices.note_judgements(conn, [notices.Judged(number, told, "ask", "ask", "now")], START_US)
    queued = deliveries.Wanted(told, 1, 0, [way(conn, user)], "high")
    deliveries.queue(conn, [queued], START_US + (step + 11) * SECOND)
    async with apool.connection() as aconn:
        ada, bo, cy = [await treatment_record.read(aconn, one, 2**60) for one in found]
    shown = [(one.alerts[0].reason, one.alerts[0].state, one.alerts[0].acknowledged_by) for one in (ada, bo, cy)]
    latched = ConditionState.LATCHED_CLEAR
    assert shown == [("of Ada", latched, None), ("of Bo", NORMAL, user), ("of Cy", latched, None)]
    assert [(one.alerts[0].since_us - START_US) // SECOND for one in (ada, bo, cy)] == [10, step + 10, 2 * step + 10]
    assert [[event.reason for event in one.events[number]] for one in (ada, bo, cy)] == [
        ["of Ada", ""], ["of Bo", "", ""], ["of Cy", ""],
    ]  # fmt: skip
    assert [len(one.told) for one in (ada, bo, cy)] == [0, 1, 0], "people were asked about Bo"


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
