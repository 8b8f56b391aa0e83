from __future__ import annotations

from store import alert_log, late_passes, patients, readings, treatments
from store.alert_log import AlertEventRow
from store.ended_treatments import Ended
from store.late_passes import Known
from store.patients import Prescription
from store.pool import Connection
from store.registry import Unit
from store.treatments import Treatment
from telemetry.alarms import ConditionState, Priority
from telemetry.messages import Flag
from telemetry.treatment import EndKnown
from tests.store.rows import rows

NOW_US = 1_750_000_000_000_000
HOUR, SECOND = 3_600_000_000, 1_000_000
ENDED = Treatment(NOW_US - 5 * HOUR, NOW_US - HOUR, EndKnown.MACHINE)
ALL = range(64)


def due(conn: Connection, later_us: int = 0) -> list[Ended]:
    return late_passes.due(conn, ALL, NOW_US + later_us, 10)


def step(number: int, unit: Unit, state: ConditionState, at_us: int, actor: int | None = None) -> AlertEventRow:
    return AlertEventRow(number, unit.unit_id, "R13", "1.0.0+x", Priority.HIGH, state, at_us, "so", {}, {}, True, actor)


def test_an_ended_treatment_is_due_once_it_has_been_left_alone(conn: Connection, unit: Unit) -> None:
    treatments.add(conn, [(unit.unit_id, ENDED), (unit.unit_id, Treatment(NOW_US))], NOW_US, NOW_US + SECOND)
    assert due(conn) == []
    (wanted,) = due(conn, SECOND)
    assert wanted.patient_id is None
    assert (wanted.start_us, wanted.end_us, wanted.prescription) == (ENDED.start_us, ENDED.end_us, Prescription())
    assert late_passes.due(conn, [], NOW_US + SECOND, 10) == []

    late_passes.put_off(conn, wanted, NOW_US + HOUR)
    assert due(conn, SECOND) == []
    assert due(conn, HOUR) == [wanted]
    late_passes.save(conn, wanted, [], NOW_US)
    assert due(conn, HOUR) == []


def test_one_that_has_changed_meanwhile_stays_due(conn: Connection, unit: Unit) -> None:
    treatments.add(conn, [(unit.unit_id, ENDED)], NOW_US, NOW_US)
    (wanted,) = due(conn)
    treatments.change(conn, [treatments.Stored(wanted.treatment_id, ENDED)], NOW_US, NOW_US)
    late_passes.save(conn, wanted, [], NOW_US)
    assert [one.revision for one in due(conn)] == [2]


def test_the_prescription_is_of_the_patient_it_was_for(conn: Connection, unit: Unit) -> None:
    then = Prescription(75.0, prescribed_spktv=1.5)
    patient = patients.add_patient(conn, "A", None, then)
    patients.bind(conn, unit.unit_id, patient, ENDED.start_us - HOUR)
    patients.bind(conn, unit.unit_id, patients.add_patient(conn, "B", None, Prescription(80.0)), NOW_US - HOUR)
    treatments.add(conn, [(unit.unit_id, ENDED)], NOW_US, NOW_US)
    assert [one.prescription for one in due(conn)] == [then]


def test_late_rows_whose_time_is_known(conn: Connection, unit: Unit) -> None:
    treatments.add(conn, [(unit.unit_id, ENDED)], NOW_US, NOW_US)
    (wanted,) = due(conn)
    cols = rows(unit.unit_id, [wanted.start_us + k * SECOND for k in (-1, 0, 1, 2, 3)])
    late, sure = int(Flag.LATE), int(Flag.CLOCK_SYNCHRONISED)
    cols.flags[:] = [late | sure, late | sure, sure, late, late | int(Flag.TIME_UNCERTAIN)]
    readings.copy_readings(conn, cols)
    assert late_passes.late_times(conn, wanted) == [int(cols.time_us[1]), int(cols.time_us[3])]


def test_what_is_recorded_and_until_when_its_cause_stood(conn: Connection, unit: Unit) -> None:
    treatments.add(conn, [(unit.unit_id, ENDED)], NOW_US, NOW_US)
    (wanted,) = due(conn)
    at = wanted.start_us
    first, second, third = alert_log.reserve_ids(conn, 3)
    raised, latched, over = ConditionState.ACTIVE_UNACKNOWLEDGED, ConditionState.LATCHED_CLEAR, ConditionState.NORMAL
    alert_log.append(conn, [
        step(first, unit, raised, at + SECOND), step(first, unit, latched, at + 2 * SECOND),
        step(second, unit, raised, at + 3 * SECOND), step(second, unit, over, at + 4 * SECOND),
        step(third, unit, raised, at + 5 * SECOND),
    ], NOW_US)  # fmt: skip
    assert late_passes.known(conn, wanted) == [
        Known("R13", at + SECOND, at + 2 * SECOND),
        Known("R13", at + 3 * SECOND, at + 4 * SECOND),
        Known("R13", at + 5 * SECOND, None),
    ]


def test_events_that_are_saved_are_alerts_that_are_over(conn: Connection, unit: Unit) -> None:
    treatments.add(conn, [(unit.unit_id, ENDED)], NOW_US, NOW_US)
    (wanted,) = due(conn)
    raised, over = ConditionState.ACTIVE_UNACKNOWLEDGED, ConditionState.NORMAL
    at = wanted.start_us
    found = [step(0, unit, raised, at), step(0, unit, over, at + 1), step(1, unit, raised, at), step(1, unit, over, at)]
    late_passes.save(conn, wanted, found, NOW_US)
    assert conn.execute("SELECT state, late FROM alert").fetchall() == [("normal", True)] * 2
    assert alert_log.open_alerts(conn, [unit.unit_id]) == []
    assert len(conn.execute("SELECT DISTINCT alert_id FROM alert_event").fetchall()) == 2
