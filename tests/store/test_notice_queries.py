from __future__ import annotations

from store import alert_queries, deliveries, notice_queries, notice_steps, notices, registry
from store.alert_queries import ALL, Clinic
from store.announcements import Announcement, Topic
from store.notice_queries import PlannedStep
from store.notice_steps import DueStep
from store.notices import NewNotice, NoticeEvent
from store.pool import Connection, Pool
from store.registry import Unit
from tests.store.told import NOW_US, alert, asked, notice, person, way


async def test_a_clinic_has_its_own_and_what_is_of_no_home(conn: Connection, apool: Pool, unit: Unit) -> None:
    other = registry.add_unit(conn, "elsewhere", "South", NOW_US)
    here, there = notice(conn, unit), notice(conn, other)
    trouble = notices.open_notice(conn, NewNotice(None, None, None, "operations", "rota", "a hole", "medium"), NOW_US)
    async with apool.connection() as aconn:
        for of, wanted in (
            (ALL, {here, there, trouble}),
            (Clinic(unit.clinic_id), {here, trouble}),
            (Clinic(), {trouble}),
        ):
            assert {one.notice_id for one in await notice_queries.standing(aconn, of)} == wanted
            assert {one.notice_id for one in await notice_queries.recent(aconn, 0, of=of)} == wanted


async def test_why_somebody_was_told(conn: Connection, apool: Pool, unit: Unit) -> None:
    number, user, wanted = notice(conn, unit), person(conn), alert(conn, unit)
    notices.append(conn, asked(number))
    notices.note_judgements(conn, [notices.Judged(wanted, number, "ask", "ask", "somebody has to know now")], NOW_US)
    notice_steps.plan(conn, (number, 1, [("first", NOW_US)]))
    deliveries.queue(conn, [deliveries.Wanted(number, 1, 0, [way(conn, user)], "high")], NOW_US)
    notice_steps.end_steps(conn, [(DueStep(number, 1, 0, "first", NOW_US), "first: 1 asked")], NOW_US + 5)
    taken = NoticeEvent(number, NOW_US + 9, "accept", "accepted", "high", 1, "mine", user, user, NOW_US + 99)
    notices.append(conn, taken)
    async with apool.connection() as aconn:
        history = await notice_queries.history(aconn, number)
        (sent,) = await notice_queries.deliveries(aconn, number)
        assert await notice_queries.steps(aconn, number) == [
            PlannedStep(1, 0, "first", NOW_US, NOW_US + 5, "first: 1 asked")
        ]
        (changed,) = await alert_queries.changed(aconn, [Announcement(Topic.NOTICE, history[-1].event_id)])
    assert (changed.alert_id, changed.notice_id, changed.notice_state) == (wanted, number, "accepted")
    assert (changed.answerable_name, changed.notice_reason) == ("Anna", "mine")
    assert (changed.told_stage, changed.told_reason) == ("ask", "somebody has to know now")
    assert [(step.move, step.actor_name) for step in history] == [("ask", None), ("accept", "Anna")]
    assert (sent.user_name, sent.kind, sent.label, sent.state) == ("Anna", "apprise", "phone", "queued")
