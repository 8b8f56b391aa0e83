"""A record of deeds that does not hold is told to operations until it does."""

from __future__ import annotations

from notifier import audit_chain
from store import audit, audit_browse
from store.audit import Deed
from tests.notifier.world import START_US, World


def walk(world: World) -> None:
    assert audit_browse.check(world.conn, "service:api", lambda: START_US, lambda _: None) is not None


def test_a_broken_record_asks_operations_until_it_holds_again(world: World) -> None:
    assert audit_chain.troubles(world.conn, START_US) == []
    audit.append(world.conn, Deed(START_US, "os:x", "do", "u-1"))
    walk(world)
    assert audit_chain.troubles(world.conn, START_US) == []
    world.conn.execute("ALTER TABLE audit_event DISABLE TRIGGER audit_event_append_only")
    world.conn.execute("UPDATE audit_event SET actor = 'os:y' WHERE action = 'do'")
    assert audit_chain.troubles(world.conn, START_US) == []  # nobody has looked yet
    walk(world)
    (told,) = audit_chain.troubles(world.conn, START_US)
    assert (told.cause, told.subject, told.audience, told.clinic_id) == ("record", "broken", "operations", None)
    assert "broken at row" in told.reason
    world.conn.execute("UPDATE audit_event SET actor = 'os:x' WHERE action = 'do'")
    walk(world)
    assert audit_chain.troubles(world.conn, START_US) == []
