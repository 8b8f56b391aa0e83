"""`homehd ingest`: broker session, worker and health port, put together."""

from __future__ import annotations

import gc
import logging
import os
import socket
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from alerts import ruleset
from alerts.between import ruleset as between_rules
from ingest.conflicts import ConflictWatch
from ingest.day_order import DayKeeper
from ingest.inbox import Inbox
from ingest.late_pass import LatePass
from ingest.lookout import Lookout
from ingest.metrics import Metrics
from ingest.minutes import MinuteKeeper
from ingest.opener import Settings
from ingest.reviews import Reviewer
from ingest.shards import ALL
from ingest.subscriber import Subscriber
from ingest.summaries import Summariser
from ingest.worker import Worker
from store.vital_signs import VitalSigns
from telemetry.clock import Clock
from telemetry.health_port import HealthPort

log = logging.getLogger(__name__)

# The worker writes its heartbeat every two seconds: silence for this long is a fault.
STALE_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class IngestOptions:
    """What `homehd ingest` is told.

    Attributes:
        shards: those to take when they are free. health_port: 0 = any free one, printed in the log.
        database_folders: where the database keeps its files, if they are on this machine.
    """

    database_url: str
    broker_url: str
    shards: frozenset[int] = ALL
    health_port: int = 0
    database_folders: tuple[Path, ...] = ()


def run(options: IngestOptions, clock: Clock, stop: threading.Event) -> None:
    """Take in what the homes send until `stop`; then store and acknowledge what has arrived, within ten seconds.

    HomehdError when the database, the broker or the health port cannot be had at the start. Later troubles are logged,
    counted, and waited out.
    """
    instance = f"{socket.gethostname()}-{os.getpid()}"
    inbox, metrics = Inbox(), Metrics()
    subscriber = Subscriber(options.broker_url, f"ingest-{instance}", inbox, clock)
    rules = ruleset.load()
    signs = VitalSigns(options.database_folders, clock)
    settings = Settings(options.database_url, options.shards, rules, instance, signs)
    worker = Worker(settings, inbox, subscriber, clock, metrics)
    summariser = Summariser(options.database_url, lambda: worker.owned, clock, metrics)
    reviewer = Reviewer(options.database_url, between_rules.load(), lambda: worker.owned, clock, metrics)
    late_pass = LatePass(options.database_url, lambda: worker.owned, rules, clock, metrics)
    watch = ConflictWatch(options.database_url, worker.copies, clock, metrics)
    lookout = Lookout(options.database_url, lambda: worker.owned, metrics)
    keeper = MinuteKeeper(options.database_url, clock, metrics)
    days = DayKeeper(options.database_url, clock, metrics)
    _watch(metrics, worker, inbox, subscriber, clock)
    health = HealthPort(
        options.health_port, metrics.page, lambda: _health(worker, subscriber, inbox, clock), named="--health-port"
    )
    try:
        worker.open()
        spare_collector()
        subscriber.start()
        summariser.start()
        reviewer.start()
        late_pass.start()
        watch.start()
        lookout.start()
        keeper.start()
        days.start()
        log.info("ingest ready", extra={"fields": {"health_port": health.port, "instance": instance}})
        worker.run(stop)
    finally:
        summariser.stop()
        reviewer.stop()
        late_pass.stop()
        watch.stop()
        lookout.stop()
        keeper.stop()
        days.stop()
        worker.close()
        subscriber.stop()
        health.stop()
    log.info("ingest stopped", extra={"fields": {"left": len(inbox)}})


def spare_collector() -> None:
    """Keep Python's cycle collector from looking at every unit we know again and again.

    Nothing in the way of a message makes a cycle, everything there goes when the last reference does. But each message
    makes some containers, so the collector runs hundreds of times a second: a quarter of a message's time
    (bench/ingest_profile.txt). What is loaded by now stays as long as we do and is exempt; for the rest it runs less
    often.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


def _health(worker: Worker, subscriber: Subscriber, inbox: Inbox, clock: Clock) -> tuple[bool, dict[str, object]]:
    age_s = clock.monotonic_s() - worker.committed_s
    database = age_s < STALE_S
    detail: dict[str, object] = {
        "database": "answers" if database else f"silent for {age_s:.0f} s",
        "saving": f"nothing for {worker.unsaved_s:.0f} s: {worker.trouble}" if worker.unsaved_s else "works",
        "storing": "works" if worker.stores else "every message fails: see the log",
        "broker": subscriber.trouble or "connected",
        "silence": "judged" if worker.judges_silence else "not judged",
        "queue": len(inbox),
    }
    well = database and not worker.unsaved_s
    return well and worker.stores and worker.judges_silence and not subscriber.trouble, detail


def _watch(metrics: Metrics, worker: Worker, inbox: Inbox, subscriber: Subscriber, clock: Clock) -> None:
    def oldest_s() -> float:
        oldest_us = inbox.oldest_us()
        return 0.0 if oldest_us is None else (clock.now_us() - oldest_us) / 1e6

    metrics.silent_s.set_function(lambda: clock.monotonic_s() - worker.committed_s)
    metrics.unsaved_s.set_function(lambda: worker.unsaved_s)
    metrics.queue.set_function(lambda: len(inbox))
    metrics.oldest_s.set_function(oldest_s)
    metrics.pauses.set_function(lambda: subscriber.pauses)
    metrics.connected.set_function(lambda: int(subscriber.connected))
    metrics.hears.set_function(lambda: int(not subscriber.trouble))
