from __future__ import annotations

import random
from collections import defaultdict

import psycopg
import pytest

from alerts import lifecycle
from alerts.lifecycle import Condition, Move
from store import alert_log, alert_queries, pool
from store.alert_log import AlertEventRow, AlertState
from store.errors import StoreError, Trouble
from store.pool import Connection, Pool
from store.registry import Unit
from telemetry.alarms import ConditionState, Priority

NOW_US = 1_750_000_000_000_000
SECOND = 1_000_000
UNACKNOWLEDGED, ACKNOWLEDGED = ConditionState.ACTIVE_UNACKNOWLEDGED, ConditionState.ACTIVE_ACKNOWLEDGED
LATCHED, NORMAL = ConditionState.LATCHED_CLEAR, ConditionState.NORMAL


def event(
    alert_id: int, unit: Unit, state: ConditionState = UNACKNOWLEDGED, priority: Priority = Priority.HIGH, at: int = 0,
    rule: str = "R10", late: bool = False,
) -> AlertEventRow:  # fmt: skip
    return AlertEventRow(
        alert_id, unit.unit_id, rule, "1", priority, state, NOW_US + at * SECOND, f"step {at}",
        {"venous_pressure": 21.0}, {"drop": 20.0}, late,
    )  # fmt: skip


def test_an_alert_opens_and_ends(conn: Connection, unit: Unit) -> None:
    first, second = alert_log.reserve_ids(conn, 2)
    rows = [
        event(first, unit),
        event(second, unit, priority=Priority.LOW, rule="R33", at=1),
        event(first, unit, LATCHED, at=2),
        event(second, unit, NORMAL, Priority.LOW, rule="R33", at=3),
    ]
    ids = alert_log.append(conn, rows, NOW_US)
    assert ids == sorted(set(ids)) and len(ids) == 4
    assert alert_log.append(conn, [], NOW_US) == []
    assert alert_log.open_alerts(conn, [unit.unit_id]) == [
        AlertState(first, unit.unit_id, "R10", LATCHED, Priority.HIGH, NOW_US, None)
    ]
    assert alert_log.open_alerts(conn, []) == []
    stored = conn.execute("SELECT alert_id, state, reason FROM alert_event ORDER BY event_id").fetchall()
    assert stored == [(row.alert_id, row.state, row.reason) for row in rows]


@pytest.mark.parametrize(
    "statement", ["UPDATE alert_event SET reason = 'x'", "DELETE FROM alert_event", "TRUNCATE alert_event"]
)
def test_what_was_written_stays(conn: Connection, unit: Unit, statement: str) -> None:
    alert_log.append(conn, [event(alert_log.reserve_ids(conn, 1)[0], unit)], NOW_US)
    with pytest.raises(StoreError) as caught, pool.transaction(conn):
        conn.execute(statement.encode())
    assert caught.value.trouble is Trouble.REFUSED
    assert conn.execute("SELECT reason FROM alert_event").fetchall() == [("step 0",)]


def test_states_and_priorities_are_words_of_ours(conn: Connection, unit: Unit) -> None:
    for column, word in (("state", "shouting"), ("priority", "extreme")):
        rows = [event(alert_log.reserve_ids(conn, 1)[0], unit)]
        alert_log.append(conn, rows, NOW_US)
        with pytest.raises(psycopg.errors.CheckViolation):
            conn.execute(
                f"""INSERT INTO alert_event (alert_id, unit_id, rule, rule_version, priority, state, time, recorded_at,
                        reason, inputs, limits, late, note)
                    SELECT alert_id, unit_id, rule, rule_version, {"%s" if column == "priority" else "priority"},
                        {"%s" if column == "state" else "state"}, time, recorded_at, reason, inputs, limits, late, note
                    FROM alert_event LIMIT 1""".encode(),
                [word],
            )


def test_an_alert_is_late_only_if_all_of_it_is(conn: Connection, unit: Unit) -> None:
    ids = alert_log.reserve_ids(conn, 2)
    alert_log.append(conn, [event(ids[0], unit, late=True), event(ids[1], unit, late=True)], NOW_US)
    alert_log.append(conn, [event(ids[1], unit, at=1, late=False)], NOW_US)
    assert conn.execute("SELECT late FROM alert ORDER BY alert_id").fetchall() == [(True,), (False,)]


async def test_absurd_numbers_and_texts(conn: Connection, apool: Pool, unit: Unit) -> None:
    row = AlertEventRow(
        alert_log.reserve_ids(conn, 1)[0], unit.unit_id, "R10", "1", Priority.LOW, UNACKNOWLEDGED, 2**62,
        "nul\0 \ud800", {"a": float("nan"), "b": float("inf"), "c": 1e22}, {}, note="\0",
    )  # fmt: skip
    alert_log.append(conn, [row], 2**62)
    async with apool.connection() as aconn:
        (found,) = await alert_queries.current(aconn)
    assert found.inputs == {"a": None, "b": None, "c": 1e22}
    assert found.reason.startswith("nul\ufffd ")


def test_a_lock_tells_and_holds(database_url: str, conn: Connection, unit: Unit) -> None:
    (alert_id,) = alert_log.reserve_ids(conn, 1)
    alert_log.append(conn, [event(alert_id, unit)], NOW_US)
    with pool.connect(database_url) as other:
        other.execute("SET lock_timeout = '100ms'")
        with pool.transaction(conn):
            assert alert_log.lock(conn, [alert_id, 99]) == {
                alert_id: AlertState(alert_id, unit.unit_id, "R10", UNACKNOWLEDGED, Priority.HIGH, NOW_US, None)
            }
            with pytest.raises(StoreError) as caught:
                alert_log.append(other, [event(alert_id, unit, NORMAL)], NOW_US)
        assert (caught.value.trouble, caught.value.recoverable) == (Trouble.BUSY, True)
        alert_log.append(other, [event(alert_id, unit, NORMAL)], NOW_US)
    assert alert_log.lock(conn, [alert_id])[alert_id].state is NORMAL


def test_an_unknown_unit_is_refused(conn: Connection, unit: Unit) -> None:
    stranger = Unit(99, "x9", "", 0, None, None, None, None, 0, None)
    with pytest.raises(StoreError) as caught:
        alert_log.append(conn, [event(alert_log.reserve_ids(conn, 1)[0], stranger)], NOW_US)
    assert caught.value.trouble is Trouble.CONFLICT


def test_acknowledging_is_the_lifecycle_s() -> None:
    for state in ConditionState:
        after = lifecycle.next_state(Condition(state, Priority.HIGH, latching=True), Move.ACKNOWLEDGE)
        assert alert_queries.AFTER_ACKNOWLEDGEMENT.get(state, state) is after


def test_what_stands_is_the_fold_of_the_events(conn: Connection, unit: Unit) -> None:
    # The trigger keeps `alert` up to date one event at a time; here the same is worked out from the whole log.
    person = conn.execute(
        """INSERT INTO user_account (email, name, role, password_hash, created_at)
           VALUES ('a@b', 'A', 'nurse', '', now()) RETURNING user_id"""
    ).fetchone()
    assert person is not None
    chance = random.Random(7)
    ids = alert_log.reserve_ids(conn, 5)
    log: defaultdict[int, list[AlertEventRow]] = defaultdict(list)
    for step in range(60):
        rows = []
        for _ in range(chance.randint(1, 3)):
            by = chance.choice([None, None, person[0]])
            made = event(
                chance.choice(ids), unit, chance.choice(list(ConditionState)), chance.choice(list(Priority)), step
            )
            rows.append(made if by is None else AlertEventRow(**{**_fields(made), "actor": by}))
            log[rows[-1].alert_id].append(rows[-1])
        alert_log.append(conn, rows, NOW_US + step)
    stored = conn.execute("SELECT alert_id, state, priority, acknowledged_by FROM alert ORDER BY alert_id").fetchall()
    expected = []
    for alert_id in ids:
        actor = None
        for row in log[alert_id]:
            actor = row.actor or (None if row.state is UNACKNOWLEDGED else actor)
        expected.append((alert_id, log[alert_id][-1].state, log[alert_id][-1].priority, actor))
    assert stored == expected


def _fields(row: AlertEventRow) -> dict[str, object]:
    return {name: getattr(row, name) for name in AlertEventRow.__slots__}
