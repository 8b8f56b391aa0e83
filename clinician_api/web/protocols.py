"""uvicorn's connections with the watchdogs it lacks: for a client that sends too slowly, and one that does not read."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any, Final

import h11
from starlette.requests import HTTPConnection
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from clinician_api.settings import Network
from clinician_api.web.errors import ApiError, answer
from clinician_api.web.guard import client_address, is_among, of_line
from clinician_api.web.places import Places
from clinician_api.web.stall import StallWatch

log = logging.getLogger(__name__)

HEADERS_S: Final = 10.0
# After the close frame was written to a client that does not read: time for one that wakes up to find it.
STALL_GRACE_S: Final = 2.0
# What asyncio holds for one socket; above it sending waits and the stall's clock runs.
WRITE_HIGH: Final = 64 * 1024


class PunctualHttp(H11Protocol):
    """Closes a connection whose request is not there, headers and all, within HEADERS_S of its start (slow loris).

    And one whose client takes nothing of the answer for `stall_s`, whether or not we have said all of it. What
    connections share is a subclass's attributes: see `punctual`.
    """

    places: Places
    proxies: Sequence[Network] = ()
    stall_s = 10.0

    _deadline: asyncio.TimerHandle | None = None
    _stall: StallWatch

    def __init__(self, *args: Any, **options: Any) -> None:
        """Above a limit the answer is ours, and not uvicorn's own."""
        super().__init__(*args, **options)
        self._served, self.app = self.app, self._admit

    async def _admit(self, scope: Any, receive: Any, send: Any) -> None:
        app = self._served if self._is_placed() else _too_many
        await app(scope, receive, send)

    def _is_placed(self) -> bool:
        return self.places.is_placed(self, client_address(HTTPConnection(dict(self.scope)), self.proxies))

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        """A socket takes its connection's place; without one, or with an answer still on the line, there is none."""
        if self.flow.write_paused:
            self.transport.abort()
        elif self._is_placed():
            super().handle_websocket_upgrade(event)
            self.places.hand_on(self, self.transport.get_protocol())
        else:
            self._end(TOO_MANY)

    def send_400_response(self, msg: str) -> None:
        """What is no HTTP: an error like any other, and the end of the connection."""
        self._end(ApiError(400, "not understood", hint=msg))

    def _end(self, error: ApiError) -> None:
        found = answer(error)
        headers = [*((k, v) for k, v in found.raw_headers if k != b"connection"), (b"connection", b"close")]
        reason = HTTPStatus(found.status_code).phrase.encode()
        for event in (
            h11.Response(status_code=found.status_code, headers=headers, reason=reason),
            h11.Data(data=bytes(found.body)),
            h11.EndOfMessage(),
        ):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A connection: its first request is due."""
        super().connection_made(transport)
        self._stall = StallWatch(transport, self.stall_s, self._deaf)
        self._stall.bound(0)  # whatever waits for the client is watched, also after the last of an answer
        peer = self.client[0] if self.client else "unknown"
        if not self.places.come(self, None if is_among(peer, self.proxies) else of_line(peer)):
            transport.abort()
            return
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
        self._stall.stop()
        self.places.go(self)
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """The client takes less than we send: watch it."""
        super().pause_writing()
        self._stall.start()

    def resume_writing(self) -> None:
        """It has taken all of it."""
        super().resume_writing()
        self._stall.stop()

    def _deaf(self) -> None:
        log.warning("client does not read", extra={"fields": {"after_s": self.stall_s}})
        self.transport.abort()

    def _late(self) -> None:
        self._deadline = None
        self.transport.abort()

    def _cancel(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


TOO_MANY: Final = ApiError(
    503, "too many at once", hint="as many connections as there may be, or as one address may have: try again soon",
    headers={"Retry-After": "5", "Connection": "close"}, kind="busy",
)  # fmt: skip


async def _too_many(scope: Any, receive: Any, send: Any) -> None:
    await answer(TOO_MANY)(scope, receive, send)


def punctual(shared: Places, trusted: Sequence[Network], stall_seconds: float) -> type[PunctualHttp]:
    """The class for one server: its places, the proxies it believes, and its patience."""

    class Punctual(PunctualHttp):
        places = shared
        proxies = trusted
        stall_s = stall_seconds

    return Punctual


class AttentiveWebSocket(WebSocketsSansIOProtocol):
    """A WebSocket connection that is closed (1013, then cut) when its client takes nothing for `stall_s`.

    uvicorn makes connections from a class, so what they share is a subclass's attributes: see `attentive`.
    """

    places: Places
    stall_s = 10.0

    _stall: StallWatch
    _grace: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """A connection: bound what is kept for it."""
        super().connection_made(transport)
        self._stall = StallWatch(transport, self.stall_s, self._give_up)
        self._stall.bound(WRITE_HIGH)

    def pause_writing(self) -> None:
        """The client takes less than we send: watch it."""
        super().pause_writing()
        if self._grace is None:
            self._stall.start()

    def resume_writing(self) -> None:
        """It has taken most of it."""
        super().resume_writing()
        self._stall.stop()

    def connection_lost(self, exc: Exception | None) -> None:
        """The end."""
        self._stall.stop()
        if self._grace is not None:
            self._grace.cancel()
        self.places.go(self)
        super().connection_lost(exc)

    def on_stall(self) -> None:
        """Called when a client is given up."""

    def _give_up(self) -> None:
        self.on_stall()
        log.warning("socket does not read", extra={"fields": {"after_s": self.stall_s}})
        self.queue.put_nowait({"type": "websocket.disconnect", "code": 1013})
        if not self.close_sent:
            self.conn.send_close(1013, "not reading: connect again for a snapshot")
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.close_sent = True
        self._grace = self.loop.call_later(STALL_GRACE_S, self.transport.abort)


def attentive(shared: Places, stall_seconds: float, told: Callable[[], None]) -> type[AttentiveWebSocket]:
    """The class for one server: its places, its patience, and whom it tells of a client given up."""

    class Attentive(AttentiveWebSocket):
        places = shared
        stall_s = stall_seconds

        def on_stall(self) -> None:
            told()

    return Attentive
