"""Runs the HTTPS door: TLS 1.3 only, one request a connection, each connection over within twenty seconds."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.h11_impl import H11Protocol

from telemetry.errors import HomehdError

log = logging.getLogger(__name__)

CONNECTION_S: Final = 20.0
MAX_CONNECTIONS: Final = 500
MAX_HEADERS: Final = 8 * 1024
GRACE_S: Final = 5
BACKLOG: Final = 256


class BriefHttp(H11Protocol):
    """A connection that is closed when its time is over, whatever it is doing: enrolling takes a second."""

    _end: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """The clock begins."""
        super().connection_made(transport)
        self._end = self.loop.call_later(CONNECTION_S, transport.abort)

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
    with _listening(*where) as sock:
        port = int(sock.getsockname()[1])
        config = _config(app)
        config.load()
        config.ssl = tls
        asyncio.run(_Server(config, stop, lambda: on_ready(port)).serve([sock]))


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
        limit_concurrency=MAX_CONNECTIONS,
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
    with socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP) as sock:
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind((host, port))
            sock.listen(BACKLOG)
        except OSError as error:
            hint = f"{error.strerror or error}; choose another with registrar_host and registrar_port"
            raise HomehdError("listen", f"{host}:{port}", hint=hint) from error
        yield sock
