"""Who is told as HL7, and what an operator does about it, each with its row in the record."""

from __future__ import annotations

import pytest

from store import alert_log, audit, heartbeat, hl7_destinations, operations, registry
from store.alert_log import AlertEventRow
from store.errors import StoreError, Trouble
from store.hl7_destinations import Wanted
from store.pool import Connection
from store.registry import Unit
from telemetry.alarms import ConditionState, Priority
from tests.store.conftest import NOW_US
from tests.store.told import person

EMR, LAB = Wanted("emr", True, 60), Wanted("lab", False, 30, "North")
ACTIVE, OVER = ConditionState.ACTIVE_UNACKNOWLEDGED, ConditionState.NORMAL


def alert(conn: Connection, unit: Unit, *states: ConditionState) -> None:
    (number,) = alert_log.reserve_ids(conn, 1)
    for state in states:
        row = AlertEventRow(number, unit.unit_id, "R10", "1", Priority.HIGH, state, NOW_US, "fell", {}, {})
        alert_log.append(conn, [row], NOW_US)


def message(conn: Connection, name: str = "emr", outcome: str = "waiting", lane: int = 0) -> int:
    row = conn.execute(
        """INSERT INTO hl7_message (destination, control_id, about, lane, body, queued_at, outcome)
        SELECT %s, n, n, %s, 'x', from_us(%s), %s FROM (SELECT left(gen_random_uuid()::text, 20)) AS one (n)
        RETURNING message_id""",
        [name, lane, NOW_US, outcome],
    ).fetchone()
    return int(row[0])


def due(conn: Connection) -> list[str]:
    return [row[0] for row in conn.execute("SELECT destination FROM hl7_due ORDER BY 1")]


def test_steps_are_noted_for_those_who_are_told_and_for_no_others(conn: Connection, unit: Unit) -> None:
    alert(conn, unit, ACTIVE)
    assert due(conn) == []  # nobody is told: nothing is noted, however long nobody is
    hl7_destinations.enter(conn, [EMR, LAB], NOW_US)
    assert due(conn) == ["emr"]  # of what stands
    alert(conn, unit, ACTIVE, OVER)
    assert due(conn) == ["emr"] * 3
    hl7_destinations.enter(conn, [EMR, LAB], NOW_US)
    assert due(conn) == ["emr"] * 3  # said again, it is told nothing again


def test_those_no_longer_named_are_told_nothing_more(conn: Connection, unit: Unit) -> None:
    hl7_destinations.enter(conn, [EMR], NOW_US)
    alert(conn, unit, ACTIVE)
    waiting = message(conn)
    assert hl7_destinations.enter(conn, [LAB], NOW_US) == ["emr"]
    alert(conn, unit, ACTIVE)
    assert due(conn) == [] and [one.name for one in hl7_destinations.standing(conn)] == ["lab"]
    assert conn.execute("SELECT outcome FROM hl7_message WHERE message_id = %s", [waiting]).fetchone() == ("skipped",)
    hl7_destinations.enter(conn, [EMR], NOW_US)
    assert due(conn) == ["emr"] * 2  # the two that stand
    hl7_destinations.enter(conn, [Wanted("emr", False, 60)], NOW_US)
    assert due(conn) == []


def test_a_clinic_that_there_is_not(conn: Connection, unit: Unit) -> None:
    with pytest.raises(StoreError) as found:
        hl7_destinations.enter(conn, [EMR, Wanted("x", True, None, "Nowhere")], NOW_US)
    assert found.value.trouble is Trouble.CONFLICT and "Nowhere" in found.value.line()
    assert hl7_destinations.standing(conn) == []


def test_how_it_stands(conn: Connection) -> None:
    hl7_destinations.enter(conn, [EMR], NOW_US)
    (one,) = hl7_destinations.standing(conn)
    assert (one.waiting, one.parked, one.alert_since_us, one.reading_since_us, one.stopped_us) == (
        0,
        0,
        None,
        None,
        None,
    )
    for outcome, lane in (("waiting", 0), ("waiting", 1), ("parked", 0), ("parked", 1), ("delivered", 0)):
        message(conn, "emr", outcome, lane)
    (one,) = hl7_destinations.standing(conn)
    assert (one.waiting, one.parked, one.parked_alerts) == (2, 2, 1)
    assert (one.alert_since_us, one.reading_since_us) == (NOW_US, NOW_US)
    assert len(hl7_destinations.waiting(conn)) == 4 and hl7_destinations.waiting(conn, "lab") == []


@pytest.mark.parametrize("skip", [True, False])
def test_letting_one_go_on_is_on_record(conn: Connection, skip: bool) -> None:
    hl7_destinations.enter(conn, [EMR], NOW_US)
    assert hl7_destinations.release(conn, "emr", "os:op", NOW_US, skip=skip) is None
    number = message(conn)
    conn.execute(
        "UPDATE hl7_destination SET stopped_at = from_us(%s), stopped_by = %s, stopped_why = 'AR 204', left_out = 3",
        [NOW_US, number],
    )
    assert hl7_destinations.release(conn, "emr", "os:op", NOW_US + 5, skip=skip) == number
    (one,) = hl7_destinations.standing(conn)
    assert (one.stopped_us, one.left_out, one.waiting, one.released_us) == (None, 0, 0 if skip else 1, NOW_US + 5)
    (event,) = operations.events(conn)
    assert (event.kind, event.since_us, event.until_us) == (hl7_destinations.HL7_STOPPED, NOW_US, NOW_US + 5)
    assert event.detail == {"destination": "emr", "message": number, "why": "AR 204", "skipped": skip}
    assert audit.verify(conn).broken is None and audit.verify(conn).count == 1


def test_only_what_waits_is_skipped_and_only_what_does_not_goes_again(conn: Connection) -> None:
    hl7_destinations.enter(conn, [EMR], NOW_US)
    waiting, parked, delivered = message(conn), message(conn, "emr", "parked"), message(conn, "emr", "delivered")
    assert hl7_destinations.skip(conn, waiting, "os:op", NOW_US) == "emr"
    assert hl7_destinations.resend(conn, waiting, "os:op", NOW_US) == "emr"
    assert hl7_destinations.resend(conn, parked, "os:op", NOW_US) == "emr"
    for deed, number in ((hl7_destinations.skip, delivered), (hl7_destinations.resend, delivered),
                         (hl7_destinations.resend, waiting), (hl7_destinations.skip, 10**9)):  # fmt: skip
        with pytest.raises(StoreError) as found:
            deed(conn, number, "os:op", NOW_US)
        assert found.value.trouble is Trouble.CONFLICT
    assert audit.verify(conn).count == 3


def test_giving_it_up_leaves_nothing_that_waits_or_is_missed(conn: Connection, unit: Unit) -> None:
    hl7_destinations.enter(conn, [EMR, LAB], NOW_US)
    alert(conn, unit, ACTIVE)
    waiting = message(conn)
    heartbeat.beat(conn, "hl7", "h", NOW_US)
    hl7_destinations.retire(conn, "emr", "os:op", NOW_US)
    assert [one.name for one in hl7_destinations.standing(conn)] == ["lab"] and due(conn) == []
    assert len(heartbeat.beats(conn, "hl7")) == 1
    hl7_destinations.retire(conn, "lab", "os:op", NOW_US)
    assert heartbeat.beats(conn, "hl7") == [] and audit.verify(conn).count == 2
    assert conn.execute("SELECT outcome FROM hl7_message WHERE message_id = %s", [waiting]).fetchone() == ("skipped",)
    with pytest.raises(StoreError, match="emr"):
        hl7_destinations.retire(conn, "emr", "os:op", NOW_US)


def test_there_is_no_such_destination(conn: Connection) -> None:
    with pytest.raises(StoreError, match="nobody"):
        hl7_destinations.release(conn, "nobody", "os:op", NOW_US, skip=False)


def test_who_writes_of_an_alert_sees_nothing_of_who_is_told(conn: Connection) -> None:
    """The API's role notes a step by its acknowledgement, and may not look."""
    unit = registry.add_unit(conn, "Home 1", "North", NOW_US)
    hl7_destinations.enter(conn, [EMR], NOW_US)
    (number,) = alert_log.reserve_ids(conn, 1)
    row = AlertEventRow(number, unit.unit_id, "R10", "1", Priority.HIGH, ACTIVE, NOW_US, "fell", {}, {})
    alert_log.append(conn, [row], NOW_US)
    user = person(conn)
    conn.execute("SET ROLE homehd_api")
    conn.execute("SET homehd.clinic = 'all'")
    conn.execute("CREATE TEMPORARY TABLE hl7_destination (name text, alerts boolean, retired_at timestamptz)")
    conn.execute(
        """INSERT INTO alert_event (alert_id, unit_id, rule, rule_version, priority, state, time, recorded_at, reason,
            inputs, limits, late, note, actor)
        SELECT alert_id, unit_id, rule, rule_version, priority, state, time, recorded_at, '', '{}', '{}', late, '', %s
        FROM alert_event""",
        [user],
    )
    for table in ("hl7_due", "hl7_message", "public.hl7_destination", "hl7_treatment"):
        with pytest.raises(Exception, match="permission denied"):
            conn.execute(f"SELECT FROM {table}")
    conn.execute("RESET ROLE")
    assert due(conn) == ["emr"] * 2
