"""The counts that answer: do other systems hear of it, how late, what fails. By destination, of no home or patient."""

from __future__ import annotations

from collections.abc import Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from store.hl7_destinations import Standing

OUTCOMES = ("delivered", "again", "parked", "refused", "no answer")


class Metrics:
    """All figures of one courier, in a registry of its own."""

    def __init__(self, destinations: Sequence[str] = ()) -> None:
        self.registry = CollectorRegistry()

        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(name, text, labels, namespace="homehd", subsystem="hl7", registry=self.registry)

        def gauge(name: str, text: str, *labels: str) -> Gauge:
            return Gauge(name, text, labels, namespace="homehd", subsystem="hl7", registry=self.registry)

        self.queued = counter("messages_queued", "Messages made", "destination", "lane")
        self.tries = counter("tries", "Messages sent, by what came of it", "destination", "outcome")
        self.left_out = counter("readings_left_out", "Readings not queued because too much waits", "destination")
        self.failures = counter("failures", "Times the work for a destination failed and began anew", "destination")
        # A counter that begins with its first failure has not risen for Prometheus.
        for name in destinations:
            self.left_out.labels(name)
            self.failures.labels(name)
            for outcome in OUTCOMES:
                self.tries.labels(name, outcome)
            for lane in ("alerts", "readings"):
                self.queued.labels(name, lane)
        self.waiting = gauge("messages_waiting", "Messages that wait", "destination")
        self.parked = gauge("messages_parked", "Messages that a receiver could not take", "destination")
        self.stopped = gauge("stopped", "1: it has refused a message, and nothing is sent there", "destination")
        self.oldest_s = gauge("oldest_waiting_seconds", "Since the oldest message or step waits", "destination")
        self.posts = gauge("posts", "Works for a destination that this process has; the others are another's")
        self.silent_s = gauge("database_silent_seconds", "Since the database last answered")

    def show(self, standing: Sequence[Standing], now_us: int) -> None:
        """The gauges, as the database has it now."""
        for one in standing:
            self.waiting.labels(one.name).set(one.waiting)
            self.parked.labels(one.name).set(one.parked)
            self.stopped.labels(one.name).set(one.stopped_us is not None)
            since = [us for us in (one.alert_since_us, one.reading_since_us) if us is not None]
            self.oldest_s.labels(one.name).set(max(0.0, (now_us - min(since)) / 1e6) if since else 0.0)

    def page(self) -> tuple[str, bytes]:
        """Content type and body of `/metrics`."""
        return CONTENT_TYPE_LATEST, generate_latest(self.registry)
