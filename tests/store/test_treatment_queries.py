from __future__ import annotations

from store import patients, pool, registry, treatment_queries, treatment_summaries, treatments
from store.patients import Prescription
from store.pool import Connection, Pool
from store.registry import Unit
from store.treatments import Treatment
from telemetry.treatment import EndKnown

NOW_US = 1_750_000_000_000_000
HOUR = 3_600_000_000
FIRST = Treatment(NOW_US, NOW_US + 4 * HOUR, EndKnown.MACHINE)
SECOND = Treatment(NOW_US + 24 * HOUR)


async def test_of_a_unit_of_a_patient_and_one(conn: Connection, unit: Unit, apool: Pool) -> None:
    other = registry.add_unit(conn, "Home 2", "South", NOW_US)
    patient = patients.add_patient(conn, "Ada Example", other.clinic_id, Prescription())
    patients.bind(conn, unit.unit_id, patient, NOW_US + HOUR)
    treatments.add(conn, [(unit.unit_id, FIRST), (unit.unit_id, SECOND)], NOW_US + 9, NOW_US)

    async with apool.connection() as aconn:
        newest, oldest = await treatment_queries.of_unit(aconn, unit.unit_id, NOW_US, NOW_US + 25 * HOUR, 10)
        assert (newest.treatment, oldest.treatment) == (SECOND, FIRST)
        assert (newest.unit, newest.changed_us, newest.revision) == (unit.name, NOW_US + 9, 1)
        # The patient's clinic, not the unit's, decides whose it is; nobody was on it the first time.
        assert (newest.clinic_id, newest.patient_id, newest.patient) == (other.clinic_id, patient, "Ada Example")
        assert (oldest.clinic_id, oldest.patient_id, oldest.patient) == (unit.clinic_id, None, None)
        assert await treatment_queries.of_unit(aconn, unit.unit_id, NOW_US + 1, NOW_US + 24 * HOUR, 10) == []
        assert await treatment_queries.of_unit(aconn, unit.unit_id, 0, 2**60, 1) == [newest]
        assert await treatment_queries.of_patient(aconn, patient, 0, 2**60, 10) == [newest]
        assert await treatment_queries.of_patient(aconn, patient + 1, 0, 2**60, 10) == []
        assert await treatment_queries.by_id(aconn, oldest.treatment_id) == oldest
        assert await treatment_queries.by_id(aconn, 10**12) is None
        assert await treatment_queries.clinic_of_patient(aconn, patient) == (True, other.clinic_id)
        assert await treatment_queries.clinic_of_patient(aconn, patient + 1) == (False, None)


async def test_a_summary_says_whether_it_is_of_what_is_known_now(conn: Connection, unit: Unit, apool: Pool) -> None:
    treatments.add(conn, [(unit.unit_id, FIRST)], NOW_US, NOW_US)
    (wanted,) = treatment_summaries.due(conn, range(64), NOW_US)
    summary = treatment_summaries.summarise(conn, wanted)
    with pool.transaction(conn):
        treatment_summaries.save(conn, wanted, summary, NOW_US + 3)

    async with apool.connection() as aconn:
        found = await treatment_queries.by_id(aconn, wanted.stored.treatment_id)
        assert found is not None
        assert found.summary == treatment_queries.KeptSummary(summary, treatment_summaries.VERSION, NOW_US + 3, True, 1)
        treatments.change(conn, [wanted.stored], NOW_US, NOW_US)
        later = await treatment_queries.by_id(aconn, wanted.stored.treatment_id)
        assert later is not None
        assert later.summary is not None
        assert not later.summary.is_current
