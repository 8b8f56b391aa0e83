"""A way to the database that can be stopped: the lines stay open and nothing comes through, as from a frozen server."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import parse_qs, urlsplit


class Valve:
    """Listens on 127.0.0.1; `url` leads to the same database as the one given, while the valve is open."""

    def __init__(self, database_url: str) -> None:
        parts = urlsplit(database_url)
        query = parse_qs(parts.query)
        self._host = parts.hostname or query.get("host", [""])[0]
        self._port = parts.port or int(query.get("port", ["5432"])[0])
        self._login, self._database = parts.netloc.rpartition("@")[0] or "homehd", parts.path
        self._open = asyncio.Event()
        self._open.set()
        self._stop = asyncio.Event()
        self._lines: set[asyncio.Task[None]] = set()
        self._port_here = 0
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="valve")

    @property
    def url(self) -> str:
        """The database through the valve."""
        return f"postgresql://{self._login}@127.0.0.1:{self._port_here}{self._database}?sslmode=disable"

    def start(self) -> None:
        """Listen."""
        self._thread.start()
        assert self._ready.wait(10)

    def shut(self) -> None:
        """From now on nothing comes through; who connects is let in and hears nothing."""
        self._loop.call_soon_threadsafe(self._open.clear)

    def open(self) -> None:
        """Everything that was said meanwhile comes through."""
        self._loop.call_soon_threadsafe(self._open.set)

    def stop(self) -> None:
        """Cut every line and end."""
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        server = await asyncio.start_server(self._connect, "127.0.0.1", 0)
        self._port_here = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        server.close()
        for line in self._lines:
            line.cancel()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._open.wait()
        if self._host.startswith("/"):
            far_reader, far_writer = await asyncio.open_unix_connection(f"{self._host}/.s.PGSQL.{self._port}")
        else:
            far_reader, far_writer = await asyncio.open_connection(self._host, self._port)
        for source, sink in ((reader, far_writer), (far_reader, writer)):
            task = asyncio.get_running_loop().create_task(self._pour(source, sink))
            self._lines.add(task)
            task.add_done_callback(self._lines.discard)

    async def _pour(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        try:
            while data := await source.read(65536):
                await self._open.wait()
                sink.write(data)
                await sink.drain()
        except OSError:
            pass  # the other side is gone
        finally:
            sink.close()


@contextmanager
def valve(database_url: str) -> Iterator[Valve]:
    """A running valve."""
    running = Valve(database_url)
    running.start()
    try:
        yield running
    finally:
        running.open()
        running.stop()
