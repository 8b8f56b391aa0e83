"""`/metrics` and `/healthz` with details, on 127.0.0.1 and a port of its own: for operations, not for the network."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from telemetry.errors import HomehdError


class MetricsServer:
    """Serves in a thread until `close`. `health` gives the details; its "status" decides between 200 and 503."""

    def __init__(self, port: int, registry: CollectorRegistry, health: Callable[[], dict[str, Any]]) -> None:
        try:
            self._server = ThreadingHTTPServer(("127.0.0.1", port), _handler(registry, health))
        except OSError as error:
            hint = f"{error.strerror}; choose another port"
            raise HomehdError("serve metrics", f"127.0.0.1:{port}", hint=hint) from error
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.2,), name="metrics", daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._server.server_address[1])

    def close(self) -> None:
        """Stop and join."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _handler(registry: CollectorRegistry, health: Callable[[], dict[str, Any]]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = 10

        def do_GET(self) -> None:
            """One of two pages."""
            if self.path == "/metrics":
                self._answer(200, CONTENT_TYPE_LATEST, generate_latest(registry))
            elif self.path == "/healthz":
                found = health()
                text = json.dumps(found, default=str).encode()
                self._answer(200 if found["status"] == "ok" else 503, "application/json", text)
            else:
                self._answer(404, "text/plain", b"/metrics or /healthz\n")

        def _answer(self, status: int, kind: str, content: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """A scrape every few seconds is not news."""

    return Handler
