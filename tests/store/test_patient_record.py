"""What is on record of a patient beside treatments: the part that is theirs, in parts, behind the wall."""

from __future__ import annotations

from store import alert_log, deliveries, notices, patient_record, patients, pool, registry
from store.alert_log import AlertEventRow
from store.patients import Prescription
from store.pool import AsyncConnection, Connection, Pool
from store.registry import Unit
from store.viewers import Viewer, working_for
from telemetry.alarms import ConditionState, Priority
from tests.evaluation.treated import SECOND, START_US
from tests.store.told import asked, notice, person, way

ACTIVE, NORMAL = ConditionState.ACTIVE_UNACKNOWLEDGED, ConditionState.NORMAL
LATCHED = ConditionState.LATCHED_CLEAR
ALL = 2**60


def served(conn: Connection, unit: Unit, name: str, at_s: int) -> int:
    number = patients.add_patient(conn, name, unit.clinic_id, Prescription())
    patients.bind(conn, unit.unit_id, number, START_US + at_s * SECOND)
    return number


def found(conn: Connection, unit: Unit, *steps: tuple[ConditionState, int, str], number: int | None = None) -> int:
    number = number or alert_log.reserve_ids(conn, 1)[0]
    for state, at_s, reason in steps:
        at_us = START_US + at_s * SECOND
        row = AlertEventRow(number, unit.unit_id, "R10", "3", Priority.HIGH, state, at_us, reason, {}, {})
        alert_log.append(conn, [row], at_us)
    return number


async def ids(conn: AsyncConnection, patient: int, limit: int) -> list[int]:
    some, before = [], ALL
    while part := await patient_record.alert_ids(conn, patient, before, limit):
        assert len(part) <= limit
        some += part
        before = part[-1]
    return some


async def test_alerts_are_their_owners_newest_first_in_parts(conn: Connection, unit: Unit, apool: Pool) -> None:
    ada = served(conn, unit, "Ada", 0)
    hers = [found(conn, unit, (ACTIVE, at, "")) for at in (1, 2, 3)]
    bo = served(conn, unit, "Bo", 100)
    his = found(conn, unit, (ACTIVE, 101, ""))
    nobodys = found(conn, registry.add_unit(conn, "Home 2", "North", START_US), (ACTIVE, 5, ""))
    async with apool.connection() as aconn:
        for limit in (1, 2, 9):
            assert await ids(aconn, ada, limit) == hers[::-1]
        assert (await ids(aconn, bo, 9), await ids(aconn, 99, 9)) == ([his], [])
        parts = await patient_record.alerts(aconn, [*hers, his, nobodys, 999])
    assert [part.alert.alert_id for part in parts] == [his, *hers[::-1]], "what is nobody's is left out"


async def test_one_that_fired_for_two_is_told_as_far_as_it_is_its_owners(
    conn: Connection, unit: Unit, apool: Pool
) -> None:
    """The same alert, latched when the home went to the next: what was found of the first is not the second's."""
    served(conn, unit, "Ada", 0)
    number = found(conn, unit, (ACTIVE, 1, "of Ada"), (LATCHED, 2, "over"))
    bo = served(conn, unit, "Bo", 100)
    found(conn, unit, (ACTIVE, 101, "of Bo"), number=number)
    async with apool.connection() as aconn:
        (part,) = await patient_record.alerts(aconn, [number])
    assert (part.alert.owner_id, part.alert.reason) == (bo, "of Bo")
    assert [event.reason for event in part.events] == ["of Bo"]
    assert part.alert.since_us == START_US + 101 * SECOND


async def test_pages_about_a_patients_alerts(conn: Connection, unit: Unit, apool: Pool) -> None:
    ada = served(conn, unit, "Ada", 0)
    user = person(conn)
    channel = way(conn, user)
    alerts, notes = [], []
    for at in (1, 2, 3):
        alerts.append(found(conn, unit, (ACTIVE, at, "")))
        notes.append(notice(conn, unit, cause=f"cause {at}"))
        notices.append(conn, asked(notes[-1]))
        notices.note_judgements(conn, [notices.Judged(alerts[-1], notes[-1], "ask", "ask", "now")], START_US)
        deliveries.queue(conn, [deliveries.Wanted(notes[-1], 1, 0, [channel], "high")], START_US + 9 * SECOND)
    async with apool.connection() as aconn:
        whole, rest = await patient_record.told(aconn, ada, ALL, 9)
        first, more = await patient_record.told(aconn, ada, ALL, 2)
        assert more is not None
        second, last = await patient_record.told(aconn, ada, more, 2)
        (one,), _ = await patient_record.told(aconn, None, ALL, 1, whole[1].told.delivery_id)
        nothing = await patient_record.told(aconn, 99, ALL, 9)
    assert [page.told.alert_ids for page in whole] == [[number] for number in alerts[::-1]]
    assert (rest, last, nothing) == (None, None, ([], None))
    assert [*first, *second] == whole
    assert (one, one.patient_id, one.clinic_id) == (whole[1], ada, unit.clinic_id)


async def test_behind_the_wall_there_is_nothing_of_others(conn: Connection, database_url: str) -> None:
    homes = [registry.add_unit(conn, f"Home {clinic}", clinic, START_US) for clinic in ("North", "South")]
    owners = [served(conn, home, name, 0) for home, name in zip(homes, ("Ada", "Bo"), strict=True)]
    alerts = [found(conn, home, (ACTIVE, 1, "")) for home in homes]
    walled = await pool.open_pool(database_url, size=1, walled=True)
    try:
        with working_for(Viewer(homes[0].clinic_id)):
            async with walled.connection() as aconn:
                assert [one.name for one in await patient_record.people(aconn, -1, 9)] == ["Ada"]
                assert [name for _, name in await patient_record.clinics(aconn)] == ["North"]
                assert await ids(aconn, owners[1], 9) == []
                assert [part.alert.alert_id for part in await patient_record.alerts(aconn, alerts)] == alerts[:1]
    finally:
        await walled.close()
