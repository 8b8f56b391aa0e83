"""The counts that answer: is anybody told, how late, what fails."""

from __future__ import annotations

from collections.abc import Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from notifier.lookouts import Look, Lookout
from notifier.troubles import Trouble
from store.pool import Connection


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
        self.looks_failed = counter("looks_failed", "Looks at what is wrong with the system that failed")
        self.claimed = counter("deliveries_claimed", "Deliveries taken up for sending")
        self.folded = counter("deliveries_folded", "Deliveries taken up to go out with another's page, in a flood")
        self.released = counter("deliveries_released", "Deliveries given back whose claim had come to nothing")
        self.refused = counter("reports_refused", "Pages of which what came of them could not be recorded")
        self.tries = counter("delivery_tries", "Tries of deliveries by what came of them", "state")
        self.heartbeats = counter("heartbeats", "Calls of the service outside that watches us", "outcome")
        # A counter that begins with its first failure has not risen for Prometheus.
        for state in ("sent", "delivered", "failed", "again"):
            self.tries.labels(state)
        for outcome in ("sent", "failed"):
            self.heartbeats.labels(outcome)
        self.card_writes = counter("card_writes", "Writes of the card for when the database is away", "outcome")
        self.away_steps = counter("away_steps", "Steps taken without the database")
        self.away_tries = counter("away_tries", "Tries of pages without the database by what came of them", "state")
        self.away_heard = counter("away_heard", "Pages that another notifier said it had sent without the database")
        self.away_bad = counter("away_bad", "Messages of the broker and lines of the journal that are none")
        self.away_reported = counter("away_reported", "Pages sent without the database that were put on record")
        self.away_refused = counter("away_refused", "Times the database refused the record of a home and cause")

        def gauge(name: str, text: str, *labels: str) -> Gauge:
            return Gauge(name, text, labels, namespace="homehd", subsystem="notifier", registry=self.registry)

        self.silent_s = gauge("database_silent_seconds", "Since the database last answered")
        self.unlooked_s = gauge("pages_unlooked_seconds", "Since somebody last looked for pages to send")
        self.troubles = gauge("troubles", "Troubles of the system that stand, as last looked at", "cause")
        self.card_age_s = gauge("card_age_seconds", "Since the card was as the database has it")
        self.away_cases = gauge("away_cases", "Homes and causes that are paged about without the database")
        self.away_connected = gauge("away_connected", "1: the broker lets us hear what is not saved")

    def counting(self, look: Look, *causes: str) -> Lookout:
        """A look whose troubles, of these causes, are counted in `troubles`."""
        for cause in causes:
            self.troubles.labels(cause)

        def counted(conn: Connection, now_us: int) -> Sequence[Trouble]:
            found = look(conn, now_us)
            for cause in causes:
                self.troubles.labels(cause).set(sum(one.cause == cause for one in found))
            return found

        return Lookout(counted, causes)

    def page(self) -> tuple[str, bytes]:
        """Content type and body of `/metrics`."""
        return CONTENT_TYPE_LATEST, generate_latest(self.registry)
