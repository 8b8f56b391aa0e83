"""Each look for itself; with the troubles that are found by the decider itself: test_decider.py."""

from __future__ import annotations

from collections.abc import Sequence
from io import StringIO

import pytest

from notifier import lookouts, troubles
from notifier.lookouts import Lookout
from notifier.troubles import Trouble
from store import pool
from store.errors import StoreError
from store.errors import Trouble as StoreTrouble
from store.pool import Connection
from telemetry.alarms import Priority
from tests.notifier.world import START_US

HOLE = Trouble("rota", "a hole", None, "operations", Priority.MEDIUM, "name somebody")
LATE = Trouble("self-test", "not run", None, "operations", Priority.LOW, "run it")


def refused(conn: Connection, now_us: int) -> Sequence[Trouble]:
    """What the database refuses in the middle of a transaction."""
    with pool.transaction(conn, "write a digest"):
        conn.execute("UPDATE notice SET subject = ''")
    return []


def test_what_a_failed_look_would_have_found_stands_as_it_did(conn: Connection, log: StringIO) -> None:
    troubles.settle(conn, [HOLE, LATE], START_US)
    failed: list[bool] = []
    looks = [Lookout(refused, ("rota",)), Lookout(refused), Lookout(lambda _conn, _now_us: [], ("self-test",))]
    (one,) = lookouts.found(conn, START_US, looks, lambda: failed.append(True))
    assert one == HOLE and len(failed) == 2 and log.getvalue().count("a look at what is wrong fails") == 2
    assert troubles.settle(conn, [one], START_US) == 1, "the other is over"


@pytest.mark.parametrize("trouble", [StoreTrouble.UNAVAILABLE, StoreTrouble.BUSY, StoreTrouble.SCHEMA])
def test_a_database_that_fails_is_no_failure_of_the_look(conn: Connection, trouble: StoreTrouble) -> None:
    def away(_conn: Connection, _now_us: int) -> list[Trouble]:
        raise StoreError("look", trouble=trouble)

    with pytest.raises(StoreError):
        lookouts.found(conn, START_US, [Lookout(away)], lambda: None)
