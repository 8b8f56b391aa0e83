"""The counts that answer: is anybody told, how late, what fails."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST


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
        self.claimed = counter("deliveries_claimed", "Deliveries taken up for sending")
        self.folded = counter("deliveries_folded", "Deliveries taken up to go out with another's page, in a flood")
        self.tries = counter("delivery_tries", "Tries of deliveries by what came of them", "state")
        self.heartbeats = counter("heartbeats", "Calls of the service outside that watches us", "outcome")
        self.silent_s = Gauge(
            "database_silent_seconds", "Since the database last answered", namespace="homehd", subsystem="notifier",
            registry=self.registry,
        )  # fmt: skip

    def page(self) -> tuple[str, bytes]:
        """Content type and body of `/metrics`."""
        return CONTENT_TYPE_LATEST, generate_latest(self.registry)
