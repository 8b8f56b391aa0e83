from __future__ import annotations

import asyncio
import threading

import pytest

from store import accounts, alert_log, alert_queries, notices, pool, registry, shelvings
from store.alert_log import AlertEventRow
from store.alert_queries import Acknowledgement, Clinic, Outcome, Version
from store.announcements import Announcement, Topic
from store.notices import Judged
from store.pool import Connection, Pool
from store.registry import Unit
from store.shelvings import Shelving
from telemetry.alarms import ConditionState, Priority
from tests.store import told

NOW_US = 1_750_000_000_000_000
UNACKNOWLEDGED, ACKNOWLEDGED = ConditionState.ACTIVE_UNACKNOWLEDGED, ConditionState.ACTIVE_ACKNOWLEDGED
LATCHED, NORMAL = ConditionState.LATCHED_CLEAR, ConditionState.NORMAL


def add(
    conn: Connection, unit: Unit, state: ConditionState = UNACKNOWLEDGED, priority: Priority = Priority.HIGH,
    at: int = 0, alert_id: int | None = None,
) -> tuple[int, int]:  # fmt: skip
    number = alert_id or alert_log.reserve_ids(conn, 1)[0]
    row = AlertEventRow(
        number, unit.unit_id, "R10", "3", priority, state, NOW_US + at, f"reason {at}", {"venous_pressure": 21.5},
        {"drop": 20.0},
    )  # fmt: skip
    return number, alert_log.append(conn, [row], NOW_US + at + 5)[0]


@pytest.fixture
def people(conn: Connection) -> tuple[int, int]:
    ids = [
        accounts.add_user(
            conn, email=f"{name}@x", name=name, role="nurse", clinic_id=None, password_hash="", now_us=NOW_US
        )
        for name in ("Ada", "Bo")
    ]
    return ids[0], ids[1]


async def test_what_stands_high_first_then_newest(conn: Connection, apool: Pool, unit: Unit) -> None:
    low, _ = add(conn, unit, priority=Priority.LOW, at=9)
    old, _ = add(conn, unit, at=1)
    new, _ = add(conn, unit, LATCHED, at=2)
    over, _ = add(conn, unit, at=3)
    add(conn, unit, NORMAL, at=4, alert_id=over)
    async with apool.connection() as aconn:
        assert [a.alert_id for a in await alert_queries.current(aconn)] == [new, old, low]
        assert [a.alert_id for a in await alert_queries.recent(aconn, NOW_US + 9)] == [low, over, new, old]
        assert [a.alert_id for a in await alert_queries.recent(aconn, NOW_US + 10)] == [low, new, old]
        assert [a.alert_id for a in await alert_queries.recent(aconn, 0, limit=1)] == [low]


async def test_a_clinic_has_its_own(conn: Connection, apool: Pool, unit: Unit) -> None:
    other = registry.add_unit(conn, "elsewhere", "South", NOW_US)
    here, _ = add(conn, unit)
    there, _ = add(conn, other)
    async with apool.connection() as aconn:
        for clinic, wanted in ((unit.clinic_id, [here]), (other.clinic_id, [there]), (None, [])):
            of = Clinic(clinic)
            assert [a.alert_id for a in await alert_queries.current(aconn, of)] == wanted
            assert [a.alert_id for a in await alert_queries.recent(aconn, 0, of=of)] == wanted


async def test_versions_are_those_of_what_stands(conn: Connection, apool: Pool, unit: Unit) -> None:
    trial = registry.add_unit(conn, "trial", "North", NOW_US)
    conn.execute("UPDATE unit SET is_test = true WHERE unit_id = %s", [trial.unit_id])
    add(conn, trial)
    over, _ = add(conn, unit)
    add(conn, unit, NORMAL, alert_id=over)
    one, _ = add(conn, unit)
    number = told.notice(conn, unit)
    notices.note_judgements(conn, [Judged(one, number, "ask", "ask", "now")], NOW_US)

    async def versions() -> list[Version]:
        async with apool.connection() as aconn:
            (alert,) = await alert_queries.current(aconn)
            found = await alert_queries.open_versions(aconn)
        assert found == [Version(one, alert.last_event_id, alert.notice_event_id, alert.shelf_event_id)]
        return found

    seen = [await versions()]
    for deed in (
        lambda: add(conn, unit, ACKNOWLEDGED, alert_id=one),
        lambda: notices.append(conn, told.asked(number)),
        lambda: shelvings.end(conn, unit.unit_id, "R10", Shelving("ended", "high", one, NOW_US, None, "over"), NOW_US),
    ):
        deed()
        assert await versions() not in seen
        seen.append(await versions())


async def test_one_alert_and_its_steps(conn: Connection, apool: Pool, unit: Unit, people: tuple[int, int]) -> None:
    alert_id, opened = add(conn, unit, priority=Priority.MEDIUM)
    async with apool.transaction() as aconn:
        await alert_queries.acknowledge(aconn, alert_id, people[0], NOW_US + 100, "called\0 home")
    _, raised = add(conn, unit, priority=Priority.HIGH, at=200, alert_id=alert_id)
    async with apool.connection() as aconn:
        found = await alert_queries.by_id(aconn, alert_id)
        assert found is not None
        assert (found.unit, found.clinic_id, found.rule, found.rule_version) == (unit.name, unit.clinic_id, "R10", "3")
        assert (found.priority, found.state, found.late) == (Priority.HIGH, UNACKNOWLEDGED, False)
        assert (found.since_us, found.time_us, found.changed_us) == (NOW_US, NOW_US + 200, NOW_US + 205)
        assert (found.reason, found.inputs, found.limits) == ("reason 200", {"venous_pressure": 21.5}, {"drop": 20.0})
        assert (found.acknowledged_by, found.acknowledged_name, found.acknowledged_us) == (None, None, None)
        assert found.last_event_id == raised
        assert await alert_queries.changed(aconn, [Announcement(Topic.ALERT, n) for n in (opened, raised)]) == [found]
        assert await alert_queries.by_id(aconn, 99) is None
        assert await alert_queries.changed(aconn, [Announcement(Topic.ALERT, 99)]) == []
        steps = await alert_queries.events_of(aconn, alert_id)
    assert [(s.state, s.priority, s.actor_name, s.note) for s in steps] == [
        (UNACKNOWLEDGED, Priority.MEDIUM, None, ""),
        (ACKNOWLEDGED, Priority.MEDIUM, "Ada", "called\ufffd home"),
        (UNACKNOWLEDGED, Priority.HIGH, None, ""),
    ]
    assert [(s.event_id, s.recorded_us) for s in steps][::2] == [(opened, NOW_US + 5), (raised, NOW_US + 205)]


async def test_an_acknowledged_alert_keeps_its_reason(
    conn: Connection, apool: Pool, unit: Unit, people: tuple[int, int]
) -> None:
    alert_id, _ = add(conn, unit)
    async with apool.transaction() as aconn:
        done = await alert_queries.acknowledge(aconn, alert_id, people[1], NOW_US + 100)
        assert done == Acknowledgement(Outcome.ACKNOWLEDGED, people[1], "Bo", NOW_US + 100)
        found = await alert_queries.by_id(aconn, alert_id)
    assert found is not None
    assert (found.state, found.reason, found.time_us) == (ACKNOWLEDGED, "reason 0", NOW_US)
    assert (found.acknowledged_by, found.acknowledged_name, found.acknowledged_us) == (people[1], "Bo", NOW_US + 100)


@pytest.mark.parametrize("end", [LATCHED, NORMAL])
async def test_an_alert_that_cleared_still_says_why_it_was_raised(
    conn: Connection, apool: Pool, unit: Unit, end: ConditionState
) -> None:
    alert_id, _ = add(conn, unit, priority=Priority.MEDIUM)
    add(conn, unit, at=10, alert_id=alert_id)  # it rose to high: that is what people are to read
    add(conn, unit, end, at=20, alert_id=alert_id)
    async with apool.connection() as aconn:
        found = await alert_queries.by_id(aconn, alert_id)
        steps = await alert_queries.events_of(aconn, alert_id)
    assert found is not None
    assert (found.state, found.reason, found.time_us) == (end, "reason 10", NOW_US + 10)
    assert [step.reason for step in steps] == ["reason 0", "reason 10", "reason 20"], "its end is on record too"


@pytest.mark.parametrize(
    ("state", "first", "second", "after"),
    [
        (UNACKNOWLEDGED, Outcome.ACKNOWLEDGED, Outcome.ALREADY, ACKNOWLEDGED),
        (LATCHED, Outcome.ACKNOWLEDGED, Outcome.ALREADY, NORMAL),
        (NORMAL, Outcome.OVER, Outcome.OVER, NORMAL),
    ],
)
async def test_acknowledging_twice(
    conn: Connection, apool: Pool, unit: Unit, people: tuple[int, int], state: ConditionState, first: Outcome,
    second: Outcome, after: ConditionState,
) -> None:  # fmt: skip
    alert_id, _ = add(conn, unit, state)
    async with apool.transaction() as aconn:
        assert (await alert_queries.acknowledge(aconn, alert_id, people[0], NOW_US + 10)).outcome is first
    async with apool.transaction() as aconn:
        again = await alert_queries.acknowledge(aconn, alert_id, people[1], NOW_US + 20)
    who = (people[0], "Ada", NOW_US + 10) if second is Outcome.ALREADY else (None, None, None)
    assert again == Acknowledgement(second, *who)
    assert alert_log.lock(conn, [alert_id])[alert_id].state is after


async def test_nothing_to_acknowledge(apool: Pool) -> None:
    async with apool.transaction() as aconn:
        assert await alert_queries.acknowledge(aconn, 99, 1, NOW_US) == Acknowledgement(Outcome.UNKNOWN)


async def test_two_people_at_once_have_one_outcome(
    conn: Connection, apool: Pool, unit: Unit, people: tuple[int, int]
) -> None:
    async def person(alert_id: int, user_id: int, both: asyncio.Barrier) -> Acknowledgement:
        async with apool.transaction() as aconn:
            await both.wait()
            return await alert_queries.acknowledge(aconn, alert_id, user_id, NOW_US + user_id)

    for _ in range(10):
        alert_id, _ = add(conn, unit)
        both = asyncio.Barrier(2)
        outcomes = await asyncio.gather(*(person(alert_id, user, both) for user in people))
        assert sorted(o.outcome for o in outcomes) == [Outcome.ACKNOWLEDGED, Outcome.ALREADY]
        assert len({(o.by_user_id, o.by_name, o.at_us) for o in outcomes}) == 1
        events = conn.execute("SELECT count(*) FROM alert_event WHERE alert_id = %s", [alert_id]).fetchone()
        assert events == (2,)


async def test_the_end_waits_for_the_acknowledgement(
    database_url: str, conn: Connection, apool: Pool, unit: Unit, people: tuple[int, int]
) -> None:
    alert_id, _ = add(conn, unit)
    seen: list[ConditionState] = []

    def end() -> None:
        with pool.connect(database_url) as own, pool.transaction(own):
            seen.append(alert_log.lock(own, [alert_id])[alert_id].state)
            add(own, unit, NORMAL, at=50, alert_id=alert_id)

    ending = threading.Thread(target=end)
    async with apool.transaction() as aconn:
        await alert_queries.acknowledge(aconn, alert_id, people[0], NOW_US + 10)
        ending.start()
        while conn.execute("SELECT count(*) FROM pg_locks WHERE NOT granted").fetchone() != (1,):
            await asyncio.sleep(0.01)
        assert seen == []
    await asyncio.to_thread(ending.join)
    assert seen == [ACKNOWLEDGED]
    async with apool.connection() as aconn:
        found = await alert_queries.by_id(aconn, alert_id)
    assert found is not None
    assert (found.state, found.acknowledged_name) == (NORMAL, "Ada")
