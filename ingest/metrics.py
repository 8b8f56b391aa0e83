"""The counts that answer: am I behind, by how much, whose fault."""

from __future__ import annotations

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Metrics:
    """All counters of one ingest process, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()

        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(name, text, labels, namespace="homehd", subsystem="ingest", registry=self.registry)

        def gauge(name: str, text: str, *labels: str) -> Gauge:
            return Gauge(name, text, labels, namespace="homehd", subsystem="ingest", registry=self.registry)

        def seconds(name: str, text: str) -> Histogram:
            return Histogram(
                name, text, namespace="homehd", subsystem="ingest", registry=self.registry, buckets=_SECONDS
            )

        self.messages = counter("messages", "Messages taken off the inbox")
        self.outcomes = counter("rows", "Rows and events by what became of them", "outcome")
        self.quarantined = counter("quarantined", "Messages not taken, by reason", "reason")
        self.skipped = counter("skipped_messages", "Messages left alone because the same made a cycle fail lately")
        self.surplus = counter("surplus_messages", "Messages of one home above its share; it sends them again")
        self.unchecked = gauge("unchecked_copies", "Rows that came again and were not compared with the first")
        self.pauses = gauge("reading_pauses", "Times the broker was not read for a moment because the inbox was full")
        self.transitions = counter("engine_transitions", "Findings that changed", "state")
        self.resets = counter("resets", "Times everything was reloaded from the database, by why", "trouble")
        self.summaries = counter("treatment_summaries", "Summaries of treatments by what became of them", "outcome")
        self.reviews = counter("reviews", "Reviews of patients between treatments by what became of them", "outcome")
        self.late_passes = counter("late_passes", "Treatments with late rows that were judged after all", "outcome")
        self.late_alerts = counter("late_alerts", "Alerts found in late rows")
        self.minutes = counter("minute_spans", "Spans of minutes computed, and attempts that failed", "outcome")
        self.days_ordered = counter("days_ordered", "Days put in order, and attempts that failed", "outcome")
        self.acks = counter("acks", "Acknowledgements sent")
        self.unsaved = counter("unsaved_findings", "Alert steps found while nothing could be saved", "outcome")
        self.unsaved_s = gauge("unsaved_seconds", "For how long nothing could be saved; 0 while it can")
        self.unsaved_alerts = gauge("unsaved_alerts", "Alerts that changed and are not saved yet")
        self.kept = gauge("kept_messages", "Messages kept for when something can be saved again")
        self.cycle_s = seconds("cycle_seconds", "From drained to committed")
        self.commit_s = seconds("commit_seconds", "The database transaction alone")
        self.age_s = seconds("receive_to_commit_seconds", "Oldest message of a cycle")
        self.queue = gauge("queue_messages", "Messages waiting in the inbox")
        self.oldest_s = gauge("oldest_uncommitted_seconds", "Age of the oldest message not yet committed")
        self.shards = gauge("owned_shards", "Shards this process owns")
        self.units = gauge("units", "Units with a place in the rule engine")
        self.clocks = gauge("clocks_off", "Units whose clock is more than 60 s off")
        self.connected = gauge("broker_connected", "1 while the broker session stands")
        self.hears = gauge("broker_hears", "1 while the broker lets us hear all our shards")
        self.silent_s = gauge("database_silent_seconds", "Since the database last answered the thread that writes")
        self.backup_streams = gauge("backup_streams", "Streams by which WAL leaves the database server")
        self.backup_behind = gauge("backup_behind_bytes", "WAL that no stream has taken away, while it is kept for one")
        self.boxes = gauge("boxes", "Boxes of our shards, as they last said", "state")
        self.boxes_waiting_rows = gauge("boxes_waiting_rows", "Rows that wait in the outboxes of boxes online")
        self.boxes_oldest_s = gauge("boxes_oldest_seconds", "Age of the oldest row that waits in a box online")
        self.boxes_behind = gauge("boxes_behind", "Boxes online with a row older than a minute waiting")
        self.boxes_troubled = gauge("boxes_troubled", "Boxes online that tell of trouble of their own")
        self.boxes_no_machine = gauge("boxes_no_machine", "Boxes online without a machine that answers")

    def page(self) -> tuple[str, bytes]:
        """All of them as Prometheus reads them: content type and text."""
        return CONTENT_TYPE_LATEST, generate_latest(self.registry)
