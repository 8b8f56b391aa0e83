"""The counts that answer: is anybody told, how late, what fails."""

from __future__ import annotations

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

_SECONDS: Final = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


class Metrics:
    """All counters of one notifier, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()

        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(name, text, labels, namespace="homehd", subsystem="notifier", registry=self.registry)

        self.routed = counter("routed", "Alerts and notices decided about")
        self.steps = counter("escalated", "Notices whose due steps were taken")
        self.woken = counter("wakes", "Times something committed ended a wait")
        self.failures = counter("failures", "Times deciding failed and began anew")
        self.tries = counter("delivery_tries", "Tries of deliveries by what came of them", "state")
        self.taken_s = Histogram(
            "queued_to_taken_seconds", "From queued to taken by a channel", namespace="homehd", subsystem="notifier",
            registry=self.registry, buckets=_SECONDS,
        )  # fmt: skip
        self.silent_s = Gauge(
            "database_silent_seconds", "Since the database last answered", namespace="homehd", subsystem="notifier",
            registry=self.registry,
        )  # fmt: skip

    def page(self) -> tuple[str, bytes]:
        """Content type and body of `/metrics`."""
        return CONTENT_TYPE_LATEST, generate_latest(self.registry)
