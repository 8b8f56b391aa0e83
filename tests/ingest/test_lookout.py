from __future__ import annotations

import threading

from ingest.lookout import Lookout
from ingest.metrics import Metrics
from store import pool
from telemetry.messages import Status
from tests.ingest.conftest import Rig


def test_what_boxes_say_is_counted_for_the_shards_that_are_ours(rig: Rig) -> None:
    rig.add_unit("u2")
    now_us = rig.clock.now_us()
    rig.put(
        [
            rig.message(
                Status(1, "u1", True, now_us, outbox_rows=70, outbox_oldest_us=now_us - 90_000_000), direction="status"
            )
        ]
    )
    rig.turn()
    metrics = Metrics()
    with pool.connect(rig.url) as conn:
        Lookout(rig.url, lambda: rig.worker.owned, metrics).step(conn)
        found = metrics.registry.get_sample_value
        assert found("homehd_ingest_boxes", {"state": "online"}) == 1
        assert found("homehd_ingest_boxes", {"state": "never heard"}) == 1
        assert found("homehd_ingest_boxes_waiting_rows") == 70
        assert found("homehd_ingest_boxes_oldest_seconds") == 90
        assert found("homehd_ingest_boxes_behind") == 1
        assert found("homehd_ingest_backup_streams") == 0
        Lookout(rig.url, frozenset, metrics).step(conn)
        assert found("homehd_ingest_boxes", {"state": "online"}) == 0, "one that stands by counts nobody"


def test_it_looks_by_itself_and_ends(rig: Rig) -> None:
    metrics = Metrics()
    watch = Lookout(rig.url, lambda: rig.worker.owned, metrics)
    watch.start()
    pause = threading.Event()
    for _ in range(500):
        if metrics.registry.get_sample_value("homehd_ingest_boxes", {"state": "never heard"}) == 1:
            break
        pause.wait(0.02)
    watch.stop()
    assert metrics.registry.get_sample_value("homehd_ingest_boxes", {"state": "never heard"}) == 1


def test_a_database_that_is_away_is_waited_for(rig: Rig) -> None:
    watch = Lookout("postgresql://127.0.0.1:1/x", frozenset, Metrics())
    watch.start()
    watch.stop(10)
    assert not watch._thread.is_alive()
