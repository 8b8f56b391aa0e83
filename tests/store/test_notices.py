from __future__ import annotations

import pytest

from store import notice_steps, notices, pool
from store.errors import StoreError, Trouble
from store.notice_steps import DueStep
from store.notices import NewNotice, NoticeEvent
from store.pool import Connection
from store.registry import Unit
from telemetry.alarms import Priority
from tests.store.told import NOW_US, SECOND, alert, asked, notice, person


def test_what_happens_to_an_alert_is_due_once_and_the_most_important_first(conn: Connection, unit: Unit) -> None:
    low, high = alert(conn, unit, "R33", Priority.LOW), alert(conn, unit)
    assert notices.take_due(conn, 1) == [high]
    assert notices.take_due(conn) == [low] and notices.take_due(conn) == []


def test_what_a_failed_transaction_took_is_due_still(conn: Connection, unit: Unit) -> None:
    wanted = alert(conn, unit)
    with pytest.raises(ZeroDivisionError), pool.transaction(conn):
        assert len(notices.take_due(conn)) / 0 == 1
    assert notices.take_due(conn) == [wanted]


def test_another_notifier_leaves_what_one_has_taken(conn: Connection, unit: Unit, database_url: str) -> None:
    wanted = alert(conn, unit)
    with pool.connect(database_url) as other, pool.transaction(conn):
        assert notices.take_due(conn) == [wanted]
        assert notices.take_due(other) == []


def test_one_open_notice_of_a_home_and_cause(conn: Connection, unit: Unit) -> None:
    first = notice(conn, unit)
    with pytest.raises(StoreError) as caught:
        notice(conn, unit)
    assert caught.value.trouble is Trouble.CONFLICT
    notice(conn, unit, "air")
    notices.append(conn, NoticeEvent(first, NOW_US, "resolve", "over", "high", 0, "over"))
    assert notice(conn, unit) > first


def test_a_notice_is_the_fold_of_its_events(conn: Connection, unit: Unit) -> None:
    user, number = person(conn), notice(conn, unit)
    notices.append(conn, asked(number))
    taken = NoticeEvent(
        number, NOW_US + 1, "accept", "accepted", "high", 1, "accepted", user, user, NOW_US + 900 * SECOND
    )
    notices.append(conn, taken)
    word = NoticeEvent(number, NOW_US + 2, "", "accepted", "high", 1, "a word", None, user, NOW_US + 900 * SECOND)
    notices.append(conn, word)
    row = notices.lock(conn, number)
    assert row is not None
    assert (row.state, row.round, row.accepted_by, row.accepted_until_us) == (
        "accepted",
        1,
        user,
        NOW_US + 900 * SECOND,
    )
    assert (row.reason, row.changed_us) == ("accepted", NOW_US + 2)  # a word is not the reason for the state
    # An acceptance that has lasted its time is looked at.
    assert notices.due_rechecks(conn, NOW_US + 900 * SECOND - 1) == []
    assert notices.due_rechecks(conn, NOW_US + 900 * SECOND) == [(number, unit.unit_id)]


@pytest.mark.parametrize("statement", ["UPDATE notice_event SET reason = 'x'", "DELETE FROM notice_event"])
def test_what_was_written_stays(conn: Connection, unit: Unit, statement: str) -> None:
    notices.append(conn, asked(notice(conn, unit)))
    with pytest.raises(StoreError), pool.transaction(conn):
        conn.execute(statement.encode())


def test_a_word_committed_ends_a_wait(conn: Connection, unit: Unit, database_url: str) -> None:
    with pool.connect(database_url) as other:
        notices.listen(other)
        assert notices.wait(other, 0.01) is False
        alert(conn, unit)
        assert notices.wait(other, 30) is True
        notices.append(conn, asked(notice(conn, unit)))
        assert notices.wait(other, 30) is True


def test_troubles_of_the_system_have_no_home(conn: Connection, unit: Unit) -> None:
    number = notices.open_notice(conn, NewNotice(None, None, None, "operations", "ingest", "silent", "high"), NOW_US)
    notice(conn, unit)
    assert [row.notice_id for row in notices.lock_open_troubles(conn)] == [number]
    assert [row.subject for row in notices.lock_open(conn, [unit.unit_id])] == [""]
    assert notices.due_rechecks(conn, NOW_US) == []


def test_what_no_channel_took_for_a_minute(conn: Connection, unit: Unit) -> None:
    number = notice(conn, unit)
    notices.append(conn, asked(number))
    notice_steps.plan(conn, (number, 1, [("first", NOW_US)]))
    notice_steps.end_steps(conn, [(DueStep(number, 1, 0, "first", NOW_US), "nobody")], NOW_US)
    assert notices.unreached(conn, NOW_US + 59 * SECOND) == []
    assert notices.unreached(conn, NOW_US + 60 * SECOND) == [(number, unit.clinic_id, "high")]


def test_what_is_known_of_homes_and_alerts(conn: Connection, unit: Unit) -> None:
    number, wanted = notice(conn, unit), alert(conn, unit)
    assert notices.homes_of(conn, [wanted]) == [(wanted, unit.unit_id, 0, "R10")]
    known = notices.homes(conn, [unit.unit_id], NOW_US)[unit.unit_id]
    assert (known.clinic_id, known.in_treatment, known.out_of_service) == (unit.clinic_id, False, "")
    found = notices.alerts_to_judge(conn, [wanted], [])[0]
    assert (found.notice_id, found.said, found.shelf, found.between) == (None, ("", "", ""), None, False)
    notices.note_judgements(conn, [notices.Judged(wanted, number, "ask", "ask", "somebody has to know now")], NOW_US)
    again = notices.alerts_to_judge(conn, [], [number])[0]
    assert (again.alert_id, again.notice_id, again.said) == (wanted, number, ("ask", "ask", "somebody has to know now"))


def test_the_databases_clock(conn: Connection) -> None:
    assert abs(notices.database_us(conn) - conn.execute("SELECT to_us(now())").fetchall()[0][0]) < 60 * SECOND
