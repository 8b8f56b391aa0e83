"""Answers over two connections at once; the walk through a night is in tests/notifier."""

from __future__ import annotations

import asyncio

import pytest

from alerts.responsibility import Move
from evaluation import answering
from evaluation.answering import Outcome
from store import alert_queries, notices, pool, registry
from store.pool import Connection
from tests.store.told import NOW_US, alert, asked, notice, person


@pytest.mark.parametrize("seed", range(5))
async def test_of_two_who_accept_at_once_one_has_it_and_both_are_on_record(database_url: str, seed: int) -> None:
    with pool.connect(database_url) as conn:
        number, users = _asked(conn)
    opened = await pool.open_pool(database_url, size=4)

    async def accept(user: int) -> Outcome:
        async with opened.transaction() as aconn:
            return (await answering.answer(aconn, number, Move.ACCEPT, user, NOW_US)).outcome

    outcomes = await asyncio.gather(*(accept(user) for user in users))
    await opened.close()
    assert sorted(outcomes) == [Outcome.DONE, Outcome.ACCEPTED_BY_OTHER]
    winner = users[outcomes.index(Outcome.DONE)]
    with pool.connect(database_url) as conn:
        row = notices.lock(conn, number)
        assert row is not None and row.accepted_by == winner
        said = conn.execute("SELECT actor, move FROM notice_event WHERE actor IS NOT NULL").fetchall()
        assert sorted(said) == sorted((user, "accept" if user == winner else "") for user in users)
        # Its alert is acknowledged, by the same person.
        assert conn.execute("SELECT acknowledged_by FROM alert").fetchall() == [(winner,)]


async def test_accepting_and_acknowledging_at_once_do_not_wait_for_each_other_for_ever(database_url: str) -> None:
    with pool.connect(database_url) as conn:
        number, users = _asked(conn)
        wanted = conn.execute("SELECT alert_id FROM alert").fetchall()[0][0]
    opened = await pool.open_pool(database_url, size=4)

    async def accept() -> None:
        async with opened.transaction() as aconn:
            await answering.answer(aconn, number, Move.ACCEPT, users[0], NOW_US)

    async def acknowledge() -> alert_queries.Acknowledgement:
        async with opened.transaction() as aconn:
            return await answering.acknowledge(aconn, wanted, users[1], NOW_US)

    for _ in range(10):
        await asyncio.gather(accept(), acknowledge())
    await opened.close()


async def test_what_cannot_be_answered_says_why(database_url: str) -> None:
    with pool.connect(database_url) as conn:
        number, users = _asked(conn)
    opened = await pool.open_pool(database_url, size=1)

    async def answer(notice_id: int, move: Move, user: int) -> Outcome:
        async with opened.transaction() as aconn:
            return (await answering.answer(aconn, notice_id, move, user, NOW_US)).outcome

    assert await answer(number + 1, Move.ACCEPT, users[0]) is Outcome.UNKNOWN
    assert await answer(number, Move.RELEASE, users[0]) is Outcome.NOT_YOURS
    assert await answer(number, Move.ACCEPT, users[0]) is Outcome.DONE
    assert await answer(number, Move.REJECT, users[1]) is Outcome.ACCEPTED_BY_OTHER
    assert await answer(number, Move.REJECT, users[0]) is Outcome.YOURS
    with pool.connect(database_url) as conn:
        notices.append(conn, notices.NoticeEvent(number, NOW_US, "resolve", "over", "high", 1, "over"))
    assert await answer(number, Move.ACCEPT, users[1]) is Outcome.OVER
    await opened.close()


def _asked(conn: Connection) -> tuple[int, list[int]]:
    unit = registry.add_unit(conn, "Home", "North", NOW_US)
    number, wanted = notice(conn, unit), alert(conn, unit)
    notices.append(conn, asked(number))
    notices.note_judgements(conn, [notices.Judged(wanted, number, "ask", "ask", "now")], NOW_US)
    return number, [person(conn, "anna"), person(conn, "boris")]
