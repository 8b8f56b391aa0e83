"""A way to a server that can be slow, or fall silent without closing, as a network does that somebody walked out of."""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
from urllib.parse import urlsplit


class BlackHole:
    """`url` leads to the server; while `swallows`, what comes is lost, new connections wait, and nothing is closed.

    `bytes_per_s`: of the whole way, in both directions together; None: as fast as it goes.
    """

    def __init__(self, server_url: str, bytes_per_s: float | None = None) -> None:
        self._bytes_per_s = bytes_per_s
        parts = urlsplit(server_url)
        self._server = (str(parts.hostname), int(parts.port or 80))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.swallows = False
        self._stop = threading.Event()
        self._held: list[socket.socket] = []
        self._thread = threading.Thread(target=self._run, name="black hole")
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        self._thread.join(10)
        for one in (self._listener, *self._held):
            one.close()

    def _run(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._listener, selectors.EVENT_READ, None)
            while not self._stop.is_set():
                for key, _ in selector.select(0.1):
                    if key.data is None:
                        if not self.swallows:
                            self._join(selector)
                        else:
                            self._stop.wait(0.05)
                    else:
                        self._pass_on(selector, key.fileobj, key.data)  # type: ignore[arg-type]

    def _join(self, selector: selectors.DefaultSelector) -> None:
        near, _ = self._listener.accept()
        far = socket.create_connection(self._server, timeout=5)
        self._held += [near, far]
        selector.register(near, selectors.EVENT_READ, far)
        selector.register(far, selectors.EVENT_READ, near)

    def _pass_on(self, selector: selectors.DefaultSelector, one: socket.socket, other: socket.socket) -> None:
        with contextlib.suppress(OSError):
            data = one.recv(65536 if self._bytes_per_s is None else 1024)
            if self._bytes_per_s is not None:
                self._stop.wait(len(data) / self._bytes_per_s)
            if self.swallows:
                if not data:
                    selector.unregister(one)
                return
            if data:
                other.sendall(data)
                return
        with contextlib.suppress(KeyError):
            selector.unregister(one)
        with contextlib.suppress(OSError):
            other.shutdown(socket.SHUT_WR)
