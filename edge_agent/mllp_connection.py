"""One machine's TCP connection: what is read, what is still to be sent, and when to give it up."""

from __future__ import annotations

import logging
import select
import socket
from typing import Final

log = logging.getLogger(__name__)

READ_BYTES: Final = 16384
# Answers that a machine does not read: a hundred of them. Until they are gone nothing more is read from it either.
MAX_UNSENT: Final = 32 * 1024
UNSENT_S: Final = 10.0
# A dead peer (power cut: no FIN ever comes) is noticed by the kernel within a minute.
KEEPALIVE: Final = ((socket.TCP_KEEPIDLE, 30), (socket.TCP_KEEPINTVL, 10), (socket.TCP_KEEPCNT, 3))


class Connection:
    """Non-blocking. OSError never leaves it: a connection that fails is `over`.

    Attributes:
        host: the peer's address. since_s: when it connected. message_s: last acceptable message, or when it connected.
        bytes_s: last bytes, or when it connected.
        over: nothing more will come or go; close it.
    """

    def __init__(self, sock: socket.socket, host: str, now: float) -> None:
        self.sock = sock
        self.host = host
        self.since_s = self.message_s = self.bytes_s = now
        self.over = False
        self._unsent = bytearray()
        self._unsent_s = now
        self._ending = False
        sock.setblocking(False)
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            for option, value in KEEPALIVE:
                sock.setsockopt(socket.IPPROTO_TCP, option, value)
        except OSError as error:
            self._fail(error)

    @property
    def interest(self) -> int:
        """What to wait for: while answers are unsent, only that they can be sent."""
        return select.POLLOUT if self._unsent else select.POLLIN

    def read(self, now: float) -> bytes:
        """What is there, empty when nothing is or when the peer has finished."""
        try:
            data = self.sock.recv(READ_BYTES)
        except (BlockingIOError, InterruptedError):
            return b""
        except OSError as error:
            self._fail(error)
            return b""
        if data:
            self.bytes_s = now
        else:
            # The peer may have closed its half only and still wait for its answers.
            self._ending = True
            self.over = not self._unsent
        return data

    def send(self, data: bytes, now: float) -> None:
        """Send an answer; what the line does not take waits for `flush`."""
        if self.over or not data:
            return
        if not self._unsent:
            self._unsent_s = now
        self._unsent += data
        self.flush(now)
        if len(self._unsent) > MAX_UNSENT:
            self._fail(OSError("answers are not read"))

    def flush(self, now: float) -> None:
        """Send what waits."""
        try:
            while self._unsent:
                sent = self.sock.send(self._unsent)
                del self._unsent[:sent]
                self._unsent_s = now
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            self._fail(error)
            return
        self.over = self.over or self._ending

    def check(self, now: float, *, stuck_s: float, idle_s: float) -> None:
        """Give up a connection that does not take its answers, talks without saying anything, or was forgotten."""
        if self._unsent and now - self._unsent_s >= UNSENT_S:
            self._fail(OSError("answers are not read"))
        elif self.bytes_s > self.message_s and now - self.message_s >= stuck_s:
            self._fail(OSError("no acceptable message"))
        elif now - self.bytes_s >= idle_s:
            self._fail(OSError("nothing came"))

    def close(self) -> None:
        """Close; more than once is harmless."""
        try:
            self.sock.close()
        except OSError as error:
            log.debug("closing a connection failed", extra={"fields": {"reason": str(error)}})

    def _fail(self, error: OSError) -> None:
        self.over = True
        log.info("connection given up", extra={"fields": {"peer": self.host, "reason": str(error)}})
