"""What happened to a patient: bounded from the newest on, and of nobody else."""

from __future__ import annotations

from store import accounts, alert_log, machine_events, patients, pool, registry, timeline
from store.alert_log import AlertEventRow
from store.machine_events import EventRow
from store.pool import Connection
from store.viewers import EVERYTHING, NOBODY, Viewer, working_for
from telemetry.alarms import ConditionState, Priority
from telemetry.messages import Event, EventKind

T0 = 1_790_000_000_000_000
MINUTE = 60_000_000


async def test_the_last_ones_where_there_are_too_many(conn: Connection, database_url: str) -> None:
    unit = registry.add_unit(conn, "Home", None, T0)
    ada, bo = (patients.add_patient(conn, name, None, patients.Prescription()) for name in ("Ada", "Bo"))
    patients.bind(conn, unit.unit_id, ada, T0)
    with pool.transaction(conn):
        numbers = alert_log.reserve_ids(conn, 3)
        for place, number in enumerate(numbers):
            row = AlertEventRow(
                number, unit.unit_id, "R13", "1.0.0", Priority.LOW, ConditionState.ACTIVE_UNACKNOWLEDGED,
                T0 + place * MINUTE, "high", {}, {},
            )  # fmt: skip
            alert_log.append(conn, [row], T0 + place * MINUTE)
    events = [Event(1 + n, T0 + n * MINUTE, 0, 1, EventKind.ALARM, "air_detected", 0, n % 2 == 0) for n in range(4)]
    events.append(Event(9, T0 + MINUTE, 0, 1, EventKind.PHASE, "TX", 0, True))
    machine_events.add_events(conn, [EventRow(unit.unit_id, "0123456789abcdef", T0, event) for event in events])
    opened = await pool.open_pool(database_url, size=1)
    try:
        async with opened.connection() as found:
            last = await timeline.alerts(found, ada, T0, T0 + 60 * MINUTE, 2)
            assert [one.alert.alert_id for one in last] == [numbers[2], numbers[1]]
            assert all(one.until_us is None for one in last)
            assert await timeline.alerts(found, bo, T0, T0 + 60 * MINUTE, 2) == []
            alarms = await timeline.alarms(found, ada, T0, T0 + 60 * MINUTE, 3)
            assert [(one.time_us - T0, one.active) for one in alarms] == [
                (MINUTE, False), (2 * MINUTE, True), (3 * MINUTE, False),
            ]  # fmt: skip
            assert await timeline.alarms(found, bo, T0, T0 + 60 * MINUTE, 3) == []
    finally:
        await opened.close()


async def test_what_was_found_anew_of_another_patient_is_theirs(conn: Connection, database_url: str) -> None:
    unit = registry.add_unit(conn, "Home", None, T0)
    ada, bo = (patients.add_patient(conn, name, None, patients.Prescription()) for name in ("Ada", "Bo"))
    patients.bind(conn, unit.unit_id, ada, T0)
    (number,) = alert_log.reserve_ids(conn, 1)

    def found(at_us: int, state: ConditionState, reason: str) -> None:
        row = AlertEventRow(number, unit.unit_id, "R13", "1.0.0", Priority.LOW, state, at_us, reason, {}, {})
        alert_log.append(conn, [row], at_us)

    async def told(patient: int) -> list[str]:
        opened = await pool.open_pool(database_url, size=1)
        try:
            async with opened.connection() as asked:
                return [one.alert.reason for one in await timeline.alerts(asked, patient, T0, T0 + 60 * MINUTE, 9)]
        finally:
            await opened.close()

    found(T0 + MINUTE, ConditionState.ACTIVE_UNACKNOWLEDGED, "of Ada")
    found(T0 + 2 * MINUTE, ConditionState.LATCHED_CLEAR, "held")
    assert (await told(ada), await told(bo)) == (["of Ada"], [])
    patients.unbind(conn, unit.unit_id, T0 + 3 * MINUTE)
    patients.bind(conn, unit.unit_id, bo, T0 + 3 * MINUTE)
    assert (await told(ada), await told(bo)) == (["of Ada"], [])
    found(T0 + 4 * MINUTE, ConditionState.ACTIVE_UNACKNOWLEDGED, "of Bo")
    assert (await told(ada), await told(bo)) == (["of Ada"], ["of Bo"])


async def test_what_was_found_before_is_told_as_it_stood_to_who_sees_the_patient(
    conn: Connection, database_url: str
) -> None:
    """Ada's home serves Bo since, where it was found anew: of her alert what was found before, and no more."""
    north, south = (registry.add_unit(conn, "Home", clinic, T0) for clinic in ("North", "South"))
    ada = patients.add_patient(conn, "Ada", north.clinic_id, patients.Prescription())
    bo = patients.add_patient(conn, "Bo", south.clinic_id, patients.Prescription())
    nurse = accounts.add_user(
        conn, email="n@example.org", name="Nia", role="nurse", clinic_id=north.clinic_id, password_hash="x", now_us=T0
    )
    patients.bind(conn, north.unit_id, ada, T0)
    (number, own) = alert_log.reserve_ids(conn, 2)

    def step(minute: int, state: ConditionState, reason: str, actor: int | None = None, alert: int = number) -> None:
        row = AlertEventRow(
            alert, north.unit_id, "R13", "1.0.0", Priority.LOW, state, T0 + minute * MINUTE, reason, {"x": 1.0}, {},
            actor=actor,
        )  # fmt: skip
        alert_log.append(conn, [row], T0 + minute * MINUTE)

    step(1, ConditionState.ACTIVE_UNACKNOWLEDGED, "of Ada")
    step(2, ConditionState.ACTIVE_UNACKNOWLEDGED, "of Ada, worse")
    step(3, ConditionState.ACTIVE_ACKNOWLEDGED, "acknowledged", nurse)
    step(4, ConditionState.LATCHED_CLEAR, "over for Ada")
    step(5, ConditionState.ACTIVE_UNACKNOWLEDGED, "of a rule that keeps its patient", alert=own)
    conn.execute("UPDATE alert SET patient_id = %s WHERE alert_id = %s", [bo, own])
    patients.unbind(conn, north.unit_id, T0 + 10 * MINUTE)
    patients.bind(conn, north.unit_id, bo, T0 + 10 * MINUTE)
    step(11, ConditionState.ACTIVE_UNACKNOWLEDGED, "of Bo")
    step(12, ConditionState.NORMAL, "over for Bo")
    opened = await pool.open_pool(database_url, size=1, walled=True)
    try:
        for viewer in (Viewer(north.clinic_id), Viewer(None, patients=frozenset({ada})), EVERYTHING):
            with working_for(viewer):
                async with opened.connection() as asked:
                    (one,) = await timeline.alerts(asked, ada, T0, T0 + 60 * MINUTE, 9)
            alert = one.alert
            assert (one.before, one.until_us, alert.reason) == (True, T0 + 4 * MINUTE, "of Ada, worse")
            assert (alert.since_us, alert.time_us) == (T0 + MINUTE, T0 + 2 * MINUTE)
            assert (alert.unit, alert.state, alert.acknowledged_name) == (north.name, ConditionState.NORMAL, "Nia")
        for viewer in (Viewer(south.clinic_id), NOBODY):
            with working_for(viewer):
                async with opened.connection() as asked:
                    assert await timeline.alerts(asked, ada, T0, T0 + 60 * MINUTE, 9) == []
    finally:
        await opened.close()
