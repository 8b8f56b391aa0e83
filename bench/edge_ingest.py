"""Stands for ingest in the edge benchmarks and box tests: acknowledges what comes, at once, and notes when it came.

python -m bench.edge_ingest HOST PORT     one JSON object a line for every message
"""

from __future__ import annotations

import json
import sys
import threading
import time
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from telemetry import topics, wire
from telemetry.messages import Ack, Status

UP = topics.home(0, "any", "up").split("/")


def _all(way: str) -> str:
    return "/".join([*UP[:2], "+", "+", way])


class Ingest:
    """Everything that came, by (epoch, seq). No database: what is measured is the box."""

    def __init__(self, host: str, port: int, *, talk: bool = False) -> None:
        self.first_reading_s: float | None = None
        self.delays_s: list[float] = []  # from the reading to its arrival here
        self.seqs: set[tuple[str, int]] = set()
        self.readings = 0
        self.again = 0
        self.statuses: list[Status] = []
        self._talk = talk
        self._ready = threading.Event()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="ingest")
        self._client.on_connect = self._connected
        self._client.on_subscribe = lambda *_: self._ready.set()
        self._client.on_message = self._received
        self._client.reconnect_delay_set(1, 1)
        self._client.connect(host, port)
        self._client.loop_start()
        if not self._ready.wait(10):
            raise TimeoutError("the broker lets nobody subscribe")

    def close(self) -> None:
        """Hang up."""
        self._client.disconnect()
        self._client.loop_stop()

    def _connected(self, client: mqtt.Client, *_: Any) -> None:
        client.subscribe([(_all("up"), 0), (_all("status"), 1)])

    def _received(self, client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        now = time.time()
        if message.topic.endswith("/status"):
            self.statuses.append(wire.decode_status(bytes(message.payload)))
            return
        batch = wire.decode_batch(bytes(message.payload))
        seqs = list(wire.sequence_numbers(batch))
        client.publish(message.topic.removesuffix("up") + "down", wire.encode(Ack(batch.epoch, [(s, s) for s in seqs])))
        times_us = memoryview(batch.times).cast("q")
        if len(times_us) and self.first_reading_s is None:
            self.first_reading_s = time.monotonic()
        self.delays_s += [now - us / 1e6 for us in times_us]
        self.readings += len(times_us)
        new = {(batch.epoch, seq) for seq in seqs} - self.seqs
        self.again += len(seqs) - len(new)
        self.seqs |= new
        if self._talk:
            print(json.dumps({"epoch": batch.epoch, "seqs": seqs, "readings": len(times_us)}), flush=True)


if __name__ == "__main__":
    Ingest(sys.argv[1], int(sys.argv[2]), talk=True)
    threading.Event().wait()
