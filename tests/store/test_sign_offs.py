"""What is not signed: noted where it is stored, taken away only as far as it was looked at."""

from __future__ import annotations

import psycopg
import pytest

from store import alert_log, care, machine_events, pool, sign_offs
from store.alert_log import AlertEventRow
from store.alert_queries import Clinic
from store.machine_events import EventRow
from store.pool import Connection, Pool
from store.registry import Unit
from store.sign_offs import Evidence, SignOffKind
from telemetry.alarms import ConditionState, Priority
from telemetry.care import Arranged, Measured, Measurement, Prescribed, TargetWeight
from telemetry.messages import Event, EventKind, Flag
from telemetry.treatment import Phase
from tests.store.told import person
from tests.store.treated import HOUR, NOW_US, add_treatment, patient_of, put_minutes, summarise_all

ALL = Clinic(all=True)


@pytest.fixture
def patient(conn: Connection, unit: Unit) -> int:
    """With a treatment of four hours that is summed up."""
    number = patient_of(conn, unit, NOW_US - HOUR, 70.0)
    put_minutes(conn, unit, NOW_US, [Phase.TX] * 240, systolic=[120.0] * 240)
    add_treatment(conn, unit, NOW_US, 240)
    assert summarise_all(conn, NOW_US + 9 * HOUR) == 1
    return number


async def found(apool: Pool) -> Evidence:
    async with apool.connection() as conn:
        (number,) = await sign_offs.outstanding(conn, ALL, 10)
        (one,) = await sign_offs.evidence(conn, [number])
    return one


async def sign(apool: Pool, one: Evidence, user: int, kind: SignOffKind = SignOffKind.SIGNED, note: str = "") -> None:
    async with apool.transaction() as conn:
        await sign_offs.lock(conn, one.found.treatment_id)
        await sign_offs.add(conn, one, kind, user, note, NOW_US, in_bulk=False, rules="1", seen={"figures": {}})


async def left(apool: Pool) -> int:
    async with apool.connection() as conn:
        return len(await sign_offs.outstanding(conn, ALL, 10))


async def test_what_was_to_be_delivered_is_as_it_held_when_the_treatment_began(
    conn: Connection, apool: Pool, patient: int
) -> None:
    def prescribe(since_us: int, **items: float | None) -> None:
        for item, value in items.items():
            entered = Arranged(since_us, Prescribed(item=item, value=value))
            care.arrange(conn, patient, care.Entry(entered, "os:x", "x", NOW_US))

    assert (await found(apool)).compared == {}
    prescribe(NOW_US - 3 * HOUR, prescribed_blood_flow_ml_min=250.0, prescribed_dialysate_flow_ml_min=500.0)
    prescribe(NOW_US - 2 * HOUR, prescribed_blood_flow_ml_min=300.0, prescribed_dialysate_flow_ml_min=None)
    prescribe(NOW_US + HOUR, prescribed_blood_flow_ml_min=350.0, prescribed_ultrafiltration_ml=2000.0)
    prescribe(NOW_US - 2 * HOUR, prescribed_spktv=1.4)
    one = await found(apool)
    assert one.compared == {"prescribed_blood_flow_ml_min": 300.0, "prescribed_dialysate_flow_ml_min": None}
    assert one.prescribed_spktv == 1.4


async def test_signed_it_is_gone_and_what_came_meanwhile_is_not_signed(
    conn: Connection, apool: Pool, patient: int, unit: Unit
) -> None:
    user = person(conn)
    one = await found(apool)
    assert (one.target_kg, one.weight_after_kg, one.unit_seen) == (70.0, None, True)
    assert one.news == ("summary",)
    # A weight that is entered after it was read and before it is signed.
    weight = Measurement(0, Measured.WEIGHT_AFTER, 71.0, NOW_US + 5 * HOUR)
    care.measure(conn, patient, unit.unit_id, weight, "os:x", NOW_US)
    await sign(apool, one, user)
    again = await found(apool)
    assert (again.news, again.weight_after_kg) == (("weight",), 71.0)
    assert again.sign_offs[0].kind is SignOffKind.SIGNED
    await sign(apool, again, user)
    assert await left(apool) == 0
    async with apool.connection() as aconn:
        signed = await sign_offs.outstanding(aconn, ALL, 10, since_us=NOW_US - HOUR)
        assert list(signed) == [one.found.treatment_id]
        assert await sign_offs.outstanding(aconn, ALL, 10, since_us=NOW_US + HOUR) == {}


async def test_a_call_for_a_doctor_takes_nothing_away(conn: Connection, apool: Pool, patient: int) -> None:
    await sign(apool, await found(apool), person(conn), SignOffKind.NEEDS_A_DOCTOR, "look")
    assert await left(apool) == 1


@pytest.mark.parametrize("what", ["late alarm", "live alarm", "prescription of then", "prescription of now"])
async def test_what_brings_a_signed_one_back(
    conn: Connection, apool: Pool, patient: int, unit: Unit, what: str
) -> None:
    await sign(apool, await found(apool), person(conn))
    if "alarm" in what:
        flags = Flag.LATE if what == "late alarm" else Flag(0)
        event = Event(1, NOW_US + HOUR, 0, flags, EventKind.ALARM, "MDC_EVT_HDIALY_BLOOD_LEAK", 1, True, "", "")
        with pool.transaction(conn):
            machine_events.add_events(conn, [EventRow(unit.unit_id, "0123456789abcdef", NOW_US, event)])
    else:
        since_us = NOW_US - HOUR if what.endswith("then") else NOW_US + HOUR
        entered = care.Entry(Arranged(since_us, TargetWeight(kg=69.0)), "os:x", "x", NOW_US + 9 * HOUR)
        care.arrange(conn, patient, entered)
    assert await left(apool) == (what in ("late alarm", "prescription of then"))


async def test_a_hundred_late_batches_are_one_note(conn: Connection, apool: Pool, patient: int) -> None:
    for _ in range(100):
        conn.execute("UPDATE treatment SET revision = revision + 1, summary_due_at = now() - interval '9 years'")
    assert len((await found(apool)).marks) == 101
    conn.execute("UPDATE treatment SET summary_due_at = to_timestamp(0)")
    assert summarise_all(conn, NOW_US + 9 * HOUR) == 1
    one = await found(apool)
    assert len(one.marks) == 1
    assert one.found.summary is not None
    assert one.found.summary.is_current


async def test_what_is_signed_stays_on_record(conn: Connection, apool: Pool, patient: int) -> None:
    one = await found(apool)
    await sign(apool, one, person(conn))
    for statement in ("UPDATE sign_off SET note = 'x'", "DELETE FROM sign_off"):
        with pytest.raises(psycopg.Error):
            conn.execute(statement)  # type: ignore[arg-type]
    conn.execute("DELETE FROM treatment")
    assert conn.execute("SELECT count(*) FROM sign_off").fetchall() == [(1,)]
    async with apool.connection() as aconn:
        assert await sign_offs.where(aconn, one.found.treatment_id) is None
        assert await sign_offs.alerts_of(aconn, one.found.treatment_id) == []


async def test_an_alert_is_what_its_rule_found_within_the_treatment(
    conn: Connection, apool: Pool, patient: int, unit: Unit
) -> None:
    """Neither lowered on its way out nor latched since an earlier treatment, it is hidden."""
    start_us = (await found(apool)).found.treatment.start_us
    active, clear = ConditionState.ACTIVE_UNACKNOWLEDGED, ConditionState.LATCHED_CLEAR
    with pool.transaction(conn):
        lowered, latched, before = alert_log.reserve_ids(conn, 3)
        story = [
            (lowered, 10, Priority.HIGH, active, "fell"), (lowered, 20, Priority.LOW, active, "less"),
            (lowered, 30, Priority.LOW, clear, "over"),
            (latched, -2880, Priority.MEDIUM, active, "once"), (latched, -2870, Priority.MEDIUM, clear, "over"),
            (latched, 40, Priority.HIGH, active, "again"),
            (before, -2880, Priority.HIGH, active, "then"), (before, 50, Priority.HIGH, clear, "over"),
            (latched, 2880, Priority.LOW, active, "after"), (latched, 2890, Priority.LOW, clear, "over"),
        ]  # fmt: skip
        rows = [
            AlertEventRow(
                alert, unit.unit_id, "R10", "1.0.0", priority, state, start_us + minute * 60_000_000, why, {}, {},
                late=False,
            )
            for alert, minute, priority, state, why in story
        ]  # fmt: skip
        alert_log.append(conn, rows, NOW_US)
    one = await found(apool)
    assert [
        (a.alert_id, a.priority, (a.since_us - start_us) / 60e6, a.until_us and (a.until_us - start_us) / 60e6)
        for a in one.alerts
    ] == [(lowered, Priority.HIGH, 10, 30), (latched, Priority.HIGH, 40, None)]
    async with apool.connection() as aconn:
        told = await sign_offs.alerts_of(aconn, one.found.treatment_id)
    assert [(a.alert_id, a.priority, (a.since_us - start_us) / 60e6, a.reason) for a in told] == [
        (lowered, Priority.HIGH, 10, "fell"), (latched, Priority.HIGH, 40, "again"),
    ]  # fmt: skip


async def test_a_latched_alert_that_fires_again_for_another_patient_is_in_both_treatments_as_it_was_in_each(
    conn: Connection, apool: Pool, patient: int, unit: Unit
) -> None:
    other = patient_of(conn, unit, NOW_US + 5 * HOUR)
    add_treatment(conn, unit, NOW_US + 6 * HOUR, 120)
    number, user = alert_log.reserve_ids(conn, 1)[0], person(conn)

    def add(state: ConditionState, hour: int, reason: str, priority: Priority, actor: int | None = None) -> None:
        at_us = NOW_US + hour * HOUR
        row = AlertEventRow(number, unit.unit_id, "R10", "3", priority, state, at_us, reason, {}, {}, actor=actor)
        alert_log.append(conn, [row], at_us)

    add(ConditionState.ACTIVE_UNACKNOWLEDGED, 1, "of the first", Priority.MEDIUM)
    add(ConditionState.LATCHED_CLEAR, 2, "", Priority.MEDIUM)
    add(ConditionState.ACTIVE_UNACKNOWLEDGED, 7, "of the other", Priority.HIGH)
    add(ConditionState.ACTIVE_ACKNOWLEDGED, 8, "", Priority.HIGH, user)
    async with apool.connection() as aconn:
        rows = conn.execute("SELECT patient_id, treatment_id FROM treatment").fetchall()
        numbers = dict(rows)
        found = {one: await sign_offs.alerts_of(aconn, numbers[one]) for one in (patient, other)}
        evidence = await sign_offs.evidence(aconn, [numbers[patient], numbers[other]])
    (first,), (second,) = found[patient], found[other]
    assert (first.reason, first.priority, first.acknowledged_us) == ("of the first", Priority.MEDIUM, None)
    assert (second.reason, second.priority, second.acknowledged_us) == (
        "of the other", Priority.HIGH, NOW_US + 8 * HOUR,
    )  # fmt: skip
    seen = {one.found.patient_id: [(a.priority, a.since_us) for a in one.alerts] for one in evidence}
    assert seen == {
        patient: [(Priority.MEDIUM, NOW_US + HOUR)], other: [(Priority.HIGH, NOW_US + 7 * HOUR)]
    }  # fmt: skip
