"""Counts of this process for Prometheus, in a registry of its own so that several apps fit in one process."""

from __future__ import annotations

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest


class Metrics:
    """Every figure the API counts. No label carries a unit, a person or a path with an id."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.sockets = Gauge("homehd_api_sockets", "Open live sockets", registry=self.registry)
        self.socket_closed = Counter(
            "homehd_api_sockets_closed", "Sockets closed by us, by code", ["code"], registry=self.registry
        )
        self.socket_refused = Counter(
            "homehd_api_sockets_refused", "Sockets refused before accept", ["reason"], registry=self.registry
        )
        self.messages = Counter("homehd_api_messages_sent", "Live messages sent", registry=self.registry)
        self.live_frames = Counter("homehd_api_live_frames", "Live frames received", registry=self.registry)
        self.live_frames_bad = Counter(
            "homehd_api_live_frames_bad", "Live frames that were not one", registry=self.registry
        )
        self.live_delay = Histogram(
            "homehd_api_live_delay_seconds",
            "From ingest receiving a reading to this process handing it to the sockets",
            buckets=(0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0),
            registry=self.registry,
        )
        self.link_up = Gauge("homehd_api_link_up", "1 when a link works", ["link"], registry=self.registry)

        self.looks_written = Counter(
            "homehd_api_looks_written",
            "Rows about who looked, or was refused, on record",
            registry=self.registry,
        )
        self.looks_lost = Gauge(
            "homehd_api_looks_lost",
            "Such rows given up: too many waited for the database",
            registry=self.registry,
        )

    def page(self) -> tuple[str, bytes]:
        """All of them as Prometheus reads them: content type and text."""
        return CONTENT_TYPE_LATEST, generate_latest(self.registry)
