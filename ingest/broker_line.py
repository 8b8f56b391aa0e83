"""The socket under the MQTT client: reads much at once, keeps the plain messages for us, gathers what is written.

paho-mqtt reads its packets byte by byte and writes each with a call of its own. It is given this object for a socket:
what it writes waits here until the loop sends it in one piece, and of what comes in it sees only the packets that are
not messages at QoS 0. One thread reads and sends; `publish` may be called on any.
"""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from ingest import publishes
from ingest.inbox import Message

# As much as a busy reader finds in a few milliseconds; with it a burst is bounded.
_PIECE: Final = 256 * 1024
_PING: Final = b"\xc0\x00"
# Acknowledgements that the broker does not take: beyond this they are dropped, and agents ask again.
MAX_UNSENT: Final = 8 * 1024 * 1024


class BrokerLine:
    """A connected, non-blocking socket, as paho sees it (`recv`, `send`, `close`, …) and as our loop does."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self._stream = b""
        self._at = 0
        self._others = b""  # for paho
        self._lost = False
        self._unsent = bytearray()
        self._guard = threading.Lock()

    # What paho uses.

    def recv(self, size: int) -> bytes:
        """The next bytes of a packet that is paho's; nothing once the line is lost."""
        if not self._others and not self._lost:
            raise BlockingIOError
        piece, self._others = self._others[:size], self._others[size:]
        return piece

    def send(self, data: bytes | bytearray | memoryview) -> int:
        """Take a whole packet; it is sent with the next `flush`."""
        with self._guard:
            self._unsent += data
        return len(data)

    def fileno(self) -> int:
        """For whoever waits; −1 once it is closed."""
        return self._line.fileno()

    def setblocking(self, blocking: bool) -> None:
        """As a socket."""
        self._line.setblocking(blocking)

    def close(self) -> None:
        """Close, after one more try to send what is left."""
        with suppress(OSError, ValueError):  # often it is lost, and closed for that
            self.flush()
        self._line.close()

    # What the loop uses.

    @property
    def wants_write(self) -> bool:
        """Whether something waits to be sent."""
        return bool(self._unsent)

    def publish(self, topic: str, payload: bytes) -> bool:
        """Send a message at QoS 0 with the next `flush`; False when too much waits already."""
        with self._guard:
            if len(self._unsent) > MAX_UNSENT:
                return False
            self._unsent += publishes.packet(topic, payload)
        return True

    def lose(self) -> None:
        """From now on paho sees the end of the line."""
        self._lost = True

    def ping(self) -> None:
        """Ask the broker to say something."""
        self.send(_PING)

    def fill(self) -> bool:
        """Read what is there, up to a bound; False when nothing is. OSError when the line is lost."""
        try:
            piece = self._line.recv(_PIECE)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return False
        if not piece:
            raise ConnectionResetError("the broker has closed the connection")
        self._stream = self._stream[self._at :] + piece
        self._at = 0
        return True

    def take(self, received_us: int, burst: list[Message], on_other: Callable[[], object]) -> None:
        """Add to `burst` the messages that are all there.

        `on_other` is called for each packet of another kind when it is its turn, for paho to read it. BrokenStreamError
        for what is no MQTT.
        """
        while True:
            taken = publishes.take(self._stream, self._at, received_us)
            self._at += taken.used
            burst += taken.messages
            if not taken.other:
                return
            self._others = taken.other
            on_other()

    def flush(self) -> None:
        """Send as much as goes without waiting. OSError when the line is lost."""
        with self._guard:
            while self._unsent:
                try:
                    sent = self._line.send(self._unsent)
                except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                    return
                del self._unsent[:sent]
