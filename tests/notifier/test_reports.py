"""What is known of several pages is written once and together; with the dispatch and a lost database: test_kept.py."""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO

import pytest

from alerts.delivery import DeliveryState
from notifier.dispatch import Job, Outcome
from notifier.kept import KeptDeliveries
from notifier.metrics import Metrics
from notifier.page import Site
from notifier.reports import Ended, Reports
from store import heartbeat, notices
from store.errors import StoreError
from telemetry.alarms import Priority
from tests.notifier.world import World


@pytest.fixture
def jobs(world: World, database_url: str) -> Iterator[list[Job]]:
    """Three that `n1` has claimed."""
    heartbeat.beat(world.conn, "notifier", "n1", notices.database_us(world.conn) + 600_000_000)
    for rule in ("R10", "R20", "R90"):
        world.alert(rule, Priority.HIGH)
    world.settle()
    kept = KeptDeliveries(database_url, "n1", Site(), Metrics())
    yield [job for _ in range(3) for job in kept.claim(8, frozenset(), high_only=False)]
    kept.close()


def states(world: World) -> list[tuple[str, bool]]:
    rows = world.rows("SELECT state, claimed_by IS NULL FROM delivery ORDER BY delivery_id")
    return [(state, free) for state, free in rows]


def test_all_that_waits_is_written_in_one_transaction_and_once(world: World, jobs: list[Job]) -> None:
    reports = Reports("n1")
    ended = [Ended(job, Outcome(DeliveryState.SENT, "taken")) for job in jobs[:2]]
    ended.append(Ended(jobs[2], Outcome(None, "timed out", 2.0)))
    for one in ended:
        reports.add(one)
    assert all(reports.waits(one) for one in ended)
    assert reports.write(world.conn) == 3 and reports.write(world.conn) == 0
    assert not any(reports.waits(one) for one in ended)
    assert states(world) == [("sent", True), ("sent", True), ("queued", True)]
    written = world.rows("SELECT count(*), count(DISTINCT xmin::text) FROM delivery_event WHERE detail <> ''")
    assert written == [(3, 1)]


def test_what_another_has_taken_over_is_its_own_to_try_again(world: World, jobs: list[Job]) -> None:
    reports = Reports("n2")
    reports.add(Ended(jobs[0], Outcome(None, "timed out", 2.0)))
    reports.add(Ended(jobs[1], Outcome(DeliveryState.SENT, "taken late")))
    reports.write(world.conn)
    # That it arrived is true whoever sent it.
    assert states(world) == [("queued", False), ("sent", True), ("queued", False)]


@pytest.mark.parametrize("ours", [False, True])
def test_one_that_cannot_be_written_keeps_none_of_the_others(
    world: World, jobs: list[Job], ours: bool, log: StringIO
) -> None:
    if ours:
        # As a newer version could have it.
        world.rows("UPDATE delivery SET state = 'snoozed' WHERE delivery_id = %s RETURNING 1", jobs[1].id)
    else:
        world.conn.execute("ALTER TABLE delivery_event ADD CHECK (detail <> 'bad') NOT VALID")
    refused: list[bool] = []
    reports = Reports("n1", lambda: refused.append(True))
    for job, detail in zip(jobs, ("taken", "bad", "taken"), strict=True):
        reports.add(Ended(job, Outcome(DeliveryState.SENT, detail)))
    assert reports.write(world.conn) == 2 and reports.write(world.conn) == 0
    assert [free for _, free in states(world)] == [True] * 3
    assert [state for state, _ in states(world)] == ["sent", "snoozed" if ours else "queued", "sent"]
    # What became of that page nobody knows: it is tried again, but not at once and without end.
    again = world.rows("SELECT next_try_at - now() > interval '50 seconds' FROM delivery WHERE next_try_at IS NOT NULL")
    assert again == [(True,)] and refused == [True] and "cannot be recorded" in log.getvalue()


def test_what_the_database_cannot_do_now_is_kept_whole(world: World, jobs: list[Job]) -> None:
    """Also what a person has to mend first: sent again meanwhile, it would ring a phone every minute."""
    reports = Reports("n1")
    for job in jobs:
        reports.add(Ended(job, Outcome(DeliveryState.SENT, "taken")))
    world.conn.execute("ALTER TABLE delivery_event RENAME TO elsewhere")
    with pytest.raises(StoreError):
        reports.write(world.conn)
    assert reports.held() == {job.id for job in jobs}
    world.conn.execute("ALTER TABLE elsewhere RENAME TO delivery_event")
    assert reports.write(world.conn) == 3
