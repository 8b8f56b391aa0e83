from __future__ import annotations

from dataclasses import replace

from store import deliveries, load, notices, patients, registry, shelvings
from store.alert_log import AlertEventRow, append
from store.load import OutRow, ShelvedRow, Snapshot
from store.pool import Connection, Pool
from store.registry import Unit
from store.shelvings import Shelving
from telemetry.alarms import ConditionState, Priority
from tests.store.told import NOW_US, SECOND, alert, asked, notice, person, way

HOUR = 3600 * SECOND


def read(conn: Connection, clinic_id: int | None = None) -> Snapshot:
    return load.read(conn, NOW_US - HOUR, NOW_US + HOUR, NOW_US + HOUR, clinic_id)


def judged(conn: Connection, number: int, alert_id: int, stage: str) -> None:
    notices.note_judgements(conn, [notices.Judged(alert_id, number, stage, stage, "because")], NOW_US)
    notices.append(conn, replace(asked(number), move="", alert_id=alert_id, stage=stage))


def test_an_alert_as_it_went(conn: Connection, unit: Unit) -> None:
    user = person(conn)
    called, listed = alert(conn, unit), alert(conn, unit, "R13", Priority.LOW)
    number = notice(conn, unit)
    judged(conn, number, called, "ask")
    judged(conn, number, listed, "low priority")
    notices.append(conn, replace(asked(number), move="reject", actor=user))

    def step(state: ConditionState, seconds: int, actor: int | None = None) -> None:
        row = AlertEventRow(called, unit.unit_id, "R10", "1", Priority.MEDIUM, state, NOW_US, "x", {}, {}, actor=actor)
        append(conn, [row], NOW_US + seconds * SECOND)

    step(ConditionState.ACTIVE_ACKNOWLEDGED, 60, user)
    step(ConditionState.ACTIVE_ACKNOWLEDGED, 70, user)
    step(ConditionState.NORMAL, 90)
    assert read(conn).stories == (
        # Its highest priority, the first answer, the end.
        (called, "R10", unit.unit_id, "high", NOW_US, NOW_US + 90 * SECOND, NOW_US + 60 * SECOND, True, True, False),
        (listed, "R13", unit.unit_id, "low", NOW_US, None, None, False, True, False),
    )


def test_what_began_before_counts_while_it_stands_and_late_ones_never(conn: Connection, unit: Unit) -> None:
    open_still, over = alert(conn, unit), alert(conn, unit, "R13")
    alert(conn, unit, "R20", late=True)
    row = AlertEventRow(over, unit.unit_id, "R13", "1", Priority.HIGH, ConditionState.NORMAL, NOW_US, "x", {}, {})
    append(conn, [row], NOW_US)
    found = load.read(conn, NOW_US + 1, NOW_US + HOUR, NOW_US + HOUR, None)
    assert [story[0] for story in found.stories] == [open_still]
    assert [story[0] for story in read(conn).stories] == [open_still, over]
    assert load.read(conn, NOW_US - HOUR, NOW_US, NOW_US, None).stories == ()


def test_one_row_of_a_notice_a_round_and_a_person(conn: Connection, unit: Unit) -> None:
    anna, boris = person(conn), person(conn, "boris")
    ways = [way(conn, anna), way(conn, anna, path="b", tier=2), way(conn, boris, path="c")]
    number = notice(conn, unit)
    notices.append(conn, asked(number))
    deliveries.queue(conn, [deliveries.Wanted(number, 1, 1, ways[:2], "medium")], NOW_US)
    deliveries.queue(conn, [deliveries.Wanted(number, 1, 2, ways[2:], "medium")], NOW_US + SECOND)
    notices.append(conn, replace(asked(number, 2), move="ask"))
    deliveries.queue(conn, [deliveries.Wanted(number, 2, 1, ways[:1], "high")], NOW_US + 2 * SECOND)
    notices.append(conn, replace(asked(number, 2), move="accept", state="accepted", answerable=anna))
    conn.execute(
        "UPDATE delivery SET folded_into = (SELECT min(delivery_id) FROM delivery) WHERE user_id = %s AND round = 1",
        [boris],
    )
    assert read(conn).asked == (
        (anna, NOW_US, "medium", unit.unit_id, "venous access", None, False, False),
        (boris, NOW_US + SECOND, "medium", unit.unit_id, "venous access", None, False, True),
        (anna, NOW_US + 2 * SECOND, "high", unit.unit_id, "venous access", None, True, False),
    )


def test_what_stands_now(conn: Connection, unit: Unit) -> None:
    anna = person(conn)
    wanted, number = alert(conn, unit), notice(conn, unit)
    judged(conn, number, wanted, "ask")
    until_us = NOW_US + 2 * HOUR
    notices.append(conn, replace(asked(number), move="accept", state="accepted", answerable=anna, until_us=until_us))
    over = notice(conn, unit, "air")
    notices.append(conn, replace(asked(over), move="resolve", state="over"))
    (row,) = read(conn).standing
    assert (row.notice_id, row.holder, row.until_us, row.state, row.rules) == (
        number, "Anna", until_us, "accepted", ("R10",),
    )  # fmt: skip


def test_what_is_set_aside_and_until_when(conn: Connection, unit: Unit) -> None:
    anna, wanted = person(conn), alert(conn, unit)
    until_us = NOW_US + 2 * HOUR
    shelf = Shelving("timed", "high", wanted, until_us, anna, "on the way")
    shelvings.end(conn, unit.unit_id, "R10", shelf, NOW_US)
    shelvings.set_service(conn, unit.unit_id, until_us=until_us, actor="os:x", reason="pump swapped", now_us=NOW_US)
    found = read(conn)
    assert found.shelved == (ShelvedRow(unit.unit_id, "R10", "timed", until_us, "Anna", "on the way"),)
    assert found.out == (OutRow(unit.unit_id, until_us, "os:x", "pump swapped"),)
    assert found.stories[0][-1] is True
    late = load.read(conn, NOW_US, until_us, until_us, None)
    assert late.shelved == () and late.out == ()
    shelvings.end(conn, unit.unit_id, "R10", replace(shelf, kind="ended"), NOW_US)
    shelvings.set_service(conn, unit.unit_id, until_us=None, actor="os:x", reason="back", now_us=NOW_US)
    assert read(conn).shelved == () and read(conn).out == ()


async def test_one_clinic_and_the_api_read_the_same(conn: Connection, unit: Unit, apool: Pool) -> None:
    south = registry.add_unit(conn, "Home 2", "South", NOW_US)
    patient = patients.add_patient(conn, "Zhang Wei", unit.clinic_id, patients.Prescription())
    patients.bind(conn, unit.unit_id, patient, NOW_US)
    alert(conn, unit)
    alert(conn, south)
    found = read(conn, south.clinic_id)
    assert [story[2] for story in found.stories] == [south.unit_id] and set(found.labels) == {south.unit_id}
    assert {label.label: label.patient for label in read(conn).labels.values()} == {
        "Home 1": "Zhang Wei", "Home 2": None,
    }  # fmt: skip
    async with apool.connection() as aconn:
        assert await load.aread(aconn, NOW_US - HOUR, NOW_US + HOUR, NOW_US + HOUR, None) == read(conn)
