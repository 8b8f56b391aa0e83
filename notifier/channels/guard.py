"""What a thread may do while it sends: connect to allowed networks, for a limited time, and nothing of this machine.

Apprise opens its own connections, in a hundred and eighty plug-ins. Python tells an audit hook of every connection
(PEP 578) before it is made, with the resolved address, so neither a name that resolves to another address the second
time, nor a redirect, gets by. The hook also remembers the connections, so that a receiver that answers one byte every
few seconds, for which each single time-out begins anew, is hung up on when the time is over.
"""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

from notifier.channels.networks import Networks

_PROGRAMS: Final = frozenset({"subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork", "pty.spawn"})
BROKEN: Final = "no connection, or one that broke off"
_CONNECTIONS: Final = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})


class Refused(OSError):
    """A sending thread wanted what it may not."""


class Guard:
    """What happened during one send.

    Attributes:
        refusal: why a connection was refused, or empty.
        timed_out: whether the time was over.
    """

    def __init__(self, networks: Networks, timeout_s: float) -> None:
        self.refusal = ""
        self.timed_out = False
        self._networks = networks
        self._timeout_s = timeout_s
        self._lock = threading.Lock()
        self._connections: list[socket.socket] = []

    @property
    def trouble(self) -> str:
        """What kept the page from getting through, as far as is known here, or empty."""
        if self.refusal:
            return f"its host leads to {self.refusal}; setting channel_networks allows it"
        return f"no complete answer within {self._timeout_s:g} s" if self.timed_out else ""

    def event(self, name: str, arguments: tuple[object, ...]) -> None:
        """Refuse, by an exception, or remember."""
        if name in _PROGRAMS:
            self._refuse("a program on this server")
        connection, address = arguments[0], arguments[-1]
        if not isinstance(connection, socket.socket) or address is None:
            return
        if not isinstance(address, tuple):
            self._refuse("this server itself")
            return
        refusal = self._networks.refusal(str(address[0]))
        if refusal:
            self._refuse(refusal)
        self._remember(connection)

    def hang_up(self) -> None:
        """The time is over: end every connection, and allow no more."""
        with self._lock:
            self.timed_out = True
            for connection in self._connections:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Let go of the connections."""
        with self._lock:
            for connection in self._connections:
                connection.close()
            self._connections.clear()

    def _remember(self, connection: socket.socket) -> None:
        with self._lock:
            if self.timed_out:
                raise Refused("the time is over")
            # A copy of the handle: TLS takes the socket over, but the connection behind both is one.
            self._connections.append(connection.dup())

    def _refuse(self, why: str) -> None:
        self.refusal = why
        raise Refused(why)


_here = threading.local()
_install_lock = threading.Lock()
_installed = False


@contextmanager
def sending(networks: Networks, timeout_s: float) -> Iterator[Guard]:
    """While inside, this thread is held to the rules; after `timeout_s` its connections are hung up on."""
    _install()
    guard = Guard(networks, timeout_s)
    timer = threading.Timer(timeout_s, guard.hang_up)
    timer.daemon = True
    timer.start()
    _here.guard = guard
    try:
        yield guard
    finally:
        _here.guard = None
        timer.cancel()
        guard.close()


def _install() -> None:
    global _installed
    # A hook cannot be taken away: there must be one at most.
    with _install_lock:
        if not _installed:
            sys.addaudithook(_hook)
            _installed = True


def _hook(name: str, arguments: tuple[object, ...]) -> None:
    # Called for everything that happens in the process: what is none of our business must cost next to nothing.
    if name in _CONNECTIONS or name in _PROGRAMS:
        guard = getattr(_here, "guard", None)
        if guard is not None:
            guard.event(name, arguments)
