"""The small HTTP port on 127.0.0.1 where operations ask a service how it is: `/healthz` and `/metrics`.

What the figures are made with is the service's business, so that the box, which has none, needs no package for it.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

from telemetry.errors import HomehdError

IDLE_S: Final = 5  # a client that says nothing does not keep a thread

Health = Callable[[], tuple[bool, dict[str, object]]]  # all is well; in detail
Figures = Callable[[], tuple[str, bytes]]  # content type, body


class HealthPort:
    """`/healthz` (200 or 503, with the details as JSON) and `/metrics`, on a thread of its own until `stop`."""

    def __init__(self, port: int, figures: Figures, health: Health, *, named: str) -> None:
        """Port 0 takes a free one. HomehdError when it cannot be had, with the setting (`named`) that chooses another.

        `figures` and `health` are called from other threads.
        """
        try:
            self._server = ThreadingHTTPServer(("127.0.0.1", port), _handler(figures, health))
        except OSError as error:
            hint = f"{error.strerror}: choose another with {named}"
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


def _handler(figures: Figures, health: Health) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = IDLE_S

        def do_GET(self) -> None:
            if self.path == "/healthz":
                well, detail = health()
                status = HTTPStatus.OK if well else HTTPStatus.SERVICE_UNAVAILABLE
                self._answer(status, "application/json", json.dumps(detail, default=str).encode())
            elif self.path == "/metrics":
                self._answer(HTTPStatus.OK, *figures())
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
