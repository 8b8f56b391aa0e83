from __future__ import annotations

from store import care, comparisons, pasts, treatments
from store.care import Entry
from store.pool import Connection
from store.registry import Unit
from store.treatments import Treatment
from telemetry.care import Arranged, Measured, Measurement, TargetWeight
from telemetry.treatment import EndKnown, Phase
from tests.store.treated import HOUR, MINUTE, NOW_US, add_treatment, patient_of, put_minutes, summarise_all


def test_a_patients_past_is_all_that_is_stored_of_them_newest_last(conn: Connection, unit: Unit) -> None:
    patient = patient_of(conn, unit, NOW_US - HOUR, weight_kg=70.5)
    count = 60
    put_minutes(
        conn, unit, NOW_US, [Phase.TX] * count,
        systolic=[140.0] * 30 + [130.0] * 30, diastolic=[80.0] * count, mean_pressure=[98.0] * count,
        blood_flow=[300.0] * count, venous_pressure=[120.0] * count, arterial_pressure=[-150.0] * count,
        weight_before=[73.5] * count, weight_after=[70.25] * count, online_spktv=[1.5] * count,
        online_ektv=[1.25] * count, ultrafiltration_volume=[2000.0] * count, treatment_elapsed=[59.0] * count,
    )  # fmt: skip
    add_treatment(conn, unit, NOW_US, count - 1)
    summarise_all(conn, NOW_US + HOUR)
    comparisons.catch_up(conn, patient)
    treatments.add(conn, [(unit.unit_id, Treatment(NOW_US + 48 * HOUR))], NOW_US, NOW_US)
    care.arrange(conn, patient, Entry(Arranged(NOW_US, TargetWeight(kg=71)), "os:ann", "edema", NOW_US))
    weight = Measurement(1, Measured.WEIGHT_BEFORE, 74.0, NOW_US)
    care.measure(conn, patient, unit.unit_id, weight, "os:ann", NOW_US)

    found = pasts.load(conn, patient, unit.unit_id, NOW_US - HOUR, NOW_US + 49 * HOUR)
    over, goes_on = found.treatments
    assert (over.start_us, over.end_us, over.end_known) == (NOW_US, NOW_US + 59 * MINUTE, EndKnown.MACHINE)
    assert (over.summarised, over.treated_min, over.unseen_min, over.machine_min) == (True, 59.0, 0.0, 59.0)
    assert (over.removed_ml, over.spktv, over.ektv) == (2000.0, 1.5, 1.25)
    assert (over.systolic_before, over.systolic_after) == (140.0, 130.0)
    assert (over.systolic, over.diastolic, over.mean_pressure) == (135.0, 80.0, 98.0)
    assert (over.flow, over.venous, over.arterial) == (300.0, 120.0, -150.0)
    assert (over.weight_before_kg, over.weight_after_kg) == (73.5, 70.25)
    assert (goes_on.start_us, goes_on.end_us, goes_on.summarised) == (NOW_US + 48 * HOUR, None, False)
    assert (found.target_kg(NOW_US - 1), found.target_kg(NOW_US)) == (70.5, 71)
    assert list(found.of(Measured.WEIGHT_BEFORE)) == [weight]
    assert (found.heard_us, found.bound_us) == (None, NOW_US - HOUR)


def test_what_changed_since_its_summary_is_not_summarised(conn: Connection, unit: Unit) -> None:
    patient = patient_of(conn, unit, NOW_US - HOUR)
    add_treatment(conn, unit, NOW_US, 60)
    summarise_all(conn, NOW_US + HOUR)
    conn.execute("UPDATE treatment SET revision = revision + 1")
    (one,) = pasts.load(conn, patient, unit.unit_id, NOW_US, NOW_US + HOUR).treatments
    assert not one.summarised
