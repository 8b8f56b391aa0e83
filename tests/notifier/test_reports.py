"""What is known of several pages is written once and together; with the dispatch and a lost database: test_kept.py."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from alerts.delivery import DeliveryState
from notifier.dispatch import Job, Outcome
from notifier.kept import KeptDeliveries
from notifier.metrics import Metrics
from notifier.page import Site
from notifier.reports import Ended, Reports
from store import heartbeat, notices
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
