"""What the registrar counts, and the small HTTP port on 127.0.0.1 it is read from."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from telemetry.errors import HomehdError


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


Health = Callable[[], tuple[bool, dict[str, object]]]


class HealthServer:
    """`/healthz` (200 or 503, with the reasons as JSON) and `/metrics`, on a thread of its own until `stop`."""

    def __init__(self, port: int, metrics: Metrics, health: Health) -> None:
        try:
            self._server = ThreadingHTTPServer(("127.0.0.1", port), _handler(metrics, health))
        except OSError as error:
            hint = f"{error.strerror}: choose another with registrar_health_port"
            raise HomehdError("listen for health checks", f"port {port}", hint=hint) from error
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), name="health", daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._server.server_address[1])

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
