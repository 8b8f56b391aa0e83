"""What the registrar counts."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST


class Metrics:
    """All figures of one registrar, in a registry of its own. No label carries a unit or an address."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()

        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(name, text, labels, namespace="homehd", subsystem="registrar", registry=self.registry)

        def gauge(name: str, text: str) -> Gauge:
            return Gauge(name, text, namespace="homehd", subsystem="registrar", registry=self.registry)

        self.granted = counter("granted", "Certificates given out, by door and whether it was a repeated answer", "how")
        self.refused = counter("refused", "Requests refused, by reason", "reason")
        self.failed = counter("failed", "Requests not answered because a part was away")
        self.dropped = counter("dropped_requests", "Requests over the broker dropped because too many waited")
        self.connected = gauge("broker_connected", "1 while the broker session stands")
        self.revoked = gauge("revoked_certificates", "Certificates on the revocation list")
        self.crl_age_s = gauge("revocation_list_age_seconds", "Since the revocation list was written")
        self.authority_days = gauge("authority_days_left", "Until the authority's own certificate ends")

    def page(self) -> tuple[str, bytes]:
        """All of them as Prometheus reads them: content type and text."""
        return CONTENT_TYPE_LATEST, generate_latest(self.registry)
