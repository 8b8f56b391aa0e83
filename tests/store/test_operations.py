from __future__ import annotations

import psycopg
import pytest

from store import operations
from store.operations import NOTHING_SAVED, OperationsEvent
from store.pool import Connection

NOW_US = 1_750_000_000_000_000


def test_an_alarm_is_kept_with_its_beginning_and_end(conn: Connection) -> None:
    first = OperationsEvent(NOTHING_SAVED, NOW_US, NOW_US + 7_000_001, "ingest-1", {"cause": "full", "alerts": 2})
    second = OperationsEvent(NOTHING_SAVED, NOW_US + 1, NOW_US + 1, "ingest-2")
    operations.add(conn, first)
    operations.add(conn, second)

    assert operations.events(conn) == [first, second]


def test_a_clock_that_was_set_back_meanwhile_does_not_keep_it_from_being_written(conn: Connection) -> None:
    operations.add(conn, OperationsEvent(NOTHING_SAVED, NOW_US, NOW_US - 5, "ingest-1"))

    (event,) = operations.events(conn)
    assert (event.since_us, event.until_us) == (NOW_US, NOW_US)


@pytest.mark.parametrize("statement", ["UPDATE operations_event SET kind = 'x'", "DELETE FROM operations_event"])
def test_what_is_written_stays(conn: Connection, statement: str) -> None:
    operations.add(conn, OperationsEvent(NOTHING_SAVED, NOW_US, NOW_US, "ingest-1"))

    with pytest.raises(psycopg.Error, match="append-only"):
        conn.execute(statement)  # type: ignore[arg-type]
