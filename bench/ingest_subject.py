"""What `bench.ingest` measures, as a process of its own on a core of its own. All of them count what they receive.

- paho: paho-mqtt as it comes, with its own thread (`loop_start`), and every message thrown away.
- loop: our reader (`ingest.broker_loop`), and every message thrown away.
- ingest: the whole service, subscriber and worker, but for its health port.

Shared counts: 0 received, 1 done with (committed), 2 CPU time used in µs, 3 the load is ready, 4 go (1) and end (2),
5 waiting in the inbox, 6 the subject is ready, 7 what is measured has begun,
8 messages sent, 9 a paced load is to stop (1) and has (2).
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.sharedctypes import SynchronizedArray
from typing import Any, Final

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from alerts import ruleset
from ingest import service
from ingest.inbox import Inbox, Message
from ingest.metrics import Metrics
from ingest.shards import ALL
from ingest.subscriber import Subscriber
from ingest.worker import Settings, Worker
from telemetry.clock import SystemClock

_TELL_S: Final = 0.02
_PATTERN: Final = "hhd/1/+/+/up"


@dataclass(frozen=True)
class Subject:
    """What to run, and where."""

    kind: str
    broker_url: str
    port: int
    database_url: str
    core: int


class _Counting(Inbox):
    """Counts what comes, and knows of every message that was taken out when it came."""

    def __init__(self, *, keep: bool) -> None:
        super().__init__()
        self._keep = keep
        self.received = 0
        self.taken: list[Message] = []

    def put(self, *messages: Message) -> None:
        self.received += len(messages)
        if self._keep:
            super().put(*messages)

    def drain(self, max_messages: int, max_bytes: int, timeout_s: float) -> list[Message]:
        self.taken = super().drain(max_messages, max_bytes, timeout_s)
        return self.taken


class _Committed:
    """Stands for the counter of messages, which is raised right after the commit."""

    def __init__(self, inbox: _Counting, counts: SynchronizedArray[Any]) -> None:
        self._inbox = inbox
        self._counts = counts
        self.count = 0
        self.delays_us: list[int] = []

    def inc(self, amount: float = 1) -> None:
        now_us = time.time_ns() // 1000
        self.count += int(amount)
        if self._counts[7]:
            self.delays_us += [now_us - message.received_us for message in self._inbox.taken]


def run(subject: Subject, counts: SynchronizedArray[Any], told: Connection) -> None:
    """The process. At the end `told` gets the delays from receipt to commit in microseconds, none where none are."""
    os.sched_setaffinity(0, {subject.core})
    run_kind = {"paho": _paho, "loop": _loop, "ingest": _ingest}[subject.kind]
    told.send(run_kind(subject, counts))


def _paho(subject: Subject, counts: SynchronizedArray[Any]) -> Sequence[int]:
    seen = [0]

    def on_message(*_: object) -> None:
        seen[0] += 1

    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="paho")
    ready = threading.Event()
    client.on_message = on_message
    client.on_connect = lambda *_: client.subscribe(_PATTERN, 0)
    client.on_subscribe = lambda *_: ready.set()
    client.connect("127.0.0.1", subject.port)
    client.loop_start()
    ready.wait(10)
    _watch(counts, lambda: (seen[0], seen[0], 0))
    client.disconnect()
    client.loop_stop()
    return []


def _loop(subject: Subject, counts: SynchronizedArray[Any]) -> Sequence[int]:
    inbox = _Counting(keep=False)
    subscriber = _subscribed(subject, inbox)
    subscriber.own(ALL)
    _wait_until_heard(subscriber)
    _watch(counts, lambda: (inbox.received, inbox.received, 0))
    subscriber.stop()
    return []


def _ingest(subject: Subject, counts: SynchronizedArray[Any]) -> Sequence[int]:
    inbox, metrics = _Counting(keep=True), Metrics()
    committed = _Committed(inbox, counts)
    metrics.messages = committed  # type: ignore[assignment]
    subscriber = _subscribed(subject, inbox)
    worker = Worker(
        Settings(subject.database_url, ALL, ruleset.load(), "bench"), inbox, subscriber, SystemClock(), metrics
    )
    worker.open()
    service.spare_collector()
    stop = threading.Event()
    thread = threading.Thread(target=worker.run, args=(stop,))
    thread.start()
    _wait_until_heard(subscriber)
    _watch(counts, lambda: (inbox.received, committed.count, len(inbox)))
    stop.set()
    thread.join()
    subscriber.stop()
    return committed.delays_us


def _subscribed(subject: Subject, inbox: Inbox) -> Subscriber:
    subscriber = Subscriber(subject.broker_url, "ingest-bench", inbox, SystemClock())
    subscriber.start()
    return subscriber


def _wait_until_heard(subscriber: Subscriber) -> None:
    while not (subscriber.connected and subscriber.answered):
        time.sleep(0.01)
    time.sleep(0.1)  # Mosquitto answers when it is effective, NATS a moment before


def _watch(counts: SynchronizedArray[Any], look: Any) -> None:
    """Tell the counts until we are to end."""
    counts[6] = 1
    while counts[4] != 2:
        counts[0], counts[1], counts[5] = look()
        counts[2] = time.process_time_ns() // 1000
        time.sleep(_TELL_S)
