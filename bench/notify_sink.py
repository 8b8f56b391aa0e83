"""A receiver of pages for `bench.notify`: real HTTP on loopback that answers at once and notes when what came."""

from __future__ import annotations

import re
import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Final

# A page names its delivery in a header (a folded one not in its link); what is posted for comparison, in its body.
_KEY: Final = re.compile(rb"deliveries/([0-9]+)")


class Sink(socketserver.ThreadingTCPServer):
    """`at`: when (monotonic seconds) a key first came."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 1024

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.at: dict[int, float] = {}

    @property
    def port(self) -> int:
        """Where it listens, on 127.0.0.1."""
        return int(self.server_address[1])


class _Handler(BaseHTTPRequestHandler):
    server: Sink

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        now_s = time.monotonic()
        found = _KEY.search(body)
        key = self.headers.get("Idempotency-Key") or (found and found[1])
        if key:
            self.server.at.setdefault(int(key), now_s)
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing: it is measured here."""


@contextmanager
def sinking() -> Iterator[Sink]:
    """A sink that answers until the block is left."""
    with Sink() as sink:
        thread = threading.Thread(target=sink.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield sink
        finally:
            sink.shutdown()
            thread.join()
