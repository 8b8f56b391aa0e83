from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from store import pool
from store.errors import StoreError
from store.line import Line


@pytest.fixture
def line(database_url: str) -> Iterator[Line]:
    with pool.connect(database_url) as conn:
        yield conn


def test_work_is_done_while_the_database_is_at_work_and_its_answer_is_the_same(line: Line) -> None:
    done: list[int] = []

    def work() -> bool:
        done.append(len(done))
        return len(done) < 1000

    with line.meanwhile(work):
        assert line.execute("SELECT 7, pg_sleep(0.2)").fetchone() == (7, "")
    assert done == list(range(1000)), "each piece once, and none after it said that there is no more"


def test_work_without_end_does_not_keep_an_answer_waiting(line: Line) -> None:
    pieces = 0

    def work() -> bool:
        nonlocal pieces
        pieces += 1
        time.sleep(0.001)
        return True

    began = time.monotonic()
    with line.meanwhile(work):
        line.execute("SELECT pg_sleep(0.2)")
    assert pieces > 20
    assert time.monotonic() - began < 1.0
    line.execute("SELECT pg_sleep(0.05)")
    before = pieces
    line.execute("SELECT pg_sleep(0.05)")
    assert pieces == before, "not beyond the block"


def test_work_that_fails_costs_no_transaction(line: Line) -> None:
    calls = 0

    def work() -> bool:
        nonlocal calls
        calls += 1
        raise ZeroDivisionError

    with pool.transaction(line), line.meanwhile(work):
        line.execute("CREATE TABLE kept (n int)")
        line.execute("INSERT INTO kept SELECT 1 FROM pg_sleep(0.05)")
    assert line.execute("SELECT n FROM kept").fetchall() == [(1,)]
    assert calls == 1, "and is left alone"


def test_megabytes_pass_both_ways_beside_work(line: Line) -> None:
    line.execute("CREATE TABLE long (text text)")
    rows = [f"{number:06}" + "x" * 1000 for number in range(20_000)]
    left = 5_000

    def work() -> bool:
        nonlocal left
        left -= 1
        return left > 0

    with line.meanwhile(work), line.cursor() as cursor:
        with cursor.copy("COPY long FROM STDIN") as copy:
            copy.write("".join(f"{row}\n" for row in rows))
        assert [text for (text,) in cursor.execute("SELECT text FROM long ORDER BY 1")] == rows
    assert left < 5_000


def test_a_database_that_stands_still_is_left_in_time_also_amid_work(line: Line) -> None:
    began = time.monotonic()
    with pytest.raises(StoreError, match="no answer for"), line.meanwhile(lambda: True):  # noqa: SIM117
        with pool.answered_within(line, 0.3, "wait"):
            line.execute("SELECT pg_sleep(30)")
    assert time.monotonic() - began < 5.0
    assert line.was_cut and line.closed


def test_the_shorter_of_two_limits_counts(line: Line) -> None:
    with line.within(60.0):
        with line.within(0.2), pytest.raises(Exception, match="connection"):
            line.execute("SELECT pg_sleep(30)")
        assert line.was_cut
