"""Outbox to broker and back, against a real broker and an ingest that delays, forgets and refuses."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any

import pytest

from edge_agent.acquisition import Record, Stamp
from edge_agent.config import EdgeConfig, UplinkSettings
from edge_agent.forwarder import Forwarder
from edge_agent.health import Health
from edge_agent.intake import Intake
from edge_agent.outbox import Outbox
from edge_agent.outbox_file import OutboxError
from edge_agent.uplink import Topics, Uplink, UplinkSink
from edge_agent.window import WindowTuning
from homehd.brokers import Broker
from telemetry import broker_address, topics, wire
from telemetry.clock import SystemClock
from telemetry.messages import Ack, Batch, Lane, Refusal


class Home:
    """An agent without a machine."""

    def __init__(
        self,
        config: EdgeConfig,
        port: int,
        qos: int = 0,
        records: Sequence[Record] = (),
        tuning: WindowTuning | None = None,
    ) -> None:
        clock = SystemClock()
        stamp = lambda: Stamp(clock.now_us(), 1, True)  # noqa: E731
        names = Topics(*(topics.home(config.shard, config.unit, way) for way in ("up", "down", "status", "config")))
        self.outbox = Outbox(Path(config.outbox.path), now_us=1, max_bytes=1 << 24)
        self.forwarder = Forwarder(
            unit=config.unit,
            outbox=self.outbox,
            topics=names,
            tuning=tuning or WindowTuning(ack_timeout_s=0.4, longest_timeout_s=1),
            clock=clock,
            rng=Random(1),
            qos=qos,
        )
        self.intake = Intake(self.outbox, clock, stamp, self.forwarder.accepted)
        self.health = Health(config, clock, stamp, self.outbox, self.intake)
        forwarder = self.forwarder
        self.uplink = Uplink(
            broker_address.parse(f"mqtt://127.0.0.1:{port}"),
            UplinkSettings(),
            names,
            client_id="hhd-x",
            will=lambda: wire.encode(self.health.status(online=False)),
            sink=UplinkSink(forwarder.connected, forwarder.disconnected, forwarder.received, lambda _: None),
            clock=clock,
            rng=Random(1),
        )
        self.intake.put(records)
        self._stops = threading.Event(), threading.Event()
        self._threads = [
            threading.Thread(
                target=forwarder.run, args=(self.uplink, self.intake, self.health, self._stops[0]), daemon=True
            ),
            threading.Thread(target=self.uplink.run, args=(self._stops[1],), daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        for stop, thread in zip(self._stops, self._threads, strict=True):
            stop.set()
            self.forwarder.wake()
            thread.join(8)
            assert not thread.is_alive()
        self.outbox.close()


@pytest.fixture
def home(config: EdgeConfig, broker: Broker) -> Iterator[Home]:
    home = Home(config, broker.port)
    yield home
    home.end()


def accept_all(batch: Batch) -> Ack:
    return Ack(batch.epoch, [(seq, seq) for seq in wire.sequence_numbers(batch)])


def test_a_row_is_out_at_once_and_settled_when_acknowledged(home: Home, ingest: Any, tools: Any) -> None:
    clock = SystemClock()
    tools.wait_for(lambda: home.uplink.connects)
    waits = []
    for n in range(1, 21):
        began = clock.monotonic_s()
        home.intake.put([tools.reading()])
        tools.wait_for(lambda n=n: n in ingest.seqs())
        waits.append(clock.monotonic_s() - began)
    assert sorted(waits)[10] < 0.5, "reading to the other end of the broker; asleep it would be a second"
    tools.wait_for(lambda: home.outbox.rows == 0)
    assert {batch.lane for batch in ingest.batches} == {Lane.LIVE}
    assert set(ingest.stored.values()) == {1}


def test_only_ingests_word_settles(home: Home, ingest: Any, tools: Any) -> None:
    ingest.answers = lambda _batch: None
    home.intake.put([tools.reading()])
    tools.wait_for(lambda: ingest.stored.get((home.outbox.epoch, 1), 0) >= 2)
    assert home.outbox.rows == 1, "sent, arrived, sent again, and still kept"
    ingest.send(wire.encode(Ack("0" * 16, [(1, 1)])))
    ingest.send(b"\xff rubbish")
    tools.wait_for(lambda: home.health.figures.acks_of_unknown_epoch == home.health.figures.down_unreadable == 1)
    assert home.outbox.rows == 1
    ingest.answers = accept_all
    tools.wait_for(lambda: home.outbox.rows == 0)


@pytest.mark.parametrize("qos", [0, 1])
def test_whatever_is_lost_and_whoever_is_killed_everything_arrives(
    config: EdgeConfig, broker: Broker, ingest: Any, tools: Any, qos: int
) -> None:
    home, rng = Home(config, broker.port, qos), Random(3)
    # A tenth of the messages gets no answer, as if it or its answer had been lost.
    ingest.answers = lambda batch: accept_all(batch) if rng.random() < 0.9 else None
    total = 0
    for kill in range(3):
        for _ in range(40):
            home.intake.put([tools.reading(), tools.reading(), tools.event()])
            total += 3
        tools.wait_for(lambda kill=kill: home.uplink.connects > kill, seconds=20)
        broker.kill()
        tools.wait_for(lambda: not home.uplink.publish("x", b"", qos=0))
        broker.start()
    tools.wait_for(lambda: home.outbox.rows == 0, seconds=40)
    assert ingest.seqs() == set(range(1, total + 1))
    assert home.outbox.rejected == 0, "nobody is blamed for a broker that dies"
    home.end()


def test_after_an_outage_the_newest_come_first(config: EdgeConfig, broker: Broker, ingest: Any, tools: Any) -> None:
    outbox = Outbox(Path(config.outbox.path), now_us=1, max_bytes=1 << 24)
    for _ in range(20):
        outbox.append([tools.reading()] * 99 + [tools.event()], "an earlier boot")
    outbox.close()
    home = Home(config, broker.port, records=[tools.reading()])
    tools.wait_for(lambda: home.outbox.rows == 0, seconds=20)
    assert wire.sequence_numbers(ingest.batches[0]) == [2001] and ingest.batches[0].lane is Lane.LIVE
    assert [e.seq for e in ingest.batches[1].events] == list(range(100, 2001, 100))
    assert ingest.batches[2].first_seq == 1 and ingest.batches[2].boot == "an earlier boot"
    assert ingest.seqs() == set(range(1, 2002))
    home.end()


def test_refused_and_unsendable_rows_are_set_aside_and_told(home: Home, ingest: Any, tools: Any) -> None:
    ingest.answers = lambda batch: (
        Ack(batch.epoch, [], [Refusal(batch.first_seq, batch.first_seq, "impossible time")])
        if batch.first_seq == 1
        else accept_all(batch)
    )
    tools.wait_for(lambda: home.uplink.connects)
    home.intake.put([tools.reading()])
    tools.wait_for(lambda: home.outbox.rejected == 1)
    home.intake.put([tools.reading(extras={str(n): "x" * 200 for n in range(300)}), tools.reading()])
    tools.wait_for(lambda: home.outbox.rejected == 2 and home.outbox.rows == 0)
    told = [(e.name, e.text) for batch in ingest.batches for e in batch.events]
    assert told[0] == ("rows refused", "1 from seq 1: impossible time")
    assert told[1][0] == "row set aside" and "bytes" in told[1][1]


def test_a_row_that_cannot_be_set_aside_at_the_moment_is_not_forgotten(
    home: Home, ingest: Any, tools: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools.wait_for(lambda: home.uplink.connects)
    tried: list[int] = []
    set_aside = home.outbox.set_aside

    def fail_once(ranges: Any, reason: str) -> list[int]:
        tried.append(1)
        if len(tried) == 1:
            raise OutboxError("settle in outbox", "x", hint="disk I/O error", recoverable=True)
        return set_aside(ranges, reason)

    monkeypatch.setattr(home.outbox, "set_aside", fail_once)
    home.intake.put([tools.reading(extras={str(n): "x" * 200 for n in range(300)})])
    tools.wait_for(lambda: home.outbox.rejected == 1)
    assert len(tried) == 2, "tried again as soon as the disk may work"
    tools.wait_for(lambda: home.outbox.rows == 0)


def test_rows_of_a_quarantined_file_are_settled_under_their_old_epoch(
    config: EdgeConfig, broker: Broker, ingest: Any, tools: Any
) -> None:
    path = Path(config.outbox.path)
    outbox = Outbox(path, now_us=1, max_bytes=1 << 24)
    outbox.append([tools.reading(time_us=SystemClock().now_us())] * 1000, "b")
    old = outbox.epoch
    outbox.close()
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    home = Home(config, broker.port)
    home.intake.put([tools.reading()])
    tools.wait_for(lambda: home.outbox.rows == 0, seconds=20)
    salvaged = {seq for epoch, seq in ingest.stored if epoch == old}
    assert len(salvaged) > 200 and salvaged == set(range(1, len(salvaged) + 1))
    fresh = {seq for epoch, seq in ingest.stored if epoch == home.outbox.epoch}
    assert len(fresh) == 2 and min(fresh) > max(salvaged), "the reading and the news of the quarantine"
    home.end()


def test_status_is_told_on_connecting_on_change_and_at_the_end(home: Home, ingest: Any, tools: Any) -> None:
    tools.wait_for(lambda: ingest.statuses)
    assert ingest.statuses[-1].online and ingest.statuses[-1].epoch == home.outbox.epoch
    count = len(ingest.statuses)
    home.intake.failed(OutboxError("append to outbox", "a disk", hint="it is full", recoverable=True))
    home.forwarder.wake()
    tools.wait_for(lambda: len(ingest.statuses) > count and "it is full" in ingest.statuses[-1].trouble)
    home.end()
    tools.wait_for(lambda: not ingest.statuses[-1].online)


def test_rows_that_were_thinned_while_under_way_are_done_with_when_they_are_acknowledged(
    config: EdgeConfig, broker: Broker, ingest: Any, tools: Any
) -> None:
    home = Home(config, broker.port, tuning=WindowTuning(ack_timeout_s=600))
    arrived: list[Batch] = []
    ingest.answers = lambda batch: arrived.append(batch)
    tools.wait_for(lambda: home.uplink.connects)
    home.intake.put([tools.reading() for _ in range(9)])
    tools.wait_for(lambda: arrived and home.forwarder._window.in_flight == 9)
    home.outbox.settle(home.outbox.epoch, [(2, 8)])  # to the window it is the same as thinning: they are gone
    ingest.send(wire.encode(Ack(home.outbox.epoch, [(1, 9)])))
    tools.wait_for(lambda: home.outbox.rows == 0)
    tools.wait_for(lambda: home.forwarder._window.messages_in_flight == 0, seconds=3)
    home.end()


def test_an_answer_for_an_epoch_ends_no_flight_of_another(
    config: EdgeConfig, broker: Broker, ingest: Any, tools: Any
) -> None:
    """Salvaged rows and new ones have different numbers, and ingest may know of numbers that were never salvaged."""
    outbox = Outbox(Path(config.outbox.path), now_us=1, max_bytes=1 << 24)
    outbox.append([tools.reading(time_us=SystemClock().now_us())], "b")
    old, path = outbox.epoch, Path(config.outbox.path)
    outbox.close()
    path.write_bytes(b"torn" + path.read_bytes()[4:])
    home = Home(config, broker.port, tuning=WindowTuning(ack_timeout_s=600))
    ingest.answers = lambda _batch: None
    assert home.outbox.epoch != old
    home.intake.put([tools.reading(time_us=SystemClock().now_us())])
    tools.wait_for(lambda: {epoch for epoch, _ in ingest.stored} == {old, home.outbox.epoch})
    rows = home.outbox.rows
    ingest.send(wire.encode(Ack(old, [(1, 1_000)])))
    tools.wait_for(lambda: home.outbox.rows == rows - 1)
    tools.wait_for(lambda: home.health.figures.acks == 1)
    assert home.forwarder._window.in_flight == rows - 1, "they still wait for their own answer"
    home.end()
