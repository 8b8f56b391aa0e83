"""What goes out by the broker: acknowledgements to agents, live frames to screens."""

from __future__ import annotations

from typing import Protocol

from ingest.metrics import Metrics
from ingest.outage import Outage
from ingest.pipeline import Pipeline
from ingest.unsaved_frames import Frames, UnsavedFrames
from telemetry import wire
from telemetry.clock import Clock


class Outlet(Protocol):
    """Where acknowledgements and live frames go, and who must know which shards are ours."""

    @property
    def trouble(self) -> str:
        """What keeps us from hearing our shards; empty when all is well."""

    def own(self, shards: frozenset[int]) -> None:
        """Receive exactly these shards' messages from now on."""

    def publish(self, topic: str, payload: bytes) -> None:
        """Send, or drop when there is nobody to send to."""


class Teller:
    """Sends what the pipeline has noted, once it is due."""

    def __init__(self, outlet: Outlet, pipeline: Pipeline, clock: Clock, metrics: Metrics) -> None:
        self._outlet = outlet
        self._pipeline = pipeline
        self._clock = clock
        self._metrics = metrics
        self._marks = UnsavedFrames()

    def tell(self, owned: frozenset[int], *, everything: bool = False) -> None:
        """What is committed."""
        now_s = self._clock.monotonic_s()
        for topic, ack in self._pipeline.acks.due(now_s, everything=everything):
            self._outlet.publish(topic, wire.encode(ack))
            self._metrics.acks.inc()
        self._send(self._pipeline.live.due(now_s, self._clock.now_us(), owned))

    def tell_unsaved(self, outage: Outage, since_us: int) -> None:
        """What was received and found since nothing can be saved; nobody is acknowledged."""
        now_s, now_us = self._clock.monotonic_s(), self._clock.now_us()
        frames = self._pipeline.live.due(now_s, now_us, outage.memory.owned)
        self._send(self._marks.mark(frames, outage.shards(), outage.alerts, since_us, now_s, now_us))

    def all_is_saved(self) -> None:
        """Take the marks off every shard that had one. Readings the screens have not seen are dropped: they are on no
        record yet, and the next ones are.
        """
        self._pipeline.live.forget_readings()
        self._send(self._marks.clear(self._clock.now_us()))

    def _send(self, frames: Frames) -> None:
        for topic, frame in frames:
            self._outlet.publish(topic, wire.encode(frame))
