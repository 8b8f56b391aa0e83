from __future__ import annotations

import asyncio

from store import deliveries, notice_answers, notice_steps, notices
from store.notices import NoticeEvent
from store.pool import Connection, Pool
from store.registry import Unit
from tests.store.told import NOW_US, SECOND, alert, asked, notice, person, way


async def test_whoever_comes_second_sees_what_the_first_has_done(conn: Connection, apool: Pool, unit: Unit) -> None:
    number, user = notice(conn, unit), person(conn)
    locked, go_on = asyncio.Event(), asyncio.Event()

    async def first() -> None:
        async with apool.transaction() as aconn:
            await notice_answers.lock(aconn, number)
            locked.set()
            await go_on.wait()
            taken = NoticeEvent(
                number, NOW_US, "accept", "accepted", "high", 0, "accepted", user, user, NOW_US + SECOND
            )
            await notice_answers.append(aconn, taken)

    async def second() -> str:
        await locked.wait()
        asyncio.get_running_loop().call_later(0.05, go_on.set)
        async with apool.transaction() as aconn:
            row = await notice_answers.lock(aconn, number)
            assert row is not None
            return row.state

    _, state = await asyncio.gather(first(), second())
    assert state == "accepted"


async def test_an_answer_calls_off_steps_and_deliveries(conn: Connection, apool: Pool, unit: Unit) -> None:
    number, user, wanted = notice(conn, unit), person(conn), alert(conn, unit)
    notices.append(conn, asked(number))
    notices.note_judgements(conn, [notices.Judged(wanted, number, "ask", "ask", "now")], NOW_US)
    deliveries.queue(conn, [deliveries.Wanted(number, 1, 0, [way(conn, user)], "high")], NOW_US)
    row = notices.lock(conn, number)
    assert row is not None
    async with apool.transaction() as aconn:
        assert await notice_answers.notice_of_alert(aconn, wanted) == number
        assert await notice_answers.notice_of_alert(aconn, wanted + 1) is None
        assert await notice_answers.open_alerts(aconn, number) == [wanted]
        await notice_answers.plan(aconn, number, 1, [("first", NOW_US), ("backup", NOW_US + 120 * SECOND)])
        await notice_answers.hurry(aconn, number, 1, NOW_US)
        await notice_answers.answer_deliveries(aconn, row, user, "rejected", NOW_US)
        await notice_answers.look_again(aconn, number, NOW_US)
    assert [used.state for used in deliveries.used(conn, number, 1)] == ["rejected"]
    assert deliveries.next_due_us(conn) is None
    assert notices.due_rechecks(conn, NOW_US) == [(number, unit.unit_id)]
    async with apool.transaction() as aconn:
        await notice_answers.cancel(aconn, number, NOW_US, "accepted")
    assert notice_steps.due_steps(conn, [number], NOW_US + 999 * SECOND) == []


async def test_no_such_notice(apool: Pool) -> None:
    async with apool.transaction() as aconn:
        assert await notice_answers.lock(aconn, 99) is None
