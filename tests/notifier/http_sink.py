"""A real HTTP receiver on loopback that behaves as badly as it is told to, and keeps what it got."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Behaviour:
    """How it answers.

    Attributes:
        status: of the answer.
        late_s: how long it thinks first.
        drips: the answer comes a byte every 0.1 s, for ever.
        drops: it hangs up after the request, without an answer.
        hangs: it never answers.
    """

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    late_s: float = 0.0
    drips: bool = False
    drops: bool = False
    hangs: bool = False


@dataclass(frozen=True)
class Request:
    """What came in."""

    method: str
    path: str
    headers: dict[str, str]  # names in lower case
    body: bytes
    at_s: float

    def json(self) -> Any:
        return json.loads(self.body)


class HttpSink:
    """Listening; `behaviour` may be changed at any time."""

    def __init__(self, listener: socket.socket) -> None:
        self.behaviour = Behaviour()
        self.requests: list[Request] = []
        self.connections = 0
        self.closing = threading.Event()
        self._listener = listener
        self.host, self.port = listener.getsockname()[:2]

    @property
    def authority(self) -> str:
        return f"{self.host}:{self.port}"

    def serve(self) -> None:
        while not self.closing.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def answer_for(self, request: Request) -> Behaviour:
        """How this request is answered."""
        return self.behaviour

    def _answer(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            request = _read(connection)
            if request is None:
                return
            behaviour = self.answer_for(request)
            self.requests.append(request)
            if behaviour.hangs:
                self.closing.wait()
                return
            if self.closing.wait(behaviour.late_s) or behaviour.drops:
                return
            head = f"HTTP/1.1 {behaviour.status} Said\r\n"
            if behaviour.drips:
                self._drip(connection, head)
            lines = "".join(f"{name}: {value}\r\n" for name, value in behaviour.headers.items())
            connection.sendall(f"{head}{lines}Content-Length: 0\r\nConnection: close\r\n\r\n".encode())

    def _drip(self, connection: socket.socket, head: str) -> None:
        connection.sendall(head.encode() + b"X-Slow: ")
        while not self.closing.wait(0.1):
            connection.sendall(b"a")


def _read(connection: socket.socket) -> Request | None:
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            return None
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    while len(body) < int(headers.get("content-length", "0")):
        body += connection.recv(65536)
    method, path, _ = first.split(" ")
    return Request(method, path, headers, body, time.monotonic())


@contextmanager
def serving(sink: HttpSink) -> Iterator[HttpSink]:
    thread = threading.Thread(target=sink.serve, daemon=True)
    thread.start()
    try:
        yield sink
    finally:
        sink.closing.set()
        # Wakes the thread that waits in accept().
        with suppress(OSError):
            socket.create_connection((sink.host, sink.port), timeout=1).close()
        thread.join(5)
        sink._listener.close()


@contextmanager
def http_sink(host: str = "127.0.0.1") -> Iterator[HttpSink]:
    """A sink on a free port of `host` (any of 127.0.0.0/8: each is a receiver of its own)."""
    with serving(HttpSink(socket.create_server((host, 0)))) as sink:
        yield sink
