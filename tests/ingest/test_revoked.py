from __future__ import annotations

from collections.abc import Iterator

import pytest

from alerts import ruleset
from ingest.revoked import REASON, close_alerts
from store import alert_log, pool, registry
from store.alert_log import AlertEventRow
from store.pool import Connection
from telemetry.alarms import ConditionState, Priority
from tests.ingest.building import START_US

RULES = ruleset.load()


@pytest.fixture
def conn(database_url: str) -> Iterator[Connection]:
    with pool.connect(database_url) as connection:
        yield connection


def raise_alert(conn: Connection, name: str, rule: str, *states: ConditionState) -> int:
    """An alert of a new or known unit that went through these states; the unit's id."""
    unit_id = (
        registry.units_by_name(conn, [name]).get(name) or registry.add_unit(conn, name, None, 0, name=name)
    ).unit_id
    (alert_id,) = alert_log.reserve_ids(conn, 1)
    for state in states:
        row = AlertEventRow(alert_id, unit_id, rule, "1", Priority.HIGH, state, START_US, "x", {}, {})
        alert_log.append(conn, [row], START_US)
    return unit_id


def ends(conn: Connection) -> list[tuple[object, ...]]:
    query = "SELECT rule, rule_version, priority FROM alert_event WHERE reason = %s ORDER BY rule"
    return conn.execute(query, [REASON]).fetchall()


def test_everything_that_stands_of_a_unit_is_over_and_nothing_of_others(conn: Connection) -> None:
    active, latched = ConditionState.ACTIVE_UNACKNOWLEDGED, ConditionState.LATCHED_CLEAR
    unit_id = raise_alert(conn, "u1", "R10", active)
    raise_alert(conn, "u1", "R17", active, latched)
    raise_alert(conn, "u1", "R01", active, ConditionState.NORMAL)
    raise_alert(conn, "u1", "gone", active)
    other = raise_alert(conn, "u2", "R10", active)
    close_alerts(conn, [unit_id], RULES, START_US)
    close_alerts(conn, [unit_id], RULES, START_US)

    assert alert_log.open_alerts(conn, [unit_id]) == []
    assert len(alert_log.open_alerts(conn, [other])) == 1
    versions = {rule.id: rule.version for rule in RULES.rules}
    assert ends(conn) == [("R10", versions["R10"], "high"), ("R17", versions["R17"], "high"), ("gone", "", "high")]


def test_nobody_revoked_costs_no_question(conn: Connection) -> None:
    conn.close()
    close_alerts(conn, [], RULES, START_US)
