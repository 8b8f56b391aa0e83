from __future__ import annotations

import pytest

from store import care, comparisons, patients, pool, sign_offs, trends, unit_status
from store.errors import StoreError, Trouble
from store.pool import Connection
from store.registry import Unit
from store.unit_status import StatusRow
from telemetry.alarms import Priority
from telemetry.care import Measured, Measurement
from telemetry.messages import SCHEMA_VERSION, MachineLink, Status
from telemetry.past import Served
from telemetry.treatment import Phase
from tests.store.treated import HOUR, MINUTE, NOW_US, add_treatment, patient_of, put_minutes, summarise_all


async def read(database_url: str, patient: int, since_us: int = NOW_US - 10 * HOUR) -> trends.Looked | None:
    opened = await pool.open_pool(database_url, size=1)
    try:
        async with opened.connection() as conn:
            return await trends.read(conn, patient, since_us, NOW_US + 100 * HOUR)
    finally:
        await opened.close()


def finding(conn: Connection, patient: int, version: str, state: str, about: str = "treatment 1") -> None:
    conn.execute(
        "INSERT INTO between_finding (patient_id, rule, rule_version, about, basis, time, found_at, state, priority,"
        " reason, inputs, limits)"
        " VALUES (%s, 'R25', %s, %s, '', from_us(%s), from_us(%s), %s, %s, 'short', '{}', '{}')",
        (patient, version, about, NOW_US, NOW_US, state, "low" if state == "active" else None),
    )


async def test_what_is_seen_of_a_patient(conn: Connection, unit: Unit, database_url: str) -> None:
    patient = patient_of(conn, unit, NOW_US - HOUR, weight_kg=70.5)
    put_minutes(
        conn, unit, NOW_US, [Phase.TX] * 60, systolic=[140.0] * 30 + [101.0] * 30, ultrafiltration_target=[2600.0] * 60,
        blood_flow=[300.0] * 60, venous_pressure=[121.0] * 60, pulse_rate=[71.0] * 60,
    )  # fmt: skip
    add_treatment(conn, unit, NOW_US, 59)
    add_treatment(conn, unit, NOW_US + 24 * HOUR, 59)
    summarise_all(conn, NOW_US + 30 * HOUR)
    comparisons.catch_up(conn, patient)
    found = await read(database_url, patient)
    assert found is not None
    first, second = found.past.treatments
    assert (first.venous, first.summarised, found.unit, found.patient.name) == (121.0, True, unit.name, "Ann")
    assert found.beside[first.treatment_id] == trends.Beside(unit.name, 2600.0, 101.0, 71.0, signed=False)
    assert found.beside[second.treatment_id] == trends.Beside(unit.name, None, None, None, signed=False)
    assert found.served == (Served(NOW_US - HOUR, None, None, None),)
    later = await read(database_url, patient, NOW_US + 1)
    assert later is not None
    assert [one.treatment_id for one in later.past.treatments] == [second.treatment_id]
    assert await read(database_url, patient + 99) is None


async def test_boxes_of_units_that_served_and_what_they_keep(conn: Connection, unit: Unit, database_url: str) -> None:
    patient = patient_of(conn, unit, NOW_US - 5 * HOUR)
    status = Status(
        version=SCHEMA_VERSION, unit=unit.name, online=True, epoch="0" * 32, boot="b", sent_us=NOW_US,
        machine=MachineLink.CONNECTED, synchronised=True, outbox_rows=3, outbox_oldest_us=NOW_US - HOUR,
    )  # fmt: skip
    unit_status.save(conn, [StatusRow(unit.unit_id, NOW_US, status, heard_us=NOW_US)])
    patients.unbind(conn, unit.unit_id, NOW_US + HOUR)
    found = await read(database_url, patient)
    assert found is not None
    assert found.served == (Served(NOW_US - 5 * HOUR, NOW_US + HOUR, NOW_US, NOW_US - HOUR),)
    assert (found.unit, found.past.heard_us) == (None, None)


async def test_a_signature_counts_until_something_comes_after_it(
    conn: Connection, unit: Unit, database_url: str
) -> None:
    patient = patient_of(conn, unit, NOW_US - HOUR)
    add_treatment(conn, unit, NOW_US, 59)
    ((number,),) = conn.execute("SELECT treatment_id FROM treatment").fetchall()
    ((user,),) = conn.execute(
        "INSERT INTO user_account (email, name, role, password_hash, created_at)"
        " VALUES ('w@example.org', 'Dr Weber', 'nephrologist', 'x', from_us(%s)) RETURNING user_id", [NOW_US],
    ).fetchall()  # fmt: skip

    async def is_signed() -> bool:
        found = await read(database_url, patient)
        assert found is not None
        return found.beside[number].signed

    assert not await is_signed(), "a note waits"
    opened = await pool.open_pool(database_url, size=1)
    async with opened.transaction() as aconn:
        (evidence,) = await sign_offs.evidence(aconn, [number])
        kind = sign_offs.SignOffKind.SIGNED
        await sign_offs.add(aconn, evidence, kind, user, "", NOW_US, in_bulk=False, rules="1", seen={})
    await opened.close()
    assert await is_signed()
    late = Measurement(1, Measured.WEIGHT_AFTER, 70.0, NOW_US + 60 * MINUTE)
    care.measure(conn, patient, unit.unit_id, late, "os:ann", NOW_US + HOUR)
    assert not await is_signed()


async def test_of_a_rules_versions_the_last_word_counts(conn: Connection, unit: Unit, database_url: str) -> None:
    patient = patient_of(conn, unit, NOW_US - HOUR)
    finding(conn, patient, "1", "active")
    finding(conn, patient, "1", "active", "treatment 2")
    finding(conn, patient, "2", "normal")
    finding(conn, patient, "2", "active", "treatment 2")
    found = await read(database_url, patient)
    assert found is not None
    assert [(one.rule, one.about, one.priority) for one in found.findings] == [("R25", "treatment 2", Priority.LOW)]


async def test_more_than_can_be_shown_is_refused_and_not_cut(
    conn: Connection, unit: Unit, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    patient = patient_of(conn, unit, NOW_US - HOUR)
    for day in range(3):
        add_treatment(conn, unit, NOW_US + day * 24 * HOUR, 59)
    monkeypatch.setattr(trends, "TREATMENTS", 3)
    with pytest.raises(StoreError) as caught:
        await read(database_url, patient)
    assert caught.value.trouble is Trouble.BUSY
