"""Which sockets are open, for which session, and how to end them from outside."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from clinician_api.access import Scope

# A person with every tab open stays below it; a script that opens sockets in a loop does not.
MAX_PER_SESSION = 30
# What a screen says of whether it would be heard (`ScreenSound`), the least first.
_SOUNDS = ("off", "blocked", "paused", "armed")


@dataclass(frozen=True, slots=True)
class Closing:
    """Why a socket is to be closed: a WebSocket code and words for a person."""

    code: int
    reason: str


@dataclass(eq=False, slots=True)
class OpenSocket:
    """One open socket. `closing` is set by whoever wants it closed; the socket's own task does it.

    `wake` is set when it has something to tell: also when its person sees other patients now (`scope`).

    Attributes:
        name, kiosk_id: of the screen on a wall that it is; empty and None for a person's.
        sound: what it said last of whether it would be heard.
    """

    token_hash: bytes
    scope: Scope
    user_id: int
    name: str = ""
    sound: str = "off"
    kiosk_id: int | None = None
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    closing: asyncio.Future[Closing] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def close(self, code: int, reason: str) -> None:
        """Ask for it to be closed; the first reason counts."""
        if not self.closing.done():
            self.closing.set_result(Closing(code, reason))


class SocketRegister:
    """All open sockets of this process."""

    def __init__(self) -> None:
        self._open: dict[bytes, set[OpenSocket]] = {}

    def add(self, socket: OpenSocket) -> bool:
        """Register; False when its session has too many already."""
        held = self._open.setdefault(socket.token_hash, set())
        if len(held) >= MAX_PER_SESSION:
            return False
        held.add(socket)
        return True

    def discard(self, socket: OpenSocket) -> None:
        """Forget a closed one."""
        held = self._open.get(socket.token_hash, set())
        held.discard(socket)
        if not held:
            self._open.pop(socket.token_hash, None)

    def screens(self, covers: Callable[[Scope], bool]) -> list[OpenSocket]:
        """The open ones whose scope covers what is asked about."""
        held = [socket for sockets in self._open.values() for socket in sockets]
        known = {scope: covers(scope) for scope in {one.scope for one in held}}
        return [one for one in held if known[one.scope]]

    def walls(self) -> dict[int, str]:
        """Of every wall that is open here what its loudest screen says of its sound, by its number."""
        found: dict[int, str] = {}
        for socket in (one for sockets in self._open.values() for one in sockets):
            if socket.kiosk_id is not None:
                found[socket.kiosk_id] = max(found.get(socket.kiosk_id, "off"), socket.sound, key=_SOUNDS.index)
        return found

    def sessions(self) -> list[bytes]:
        """The sessions that have open sockets."""
        return list(self._open)

    def see(self, token_hash: bytes, scope: Scope) -> bool:
        """What a session sees from now on; its sockets tell it. False: its role or clinic is another now."""
        held = self._open.get(token_hash, set())
        if not all(socket.scope.is_as(scope) for socket in held):
            return False
        for socket in held:
            if socket.scope != scope:
                socket.scope = scope
                socket.wake.set()
        return True

    def close_sessions(self, token_hashes: Iterable[bytes], reason: str) -> None:
        """Close the sockets of sessions that have ended or changed."""
        for token_hash in token_hashes:
            for socket in self._open.get(token_hash, ()):
                socket.close(1008, reason)
