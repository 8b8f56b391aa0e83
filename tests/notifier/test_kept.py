from __future__ import annotations

from collections.abc import Iterator

import pytest

from alerts.delivery import DeliveryState
from alerts.responsibility import Move
from notifier.dispatch import Outcome
from notifier.kept import KeptDeliveries
from notifier.metrics import Metrics
from notifier.page import Site
from store import deliveries, heartbeat, notices
from store.errors import StoreError
from telemetry.alarms import Priority
from tests.notifier.world import World

NONE: frozenset[str] = frozenset()


@pytest.fixture
def kept(database_url: str) -> Iterator[KeptDeliveries]:
    found = KeptDeliveries(database_url, "n1", Site(url="https://hd.example.org"), Metrics())
    yield found
    found.close()


def events(world: World) -> list[tuple[object, ...]]:
    return world.rows("SELECT state, attempt, detail FROM delivery_event ORDER BY event_id")


def test_a_page_goes_out_under_a_key_that_stays(world: World, kept: KeptDeliveries) -> None:
    world.alert()
    world.settle()
    heartbeat.beat(world.conn, "notifier", "n1", notices.database_us(world.conn))
    (job,) = kept.claim(8, NONE, high_only=True)
    assert (job.host, job.failed, job.page.priority) == ("127.0.0.1", 0, Priority.HIGH)
    assert job.page.link == f"https://hd.example.org/deliveries/{job.id}" and len(job.page.receipt) == 32
    assert list(kept.claim(8, NONE, high_only=False)) == []
    kept.report(job, Outcome(None, "timed out", 0.0))
    (again,) = kept.claim(8, NONE, high_only=False)
    assert (again.page.key, again.page.receipt, again.failed) == (job.page.key, job.page.receipt, 1)
    kept.report(again, Outcome(DeliveryState.SENT, "taken"))
    assert list(kept.claim(8, NONE, high_only=False)) == []
    assert events(world) == [("queued", 0, ""), ("queued", 1, "timed out"), ("sent", 2, "taken")]


def test_what_is_not_wanted_any_more_is_not_tried_again(world: World, kept: KeptDeliveries) -> None:
    world.alert()
    world.settle()
    (job,) = kept.claim(8, NONE, high_only=False)
    world.answer("anna", Move.ACCEPT)
    kept.report(job, Outcome(None, "timed out", 2.0))
    assert deliveries.next_due_us(world.conn) is None
    # That the service took it late is on record; the answer stands.
    kept.report(job, Outcome(DeliveryState.SENT, "taken"))
    assert world.rows("SELECT state FROM delivery") == [("accepted",)]


def test_a_channel_that_is_gone_takes_the_notice_to_the_next_at_once(world: World, kept: KeptDeliveries) -> None:
    world.now_us = notices.database_us(world.conn)
    world.alert()
    world.settle()
    (job,) = kept.claim(8, NONE, high_only=False)
    kept.report(job, Outcome(DeliveryState.FAILED, "410 gone"))
    assert world.rows("SELECT disabled_why FROM channel WHERE channel_id = %s", world.ways["anna 1"]) == [("410 gone",)]
    world.now_us = notices.database_us(world.conn)
    world.settle()
    names = [name for _, name in world.pages()]
    assert names == ["anna 1", "boris 1", "boris 2"]


def test_a_database_that_is_away_is_an_error_and_comes_back(world: World, kept: KeptDeliveries) -> None:
    world.alert()
    world.settle()
    assert kept.claim(0, NONE, high_only=False) == []
    world.rows(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'homehd notifier pages'"
        " AND datname = current_database()"
    )
    with pytest.raises(StoreError):
        kept.claim(8, NONE, high_only=False)
    assert len(kept.claim(8, NONE, high_only=False)) == 1
