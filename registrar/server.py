"""Runs the HTTPS door: TLS 1.3 only, few connections, each over within twenty seconds of its being accepted.

A stranger's connection costs nothing but a file descriptor until it is let in: who holds too many, or comes when the
house is full, is hung up on before TLS begins. Whoever has the other places keeps them for twenty seconds at most.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import ssl
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.h11_impl import H11Protocol

from registrar.attempts import network
from telemetry.errors import HomehdError

log = logging.getLogger(__name__)

CONNECTION_S: Final = 20.0
HANDSHAKE_S: Final = 10.0
# One of 330 kB each at the most; a box holds one, a clinic's technicians behind one address a few.
MAX_CONNECTIONS: Final = 256
MAX_OF_ONE: Final = 16
MAX_HEADERS: Final = 8 * 1024
GRACE_S: Final = 5
BACKLOG: Final = 256
LOG_EVERY_S: Final = 60.0


class Seldom(logging.Filter):
    """Lets a message pass once a minute, with the number of those kept back since; strangers cause them at will."""

    def __init__(self) -> None:
        super().__init__()
        self._seen: dict[str, tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether to write it. The record's own time counts, and a clock that jumped lets it pass."""
        last_s, kept_back = self._seen.get(record.msg, (float("-inf"), 0))
        if abs(record.created - last_s) < LOG_EVERY_S:
            self._seen[record.msg] = (last_s, kept_back + 1)
            return False
        self._seen[record.msg] = (record.created, 0)
        if kept_back:
            record.fields = {**getattr(record, "fields", {}), "kept_back": kept_back}
        return True


_seldom: Final = Seldom()


class Places:
    """Who holds how many of the open connections. An IPv6 subscriber's /64 counts as one address."""

    def __init__(self, most: int, most_of_one: int) -> None:
        self._most = most
        self._most_of_one = most_of_one
        self._held: Counter[str] = Counter()

    def take(self, address: str) -> bool:
        """Whether there is a place for this address; it then has it until `leave`."""
        one = network(address)
        if self._held.total() >= self._most or self._held[one] >= self._most_of_one:
            return False
        self._held[one] += 1
        return True

    def leave(self, address: str) -> None:
        """One of its connections is closed."""
        one = network(address)
        self._held[one] -= 1
        if self._held[one] <= 0:
            del self._held[one]


class _Guest(socket.socket):
    """A connection that gives its place back when it is closed, or forgotten."""

    def __init__(self, line: socket.socket, on_close: Callable[[], None]) -> None:
        super().__init__(line.family, line.type, line.proto, fileno=line.detach())
        self._on_close: Callable[[], None] | None = on_close

    def close(self) -> None:
        super().close()
        give_back, self._on_close = self._on_close, None
        if give_back is not None:
            give_back()

    def __del__(self) -> None:
        self.close()


class _Listener(socket.socket):
    """Hangs up on those there is no place for, before the event loop hears of them."""

    def __init__(self, family: int) -> None:
        super().__init__(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._places = Places(MAX_CONNECTIONS, MAX_OF_ONE)

    def accept(self) -> tuple[socket.socket, Any]:
        """The next connection that has a place; BlockingIOError when none waits, or to let others work meanwhile."""
        for _ in range(BACKLOG):
            line, peer = super().accept()
            host = str(peer[0])
            if self._places.take(host):
                return _Guest(line, partial(self._places.leave, host)), peer
            line.close()
            log.warning("connection turned away, too many are open", extra={"fields": {"address": host}})
        raise BlockingIOError


class _Loop(asyncio.SelectorEventLoop):
    """uvicorn has no setting for these two: asyncio would wait 60 s for a handshake, and 30 s for a farewell."""

    async def create_server(self, *words: Any, **named: Any) -> asyncio.Server:
        return await super().create_server(
            *words, **named, ssl_handshake_timeout=HANDSHAKE_S, ssl_shutdown_timeout=GRACE_S
        )


class BriefHttp(H11Protocol):
    """A connection that is closed when its time is over, whatever it is doing: enrolling takes a second."""

    _end: asyncio.TimerHandle | None = None

    def __init__(self, *words: Any, **named: Any) -> None:
        """Made when the connection is accepted, before TLS: the clock begins."""
        super().__init__(*words, **named)
        self._until_s = self.loop.time() + CONNECTION_S

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """TLS stands. What its handshake took is gone."""
        super().connection_made(transport)
        self._end = self.loop.call_at(self._until_s, transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        """The end."""
        if self._end is not None:
            self._end.cancel()
        super().connection_lost(exc)


def tls_context(path: Path) -> ssl.SSLContext:
    """TLS 1.3 with the key and certificate in `path`. Loading another pair into it concerns new connections only."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_cert_chain(path)
    return context


def serve(
    app: FastAPI, where: tuple[str, int], tls: ssl.SSLContext, stop: threading.Event, on_ready: Callable[[int], None]
) -> None:
    """Serve until `stop`, then let requests end within five seconds. `on_ready` gets the port once it listens.

    HomehdError when the address cannot be had.
    """
    for name in ("uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).setLevel(logging.WARNING)
        logging.getLogger(name).addFilter(_seldom)
    log.addFilter(_seldom)
    with _listening(*where) as sock:
        port = int(sock.getsockname()[1])
        config = _config(app)
        config.load()
        config.ssl = tls
        with asyncio.Runner(loop_factory=_Loop) as runner:
            runner.run(_Server(config, stop, lambda: on_ready(port)).serve([sock]))


class _Server(uvicorn.Server):
    """uvicorn that ends by an event instead of by signals of its own, and says when it listens."""

    def __init__(self, config: uvicorn.Config, stop: threading.Event, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._stop = stop
        self._on_ready = on_ready

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are the command's business."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then say so."""
        await super().startup(sockets)
        if self.started:
            self._on_ready()

    async def on_tick(self, counter: int) -> bool:
        """Asked ten times a second whether to end."""
        return await super().on_tick(counter) or self._stop.is_set()


def _config(app: FastAPI) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=BriefHttp,
        ws="none",
        h11_max_incomplete_event_size=MAX_HEADERS,
        # Connections are counted in `_Listener`; this bounds requests that outlive theirs, waiting for the database.
        limit_concurrency=2 * MAX_CONNECTIONS,
        backlog=BACKLOG,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=GRACE_S,
        proxy_headers=False,
        server_header=False,
        access_log=False,
        log_config=None,
        lifespan="off",
    )


@contextlib.contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with _Listener(family) as sock:
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind((host, port))
            sock.listen(BACKLOG)
        except OSError as error:
            hint = f"{error.strerror or error}; choose another with registrar_host and registrar_port"
            raise HomehdError("listen", f"{host}:{port}", hint=hint) from error
        yield sock
