"""The counts that answer: am I behind, by how much, whose fault. And the small HTTP port they are read from."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from telemetry.errors import HomehdError

_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Metrics:
    """All counters of one ingest process, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()

        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(name, text, labels, namespace="homehd", subsystem="ingest", registry=self.registry)

        def gauge(name: str, text: str) -> Gauge:
            return Gauge(name, text, namespace="homehd", subsystem="ingest", registry=self.registry)

        def seconds(name: str, text: str) -> Histogram:
            return Histogram(
                name, text, namespace="homehd", subsystem="ingest", registry=self.registry, buckets=_SECONDS
            )

        self.messages = counter("messages", "Messages taken off the inbox")
        self.outcomes = counter("rows", "Rows and events by what became of them", "outcome")
        self.quarantined = counter("quarantined", "Messages not taken, by reason", "reason")
        self.skipped = counter("skipped_messages", "Messages left alone because the same made a cycle fail lately")
        self.unchecked = gauge("unchecked_copies", "Rows that came again and were not compared with the first")
        self.dropped = gauge("dropped_messages", "Messages dropped because the inbox was full; agents send them again")
        self.transitions = counter("engine_transitions", "Findings that changed", "state")
        self.resets = counter("resets", "Times everything was reloaded from the database, by why", "trouble")
        self.summaries = counter("treatment_summaries", "Summaries of treatments by what became of them", "outcome")
        self.acks = counter("acks", "Acknowledgements sent")
        self.cycle_s = seconds("cycle_seconds", "From drained to committed")
        self.commit_s = seconds("commit_seconds", "The database transaction alone")
        self.age_s = seconds("receive_to_commit_seconds", "Oldest message of a cycle")
        self.queue = gauge("queue_messages", "Messages waiting in the inbox")
        self.oldest_s = gauge("oldest_uncommitted_seconds", "Age of the oldest message not yet committed")
        self.shards = gauge("owned_shards", "Shards this process owns")
        self.units = gauge("units", "Units with a place in the rule engine")
        self.clocks = gauge("clocks_off", "Units whose clock is more than 60 s off")
        self.connected = gauge("broker_connected", "1 while the broker session stands")


Health = Callable[[], tuple[bool, dict[str, object]]]


class HealthServer:
    """`/healthz` (200 or 503, with the reasons as JSON) and `/metrics` on 127.0.0.1, on a thread of its own."""

    def __init__(self, port: int, metrics: Metrics, health: Health) -> None:
        try:
            self._server = ThreadingHTTPServer(("127.0.0.1", port), _handler(metrics, health))
        except OSError as error:
            hint = f"{error.strerror}: choose another with --health-port"
            raise HomehdError("listen for health checks", f"port {port}", hint=hint) from error
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), name="health", daemon=True)

    @property
    def port(self) -> int:
        """The port it listens on (chosen by the system when 0 was asked for)."""
        return int(self._server.server_address[1])

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Stop answering and free the port."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _handler(metrics: Metrics, health: Health) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = 5  # a client that says nothing does not keep a thread

        def do_GET(self) -> None:
            if self.path == "/healthz":
                well, detail = health()
                status = HTTPStatus.OK if well else HTTPStatus.SERVICE_UNAVAILABLE
                self._answer(status, "application/json", json.dumps(detail).encode())
            elif self.path == "/metrics":
                self._answer(HTTPStatus.OK, CONTENT_TYPE_LATEST, generate_latest(metrics.registry))
            else:
                self._answer(HTTPStatus.NOT_FOUND, "text/plain", b"try /healthz or /metrics\n")

        def _answer(self, status: HTTPStatus, kind: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """A scrape every few seconds is no event."""

    return Handler
