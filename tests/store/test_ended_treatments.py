from __future__ import annotations

from store import ended_treatments, patients, registry, treatments
from store.patients import Prescription
from store.pool import Connection
from store.registry import Unit
from store.treatments import Treatment
from telemetry.treatment import EndKnown

NOW_US = 1_750_000_000_000_000
HOUR = 3_600_000_000
PRESCRIBED = Prescription(72.0, 140.0, 14.0, 300.0, 1.25, 1.5, 30.0)


def ended(hours: int) -> Treatment:
    return Treatment(NOW_US + hours * HOUR, NOW_US + (hours + 4) * HOUR, EndKnown.MACHINE)


def test_of_a_unit_and_of_a_patient_within_bounds_oldest_first(conn: Connection, unit: Unit) -> None:
    other = registry.add_unit(conn, "Home 9", None, NOW_US)
    treatments.add(conn, [(unit.unit_id, ended(-48))], NOW_US, NOW_US)
    patient = patients.add_patient(conn, "Ann", None, PRESCRIBED)
    patients.bind(conn, unit.unit_id, patient, NOW_US - HOUR)
    goes_on = Treatment(NOW_US + 60 * HOUR)
    treatments.add(conn, [(unit.unit_id, one) for one in (ended(24), ended(0), goes_on)], NOW_US, NOW_US)
    patients.bind(conn, other.unit_id, patient, NOW_US + 40 * HOUR)
    treatments.add(conn, [(other.unit_id, ended(48))], NOW_US, NOW_US)

    span = (NOW_US - 100 * HOUR, NOW_US + 100 * HOUR)
    of_unit = ended_treatments.of_unit(conn, unit.unit_id, *span, 10)
    assert [(one.start_us - NOW_US) // HOUR for one in of_unit] == [-48, 0, 24]
    assert [one.patient_id for one in of_unit] == [None, patient, patient]
    assert [one.prescription for one in of_unit] == [Prescription(), PRESCRIBED, PRESCRIBED]
    assert {one.unit for one in of_unit} == {unit.name}
    of_patient = ended_treatments.of_patient(conn, patient, *span, 10)
    assert [(one.unit_id, (one.start_us - NOW_US) // HOUR) for one in of_patient] == [
        (unit.unit_id, 0),
        (unit.unit_id, 24),
        (other.unit_id, 48),
    ]
    assert ended_treatments.of_patient(conn, patient, *span, 2) == of_patient[:2]
    assert ended_treatments.of_patient(conn, patient, NOW_US, NOW_US + 24 * HOUR, 9) == of_patient[:1]
    assert ended_treatments.of_patient(conn, patient + 1, *span, 9) == []
