"""Runs the API: one process, one event loop, uvicorn with limits. Behind a proxy or alone on a small network."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Final

import uvicorn
from fastapi import FastAPI

from clinician_api.app import create_app
from clinician_api.data import Data
from clinician_api.services import Services
from clinician_api.settings import ApiOptions
from clinician_api.web.addresses import Addresses
from clinician_api.web.places import Places
from clinician_api.web.protocols import attentive, punctual
from telemetry import broker_address
from telemetry.clock import Clock
from telemetry.errors import HomehdError
from telemetry.health_port import HealthPort

log = logging.getLogger(__name__)

# A subscription of a thousand units is 35 kB.
MAX_SOCKET_MESSAGE: Final = 64 * 1024
MAX_HEADERS: Final = 16 * 1024
PING_S, PONG_S = 10.0, 20.0
GRACE_S: Final = 5
BACKLOG: Final = 512


def run(
    options: ApiOptions,
    clock: Clock,
    stop: threading.Event,
    on_ready: Callable[[str], None] | None = None,
    addresses: Addresses | None = None,
) -> None:
    """Serve until `stop`; then sockets are closed with 1012 and requests get five seconds to end.

    `on_ready` gets the URL once it listens. `addresses` judges those that people enter. HomehdError when the database
    or the port cannot be had; a broker that is not there is waited for.
    """
    broker_address.parse(options.broker_url)
    asyncio.run(_run(options, clock, stop, on_ready, addresses))


async def _run(
    options: ApiOptions,
    clock: Clock,
    stop: threading.Event,
    on_ready: Callable[[str], None] | None,
    addresses: Addresses | None,
) -> None:
    data = Data(options)
    # Here, where its error is one line, and not in the lifespan, where uvicorn would report it.
    await data.open()
    try:
        await serve(create_app(options, clock, data, addresses=addresses), options, stop, on_ready)
    finally:
        await data.close()


async def serve(
    app: FastAPI, options: ApiOptions, stop: threading.Event, on_ready: Callable[[str], None] | None = None
) -> None:
    """An application of `create_app`, in a loop that is there already, until `stop`."""
    with _listening(options.host, options.port) as sock, _metrics(options, app.state.services):
        url = f"http://{_printed(options.host)}:{sock.getsockname()[1]}"
        await _Server(_config(app, options), stop, lambda: _ready(url, on_ready)).serve([sock])


class _Server(uvicorn.Server):
    """uvicorn that ends by an event instead of by signals of its own, and says when it listens."""

    def __init__(self, config: uvicorn.Config, stop: threading.Event, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._stop = stop
        self._on_ready = on_ready

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are the command's business; uvicorn would raise SIGTERM again after a clean end."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then say so."""
        await super().startup(sockets)
        if self.started:
            self._on_ready()

    async def on_tick(self, counter: int) -> bool:
        """Asked ten times a second whether to end."""
        return await super().on_tick(counter) or self._stop.is_set()


def _config(app: FastAPI, options: ApiOptions) -> uvicorn.Config:
    metrics = app.state.services.metrics
    places = Places(options.max_connections, options.connections_per_address)
    # Their lines carry paths and addresses of every request; ours say what matters.
    for name in ("uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).setLevel(logging.WARNING)
    return uvicorn.Config(
        app,
        http=punctual(places, options.proxies, options.stall_s),
        ws=attentive(places, options.stall_s, lambda: metrics.socket_closed.labels("1013").inc()),
        ws_max_size=MAX_SOCKET_MESSAGE,
        ws_per_message_deflate=False,  # up to 40 times the CPU on large frames (measurements)
        ws_ping_interval=PING_S,
        ws_ping_timeout=PONG_S,
        h11_max_incomplete_event_size=MAX_HEADERS,
        timeout_keep_alive=10,
        timeout_graceful_shutdown=GRACE_S,
        proxy_headers=False,
        server_header=False,
        access_log=False,
        log_config=None,
        lifespan="on",
    )


@contextlib.contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sets TCP_NODELAY only where the protocol is named, and without it every small answer waits 40 ms.
    with socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP) as sock:
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind((host, port))
            sock.listen(BACKLOG)
        except OSError as error:
            hint = f"{error.strerror or error}; choose another with HOMEHD_API_PORT"
            raise HomehdError("listen", f"{host}:{port}", hint=hint) from error
        yield sock


@contextlib.contextmanager
def _metrics(options: ApiOptions, services: Services) -> Iterator[None]:
    if options.metrics_port is None:
        yield
        return
    server = HealthPort(options.metrics_port, services.metrics.page, lambda: _health(services), named="metrics_port")
    log.info("metrics", extra={"fields": {"url": f"http://127.0.0.1:{server.port}/metrics"}})
    try:
        yield
    finally:
        server.stop()


def _health(services: Services) -> tuple[bool, dict[str, object]]:
    well = services.room.all_alive()
    return well, {"status": "ok" if well else "degraded", "service": "api", "links": services.room.links()}


def _ready(url: str, on_ready: Callable[[str], None] | None) -> None:
    log.info("listening", extra={"fields": {"url": url}})
    if on_ready is not None:
        on_ready(url)


def _printed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
