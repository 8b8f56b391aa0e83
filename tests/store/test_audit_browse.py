from __future__ import annotations

import pytest

from store import audit, audit_browse
from store.audit import Deed
from store.audit_browse import Wanted
from store.pool import Connection
from tests.store.conftest import NOW_US


def write(conn: Connection, count: int) -> None:
    for number in range(count):
        audit.append(conn, Deed(NOW_US + number, "os:x", f"do {number % 3}", f"u-{number}"))


def check(conn: Connection, told: list[int] | None = None) -> audit_browse.Check:
    found = audit_browse.check(conn, "os:x", lambda: NOW_US, (told if told is not None else []).append)
    assert found is not None
    return found


def test_part_by_part_and_which_kinds_there_are(conn: Connection) -> None:
    assert audit_browse.actions(conn) == []
    assert audit_browse.newest(conn) == 0
    write(conn, 7)
    assert [row.event_id for row in audit_browse.page(conn, Wanted(), None, 3)] == [7, 6, 5]
    assert [row.event_id for row in audit_browse.page(conn, Wanted(action="do 0"), 7, 9)] == [4, 1]
    assert [row.subject for row in audit_browse.page(conn, Wanted(subject="u-2"), None, 9)] == ["u-2"]
    assert audit_browse.actions(conn) == ["do 0", "do 1", "do 2"]


def test_a_walk_is_written_down_and_the_next_one_must_find_it_again(conn: Connection) -> None:
    assert audit_browse.last_check(conn) is None
    write(conn, 2100)
    told: list[int] = []
    assert (check(conn, told).held, check(conn).broken) == (2100, None)
    assert told == [2000]
    last = audit_browse.last_check(conn)
    assert last is not None
    conn.execute("ALTER TABLE audit_event DISABLE TRIGGER audit_event_append_only")
    conn.execute("DELETE FROM audit_event WHERE event_id > 2000")
    # Whoever cuts the record off and goes on with it makes a chain that holds by itself.
    write(conn, 200)
    assert audit.verify(conn).broken is None
    assert check(conn).broken == 2100
    assert audit_browse.last_check(conn, intact=True) == last


def test_two_do_not_walk_at_once(conn: Connection, database_url: str) -> None:
    from store import pool

    with pool.connect(database_url) as other, other.transaction():
        other.execute("SELECT pg_advisory_xact_lock(hashtext('homehd walk the audit chain'))")
        assert audit_browse.check(conn, "os:x", lambda: NOW_US, lambda _: None) is None
    assert check(conn).held == 0


def test_what_was_found_is_not_changed(conn: Connection) -> None:
    check(conn)
    with pytest.raises(Exception, match="append-only"):
        conn.execute("UPDATE audit_check SET held = 9")
