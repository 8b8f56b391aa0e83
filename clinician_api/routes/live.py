"""`/ws`: who may, what they asked for, and the loop that keeps one screen up to date."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import Final

import msgspec
from fastapi import APIRouter, WebSocket
from pydantic import ValidationError
from starlette.websockets import WebSocketDisconnect

from alerts.delivery import DeliveryState
from clinician_api.access import ROUTES
from clinician_api.home.watch_board import Watcher
from clinician_api.live.hub import Subscriber
from clinician_api.live.messages import ClientMessage, InView, PageReceipt, ScreenSound, Subscription, Watch
from clinician_api.live.screens import Said, page_view
from clinician_api.live.sockets import Closing, OpenSocket
from clinician_api.people.looks import What
from clinician_api.people.sessions import Session, session_of
from clinician_api.services import Services, note_look, services_of
from clinician_api.web.errors import ApiError, answer
from clinician_api.web.guard import is_same_origin
from clinician_api.web.rate_limit import SlidingWindow
from telemetry.errors import HomehdError

log = logging.getLogger(__name__)
router = APIRouter()

FIRST_MESSAGE_S: Final = 10.0
MESSAGES, MESSAGES_WINDOW_S = 10, 10.0
# Two for each page, and a storm brings a person one page for each patient and cause.
RECEIPTS = 300
CLOSE_S: Final = 2.0
# A reason for closing holds 123 bytes.
EXPECTED: Final = (
    'expected {"subscribe": {"units": "all" or […]}}, {"watch": …}, {"receipt": …}, {"sound": …} or {"in_view": …}'
)
GONE: Final = Closing(0, "client left")


@router.websocket("/ws")
async def live(websocket: WebSocket) -> None:
    """See docs/websocket.md. Origin and session are checked before the socket is accepted: 403 otherwise."""
    services = services_of(websocket)
    session = await _admitted(websocket, services)
    if session is None:
        return
    name = "" if session.kiosk_id is None else session.name
    socket = OpenSocket(session.token_hash, session.scope, session.user_id, name, kiosk_id=session.kiosk_id)
    if not services.sockets.add(socket):
        await _refuse(websocket, services, "too many sockets")
        return
    try:
        # Accepted inside the try: the register must not keep a socket whose client left during the handshake.
        await websocket.accept()
        services.metrics.sockets.inc()
        try:
            closing = await _converse(websocket, services, socket, session)
        finally:
            services.metrics.sockets.dec()
    finally:
        services.sockets.discard(socket)
    if closing is not GONE:
        services.metrics.socket_closed.labels(str(closing.code)).inc()
        # A client that does not read cannot be told; the transport is cut by its own watchdog.
        with contextlib.suppress(TimeoutError, RuntimeError, WebSocketDisconnect):
            async with asyncio.timeout(CLOSE_S):
                await websocket.close(closing.code, closing.reason)


async def _admitted(websocket: WebSocket, services: Services) -> Session | None:
    headers = websocket.headers
    options = services.options
    if not is_same_origin(headers.get("origin"), headers.get("host"), options.allowed_origins, https=options.https):
        await _refuse(websocket, services, "origin")
        return None
    try:
        session = await session_of(websocket)
    except HomehdError:
        await _refuse(websocket, services, "database")
        return None
    needed = ROUTES["WS", "/ws"]
    if session is None or needed is None or not session.scope.may(needed):
        await _refuse(websocket, services, "session" if session is None else "role")
        return None
    return session


async def _refuse(websocket: WebSocket, services: Services, reason: str) -> None:
    services.metrics.socket_refused.labels(reason).inc()
    log.info("socket refused", extra={"fields": {"reason": reason}})
    refusal = ApiError(403, "not allowed", where="/ws", hint=f"refused for its {reason}")
    await websocket.send_denial_response(answer(refusal))


class _Asked:
    """What the client asked for last, handed from the listener to the teller."""

    def __init__(self, wake: asyncio.Event) -> None:
        self.wake = wake
        self._subscription: Subscription | None = None
        self._watch: Watch | None = None

    def put(self, subscription: Subscription) -> None:
        """The newest subscription replaces one that was not taken yet."""
        self._subscription = subscription
        self.wake.set()

    def watch(self, watch: Watch) -> None:
        """Likewise whose values are shown."""
        self._watch = watch
        self.wake.set()

    def take(self) -> tuple[Subscription | None, Watch | None]:
        """What was asked for since the last time, if anything."""
        taken, self._subscription, self._watch = (self._subscription, self._watch), None, None
        return taken


async def _converse(websocket: WebSocket, services: Services, socket: OpenSocket, session: Session) -> Closing:
    """Listen and tell until somebody ends it; why it ended."""
    asked = _Asked(socket.wake)
    tasks = [
        asyncio.create_task(_listen(websocket, services, socket, session, asked)),
        asyncio.create_task(_tell(websocket, services, socket, session, asked)),
    ]
    try:
        await asyncio.wait([*tasks, socket.closing], return_when=asyncio.FIRST_COMPLETED)
        if socket.closing.done():
            return socket.closing.result()
        return next(task.result() for task in tasks if task.done())
    except (WebSocketDisconnect, RuntimeError):
        # Starlette raises RuntimeError when a message is sent to a socket the client has closed meanwhile.
        return GONE
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _listen(
    websocket: WebSocket, services: Services, socket: OpenSocket, session: Session, asked: _Asked
) -> Closing:
    """Hand on what the client says; a message that is nothing of it ends the conversation."""
    pace = SlidingWindow(MESSAGES, MESSAGES_WINDOW_S, max_keys=1)
    receipts = SlidingWindow(RECEIPTS, MESSAGES_WINDOW_S, max_keys=1)
    while True:
        message = await websocket.receive()
        if message["type"] == "websocket.disconnect":
            return GONE
        try:
            said = ClientMessage.model_validate_json(message.get("text") or b"").root
        except ValidationError:
            return Closing(1008, EXPECTED)
        # Whoever goes from page to page says each time what is shown.
        often = isinstance(said, PageReceipt | Watch)
        limit, window = (RECEIPTS, receipts) if often else (MESSAGES, pace)
        if window.attempt("", services.clock.monotonic_s()) > 0:
            return Closing(1008, f"more than {limit} messages in {MESSAGES_WINDOW_S:g} s")
        if isinstance(said, PageReceipt):
            services.screens.say(Said(int(said.receipt), socket.user_id, DeliveryState(said.state)))
        elif isinstance(said, ScreenSound):
            socket.sound = said.sound
        elif isinstance(said, InView):
            _note_in_view(services, socket, session, said)
        elif isinstance(said, Watch):
            asked.watch(said)
        else:
            asked.put(said.subscribe)


def _note_in_view(services: Services, socket: OpenSocket, session: Session, said: InView) -> None:
    units = [unit for unit in said.in_view if services.room.entry(socket.scope, unit) is not None]
    watcher = Watcher(session.actor, session.name, str(session.role))
    attended = said.attended and session.kiosk_id is None
    services.watch.note(watcher, units, services.clock.monotonic_s(), attended=attended)


async def _tell(
    websocket: WebSocket, services: Services, socket: OpenSocket, session: Session, asked: _Asked
) -> Closing:
    """Snapshot, then whatever changes. While a send waits for a slow client nothing is queued for it."""
    hub, clock = services.hub, services.clock
    try:
        async with asyncio.timeout(FIRST_MESSAGE_S):
            await asked.wake.wait()
    except TimeoutError:
        return Closing(1008, f"no subscription within {FIRST_MESSAGE_S:g} s")
    subscriber, shown = Subscriber(socket.scope, frozenset()), -1
    with services.pump.waking(asked.wake), services.screens.waiting(socket.user_id, asked.wake) as mailbox:
        while True:
            asked.wake.clear()
            subscription, watch = asked.take()
            if subscription is not None:
                wanted = None if subscription.units == "all" else frozenset(subscription.units)
                subscriber = Subscriber(socket.scope, wanted, watched=subscriber.watched)
            elif subscriber.scope != socket.scope:
                subscriber, shown = Subscriber(socket.scope, subscriber.units, watched=subscriber.watched), -1
            if watch is not None:
                subscriber.watch(None if watch.watch == "all" else frozenset(watch.watch))
            frames = hub.frames(subscriber, clock.now_us(), clock.monotonic_s())
            if subscription is not None or subscriber.generation != shown:
                # A snapshot: also a new one, because a home came or serves somebody else.
                shown = subscriber.generation
                units = services.room.units(socket.scope, subscriber.units)
                # Before it is sent: whoever cuts the line after reading most of it has seen it all the same.
                note_look(services, session, What.WALL, units=units)
            for frame in frames:
                await websocket.send_text(frame)
                services.metrics.messages.inc()
            for page in mailbox.take():
                await websocket.send_text(msgspec.json.encode(page_view(page, clock.now_us())).decode())
                services.metrics.messages.inc()
                services.screens.say(Said(page.delivery_id, page.user_id, DeliveryState.SENT))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(hub.heartbeat_due_s(subscriber, clock.monotonic_s())):
                    await asked.wake.wait()
