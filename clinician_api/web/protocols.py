"""uvicorn's connections with the watchdogs it lacks: for a client that sends too slowly, and one that does not read."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable
from typing import Any, Final

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from clinician_api.web.errors import ApiError, answer
from clinician_api.web.problems import MEDIA_TYPE

log = logging.getLogger(__name__)

HEADERS_S: Final = 10.0
# After the close frame was written to a client that does not read: time for one that wakes up to find it.
STALL_GRACE_S: Final = 2.0
# What the kernel and asyncio hold for one client; above it sending waits and the stall's clock runs.
SEND_BUFFER: Final = 128 * 1024
WRITE_HIGH: Final = 64 * 1024


class PunctualHttp(H11Protocol):
    """Closes a connection whose request is not there, headers and all, within HEADERS_S of its start (slow loris)."""

    _deadline: asyncio.TimerHandle | None = None

    def __init__(self, *args: Any, **options: Any) -> None:
        """Take the limit of connections from uvicorn, whose own answer above it is none of ours."""
        super().__init__(*args, **options)
        self._limit, self.limit_concurrency = self.limit_concurrency, None
        self._served = self.app

    def handle_events(self) -> None:
        """Requests that have arrived: to the application, or above the limit to nobody."""
        most = max(len(self.connections), len(self.tasks))
        self.app = _too_many if self._limit is not None and most >= self._limit else self._served
        super().handle_events()

    def send_400_response(self, msg: str) -> None:
        """What is no HTTP: an error like any other, and the end of the connection."""
        found = answer(ApiError(400, "not understood", hint=msg))
        headers = [(b"content-type", MEDIA_TYPE.encode()), (b"connection", b"close")]
        for event in (
            h11.Response(status_code=400, headers=headers, reason=b"Bad Request"),
            h11.Data(data=bytes(found.body)),
            h11.EndOfMessage(),
        ):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A connection: its first request is due."""
        super().connection_made(transport)
        self._deadline = self.loop.call_later(HEADERS_S, self._late)

    def data_received(self, data: bytes) -> None:
        """Some bytes; once they make a request the deadline is met. A later request on the same line has its own."""
        idle = self.cycle is None or self.cycle.response_complete
        if idle and self._deadline is None:
            self._deadline = self.loop.call_later(HEADERS_S, self._late)
        before = self.cycle
        super().data_received(data)
        if self.cycle is not before or self.transport.get_protocol() is not self:
            self._cancel()

    def connection_lost(self, exc: Exception | None) -> None:
        """The end."""
        self._cancel()
        super().connection_lost(exc)

    def _late(self) -> None:
        self._deadline = None
        self.transport.abort()

    def _cancel(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


async def _too_many(scope: Any, receive: Any, send: Any) -> None:
    headers = {"Retry-After": "5", "Connection": "close"}
    hint = "the server has as many connections as it may: try again in a few seconds"
    await answer(ApiError(503, "too many at once", hint=hint, headers=headers, kind="busy"))(scope, receive, send)


class AttentiveWebSocket(WebSocketsSansIOProtocol):
    """A WebSocket connection that is closed (1013, then cut) when its client takes nothing for `stall_s`.

    uvicorn makes connections from a class, so what they share is a subclass's attributes: see `attentive`.
    """

    stall_s = 10.0

    _stall: asyncio.TimerHandle | None = None
    _unsent = 0

    def connection_made(self, transport: Any) -> None:
        """A connection: bound what is kept for it."""
        super().connection_made(transport)
        transport.set_write_buffer_limits(high=WRITE_HIGH)
        sock = transport.get_extra_info("socket")
        if sock is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)

    def pause_writing(self) -> None:
        """The client takes less than we send: watch it."""
        super().pause_writing()
        if self._stall is None:
            self._unsent = self.transport.get_write_buffer_size()
            self._stall = self.loop.call_later(self.stall_s, self._look)

    def resume_writing(self) -> None:
        """It has taken most of it."""
        super().resume_writing()
        self._cancel_stall()

    def connection_lost(self, exc: Exception | None) -> None:
        """The end."""
        if self._stall is not None:
            self._stall.cancel()
        super().connection_lost(exc)

    def on_stall(self) -> None:
        """Called when a client is given up."""

    def _look(self) -> None:
        unsent = self.transport.get_write_buffer_size()
        if unsent < self._unsent:  # a thin line, but it takes something
            self._unsent = unsent
            self._stall = self.loop.call_later(self.stall_s, self._look)
        else:
            self._give_up()

    def _give_up(self) -> None:
        self.on_stall()
        log.warning("socket does not read", extra={"fields": {"after_s": self.stall_s}})
        self.queue.put_nowait({"type": "websocket.disconnect", "code": 1013})
        if not self.close_sent:
            self.conn.send_close(1013, "not reading: connect again for a snapshot")
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.close_sent = True
        self._stall = self.loop.call_later(STALL_GRACE_S, self.transport.abort)

    def _cancel_stall(self) -> None:
        if self._stall is not None and not self.close_sent:
            self._stall.cancel()
            self._stall = None


def attentive(stall_seconds: float, told: Callable[[], None]) -> type[AttentiveWebSocket]:
    """The class for one server: its patience, and whom it tells of a client given up."""

    class Attentive(AttentiveWebSocket):
        stall_s = stall_seconds

        def on_stall(self) -> None:
            told()

    return Attentive
