from __future__ import annotations

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from store import pool, received
from store.errors import StoreError, Trouble
from store.pool import Connection
from store.registry import Unit

EPOCH = "0123456789abcdef"
ranges = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 12)).map(lambda p: (p[0], p[0] + p[1])), max_size=6)


def pieces(seqs: set[int]) -> list[tuple[int, int]]:
    firsts = sorted(s for s in seqs if s - 1 not in seqs)
    lasts = sorted(s for s in seqs if s + 1 not in seqs)
    return list(zip(firsts, lasts, strict=True))


def test_nothing_is_stored_at_first(conn: Connection, unit: Unit) -> None:
    assert received.load(conn, unit.unit_id, EPOCH) == []
    assert received.load_units(conn, [unit.unit_id]) == {}


def test_ranges_join(conn: Connection, unit: Unit) -> None:
    key = (unit.unit_id, EPOCH)
    received.add(conn, {key: [(0, 4), (10, 10)]})
    received.add(conn, {key: [(5, 6), (12, 2**62)], (unit.unit_id, "f" * 16): [(7, 7)]})
    assert received.load(conn, *key) == [(0, 6), (10, 10), (12, 2**62)]
    assert received.load_units(conn, [unit.unit_id, 99]) == {
        key: [(0, 6), (10, 10), (12, 2**62)],
        (unit.unit_id, "f" * 16): [(7, 7)],
    }
    assert received.load_many(conn, [key, (99, EPOCH)]) == {key: [(0, 6), (10, 10), (12, 2**62)], (99, EPOCH): []}


def test_no_ranges_is_no_row(conn: Connection, unit: Unit) -> None:
    received.add(conn, {(unit.unit_id, EPOCH): []})
    assert received.load_units(conn, [unit.unit_id]) == {}


def test_a_unit_that_is_not_there(conn: Connection) -> None:
    with pytest.raises(StoreError) as caught:
        received.add(conn, {(99, EPOCH): [(0, 0)]})
    assert caught.value.trouble is Trouble.CONFLICT


def test_rolled_back_with_the_rows(conn: Connection, unit: Unit) -> None:
    with pool.transaction(conn):
        received.add(conn, {(unit.unit_id, EPOCH): [(0, 9)]})
        raise psycopg.Rollback
    assert received.load(conn, unit.unit_id, EPOCH) == []


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(ranges, max_size=5))
def test_like_a_set(conn: Connection, unit: Unit, steps: list[list[tuple[int, int]]]) -> None:
    conn.execute("DELETE FROM received")
    expected: set[int] = set()
    for step in steps:
        received.add(conn, {(unit.unit_id, EPOCH): step})
        expected.update(seq for first, last in step for seq in range(first, last + 1))
    assert received.load(conn, unit.unit_id, EPOCH) == pieces(expected)
