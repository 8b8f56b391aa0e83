from __future__ import annotations

import pytest

from store import patients, registry
from store.errors import StoreError, Trouble
from store.patients import Prescription
from store.pool import Connection
from store.registry import Unit

NOW_US = 1_750_000_000_000_000
FULL = Prescription(70.5, 130, 14.0, 250, 1.5, 1.25, 30)


def test_the_prescription_of_whom_a_unit_serves(conn: Connection, unit: Unit) -> None:
    other = registry.add_unit(conn, "Home 2", "North", NOW_US)
    ann = patients.add_patient(conn, "Ann", unit.clinic_id, FULL)
    bob = patients.add_patient(conn, "Bob", None, Prescription(target_weight_kg=80))
    patients.bind(conn, unit.unit_id, ann, NOW_US)
    assert patients.prescriptions(conn, [unit.unit_id, other.unit_id]) == {unit.unit_id: FULL}
    # Ann moves to the other home, Bob gets hers; both sides have one binding at a time.
    patients.bind(conn, other.unit_id, ann, NOW_US + 5)
    patients.bind(conn, unit.unit_id, bob, NOW_US + 6)
    assert patients.prescriptions(conn, [unit.unit_id, other.unit_id]) == {
        unit.unit_id: Prescription(target_weight_kg=80),
        other.unit_id: FULL,
    }
    history = conn.execute("SELECT patient_id, to_us(since), to_us(until) FROM binding ORDER BY since").fetchall()
    assert history == [(ann, NOW_US, NOW_US + 5), (ann, NOW_US + 5, None), (bob, NOW_US + 6, None)]


def test_a_clock_set_back_ends_a_binding_where_it_began(conn: Connection, unit: Unit) -> None:
    ann, bob = (patients.add_patient(conn, name, None, Prescription()) for name in ("Ann", "Bob"))
    patients.bind(conn, unit.unit_id, ann, NOW_US)
    patients.bind(conn, unit.unit_id, bob, NOW_US - 100)
    assert conn.execute("SELECT until - since FROM binding WHERE patient_id = %s", [ann]).fetchone() is not None
    assert registry.unit_by_name(conn, unit.name).patient == "Bob"


def test_what_a_patient_was_entered_with_is_never_changed(conn: Connection) -> None:
    patients.add_patient(conn, "Ann", None, FULL)
    with pytest.raises(Exception, match="append-only"):
        conn.execute("UPDATE patient SET prescribed_spktv = 1.2")


@pytest.mark.parametrize(
    "prescription",
    [
        Prescription(target_weight_kg=7000),
        Prescription(prescribed_conductivity_ms_cm=140),
        Prescription(prescribed_spktv=140),
        Prescription(prescribed_heparin_ml_h=1000),
        Prescription(heparin_stop_min=-1),
    ],
)
def test_a_prescription_no_patient_can_have(conn: Connection, prescription: Prescription) -> None:
    with pytest.raises(StoreError) as caught:
        patients.add_patient(conn, "Ann", None, prescription)
    assert caught.value.trouble is Trouble.REFUSED
    assert "Ann" not in caught.value.line()
