"""Question: at which MQTT quality of service should agents publish `up`, on each broker we start ourselves?

Correctness does not depend on it (the agent keeps a row until our transaction's acknowledgement), so the cheaper one
wins unless it costs latency. For QoS 0 and 1, per broker: homes' worth of live messages (one sample of 24 signals,
281 bytes) from two publishing clients to one subscriber that throws them away. Printed: the highest rate (as fast as
it goes, with a window), CPU of broker and subscriber per message at a steady rate, and the time on the way. Runs
alternate, figures are medians.

    ./run bench up_qos [--quick]
"""

from __future__ import annotations

import argparse
import statistics
import struct
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import paho.mqtt.client as mqtt
import psutil
from paho.mqtt.enums import CallbackAPIVersion

from homehd.brokers import Broker, Kind, find

SIZE = 281
TOPIC = "hhd/1/7/bench/up"


@dataclass
class Run:
    """What one run showed."""

    flat_out_per_s: float
    broker_us: float
    p50_ms: float
    p99_ms: float
    arrived: float


class Sink:
    """Subscribes, counts, notes how long each message was on its way."""

    def __init__(self, broker: Broker, qos: int) -> None:
        self.count = 0
        self.delays: list[float] = []
        self._ready = threading.Event()
        self.client = _client(broker, f"sink-{qos}")
        self.client.on_subscribe = lambda *_: self._ready.set()
        self.client.on_message = self._on_message
        self.client.subscribe("hhd/1/7/+/up", qos)
        self._ready.wait(10)

    def _on_message(self, _client: mqtt.Client, _user: object, message: mqtt.MQTTMessage) -> None:
        self.count += 1
        self.delays.append(time.monotonic() - struct.unpack_from("<d", message.payload)[0])


def _client(broker: Broker, name: str) -> mqtt.Client:
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=name)
    client.max_inflight_messages_set(1000)
    connected = threading.Event()
    client.on_connect = lambda *_: connected.set()
    client.connect("127.0.0.1", broker.port)
    client.loop_start()
    connected.wait(10)
    return client


def flat_out(broker: Broker, sink: Sink, qos: int, messages: int) -> float:
    """Messages per second when the publisher only waits for its window of 2 000 to empty."""
    publisher = _client(broker, f"flat-{qos}")
    start, before = time.monotonic(), sink.count
    for sent in range(messages):
        while sent - (sink.count - before) > 2000 and time.monotonic() - start < 60:
            time.sleep(0.001)
        publisher.publish(TOPIC, struct.pack("<d", time.monotonic()).ljust(SIZE), qos)
    while sink.count - before < messages and time.monotonic() - start < 60:
        time.sleep(0.002)
    took = time.monotonic() - start
    _stop(publisher)
    return (sink.count - before) / took


def steady(broker: Broker, sink: Sink, qos: int, rate: int, seconds: float) -> tuple[float, list[float], float]:
    """Broker CPU in µs per message, delays in ms, share that arrived, at `rate` messages a second."""
    publisher = _client(broker, f"steady-{qos}")
    process = _broker_process(broker)
    sink.delays.clear()
    before, cpu = sink.count, _cpu(process)
    start, total = time.monotonic(), int(rate * seconds)
    for sent in range(total):
        due = start + sent / rate
        while (wait := due - time.monotonic()) > 0:
            time.sleep(min(wait, 0.002))
        publisher.publish(TOPIC, struct.pack("<d", time.monotonic()).ljust(SIZE), qos)
    time.sleep(0.5)
    used = (_cpu(process) - cpu) / total * 1e6
    _stop(publisher)
    return used, [d * 1000 for d in sink.delays], (sink.count - before) / total


def measure(kind: Kind, qos: int, quick: bool) -> Run:
    """One run of both parts on a fresh broker."""
    with tempfile.TemporaryDirectory() as folder:
        broker = Broker(kind, Path(folder))
        broker.start()
        try:
            sink = Sink(broker, qos)
            rate = flat_out(broker, sink, qos, 500 if quick else 20_000)
            cpu, delays, arrived = steady(broker, sink, qos, 200 if quick else 1000, 0.5 if quick else 5)
            _stop(sink.client)
        finally:
            broker.stop()
    delays.sort()
    return Run(rate, cpu, delays[len(delays) // 2], delays[int(len(delays) * 0.99)], arrived)


def _broker_process(broker: Broker) -> psutil.Process:
    ours = [c for c in psutil.Process().children() if str(broker.folder) in " ".join(c.cmdline())]
    return ours[0]


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _stop(client: mqtt.Client) -> None:
    client.disconnect()
    client.loop_stop()


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; 0."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a short form that only shows that it works")
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args(arguments)
    kinds: list[Kind] = [kind for kind in ("mosquitto", "nats") if find(kind)]
    runs: dict[tuple[Kind, int], list[Run]] = {(kind, qos): [] for kind in kinds for qos in (0, 1)}
    for _ in range(1 if options.quick else options.runs):
        for (kind, qos), results in runs.items():
            results.append(measure(kind, qos, options.quick))
    print(f"{'broker':10} QoS  flat out msg/s  broker µs/msg  p50 ms  p99 ms  arrived")
    for (kind, qos), results in runs.items():
        median = {f: statistics.median(getattr(r, f) for r in results) for f in Run.__dataclass_fields__}
        print(
            f"{kind:10} {qos:3}  {median['flat_out_per_s']:14,.0f}  {median['broker_us']:13.1f}"
            f"  {median['p50_ms']:6.2f}  {median['p99_ms']:6.2f}  {median['arrived']:7.1%}"
        )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
