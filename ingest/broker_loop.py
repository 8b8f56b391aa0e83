"""The thread that reads the broker: drives paho, takes what has arrived in bursts, comes back by itself.

While there is no room for what arrives it stops reading, and TCP tells the broker; it goes on when there is. Whatever
goes wrong in a session ends that session only: the loop waits a moment and begins another.
"""

from __future__ import annotations

import logging
import select
import socket
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

from ingest.broker_line import BrokerLine
from ingest.inbox import Message
from ingest.publishes import BrokenStreamError
from telemetry.clock import Clock

log = logging.getLogger(__name__)

# The broker ends a session it has heard nothing from for one and a half times this; we do when it says nothing to us.
KEEPALIVE_S: Final = 15
PING_S: Final = 5.0
# While there is no room: how soon we see that there is again.
ROOM_S: Final = 0.02
FIRST_DELAY_S: Final = 1.0
LAST_DELAY_S: Final = 10.0
# A burst: then what has arrived is handed on, and what waits is sent.
PIECES_AT_ONCE: Final = 4
# At the end what was published is still sent, for at most this long.
FAREWELL_S: Final = 2.0


class Client(mqtt.Client):
    """paho's client on a line of ours."""

    line: BrokerLine | None = None

    def __init__(self, client_id: str) -> None:
        super().__init__(CallbackAPIVersion.VERSION2, client_id=client_id, clean_session=True)

    def _create_socket(self) -> BrokerLine:  # paho has no public place to do this
        self.line = BrokerLine(super()._create_socket())  # type: ignore[arg-type]
        return self.line


class BrokerLoop:
    """Connects, reads, writes and reconnects on a thread of its own. What is public may be called on any thread.

    `arrived` is given what came, on that thread; `has_room` says whether it may be given more.

    Attributes:
        pauses: how often reading had to stop because there was no room.
    """

    def __init__(
        self, client: Client, arrived: Callable[[Sequence[Message]], None], has_room: Callable[[], bool], clock: Clock
    ) -> None:
        self._client = client
        self._arrived = arrived
        self._has_room = has_room
        self._clock = clock
        self._burst: list[Message] = []
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="broker", daemon=True)
        self._bell, self._rope = socket.socketpair()
        self._bell.setblocking(False)
        self._rope.setblocking(False)
        self._rung = False
        self._paused = False
        self.pauses = 0
        client.on_message = self._on_message
        client.on_socket_register_write = lambda *_: self._ring()

    @property
    def connected(self) -> bool:
        """Whether a session stands and its thread runs."""
        return self._thread.is_alive() and self._client.is_connected()

    def start(self, host: str, port: int) -> None:
        """Connect and begin; OSError when nobody answers."""
        self._client.connect(host, port, KEEPALIVE_S)
        self._thread.start()

    def stop(self) -> None:
        """Send what waits, say good-bye, end the thread."""
        self._stopping.set()
        self._ring()
        if self._thread.ident is not None:
            self._thread.join()
        self._bell.close()
        self._rope.close()

    def publish(self, topic: str, payload: bytes) -> None:
        """Send at QoS 0; without a session, or when the broker takes nothing any more, it is dropped."""
        line = self._client.line
        if line is not None and self._client.is_connected() and line.publish(topic, payload):
            self._ring()

    def _ring(self) -> None:
        # One byte wakes the loop, however much there is to do.
        if not self._rung:
            self._rung = True
            with suppress(OSError):
                self._rope.send(b".")

    def _run(self) -> None:
        delay_s = FIRST_DELAY_S
        line = self._client.line
        while not self._stopping.is_set():
            if line is not None and self._session(line):
                delay_s = FIRST_DELAY_S
            if self._stopping.wait(delay_s):
                break
            delay_s = min(delay_s * 2, LAST_DELAY_S)
            line = self._reconnected()
        self._take_leave()

    def _session(self, line: BrokerLine) -> bool:
        """Serve until the session ends or we are to stop; whether the broker had accepted it. Raises nothing."""
        accepted = False
        try:
            turn = _Turn(line, self._bell, self._clock.monotonic_s())
            while not self._stopping.is_set():
                self._turn(line, turn)
                accepted = accepted or self._client.is_connected()
        except (OSError, BrokenStreamError) as error:
            log.warning("broker lost", extra={"fields": {"reason": str(error)}})
        except Exception:
            # Whatever it is, nobody else reads the broker: the next session may do better.
            log.exception("broker session failed")
        if not self._stopping.is_set():
            line.lose()
            self._client.loop_read()
        return accepted

    def _turn(self, line: BrokerLine, turn: _Turn) -> None:
        self._look_for_room()
        readable, lost, rung = turn.wait(ROOM_S if self._paused else PING_S, reads=not self._paused)
        now_s = self._clock.monotonic_s()
        if rung:
            with suppress(BlockingIOError):
                self._bell.recv(64)
            # Only now: who rings in between is taken care of by this turn, and its byte is not taken away with ours.
            self._rung = False
        if self._paused:
            if lost:
                raise ConnectionResetError("the broker has closed the connection")
            turn.heard_s = now_s  # we did not listen
        elif readable:
            turn.more = self._read(line)
            turn.heard_s = now_s
        if now_s - turn.heard_s > KEEPALIVE_S:
            raise TimeoutError(f"it has said nothing for {KEEPALIVE_S} s")
        if now_s - turn.pinged_s >= PING_S and self._client.is_connected():
            turn.pinged_s = now_s
            line.ping()
        while self._client.want_write():
            _check(self._client.loop_write())
        line.flush()

    def _look_for_room(self) -> None:
        paused = not self._has_room()
        self.pauses += paused and not self._paused
        self._paused = paused

    def _read(self, line: BrokerLine) -> bool:
        """Take what has arrived and hand it on; whether there may be more."""
        try:
            for _ in range(PIECES_AT_ONCE):
                if not line.fill():
                    return False
                line.take(self._clock.now_us(), self._burst, lambda: _check(self._client.loop_read()))
            return True
        finally:
            burst, self._burst = self._burst, []
            if burst:
                self._arrived(burst)

    def _on_message(self, _client: mqtt.Client, _user: object, message: mqtt.MQTTMessage) -> None:
        self._burst.append(Message(message.topic, bytes(message.payload), self._clock.now_us(), message.retain))

    def _reconnected(self) -> BrokerLine | None:
        try:
            self._client.reconnect()
        except Exception as error:
            log.warning("broker cannot be reached", extra={"fields": {"reason": str(error)}})
            return None
        return self._client.line

    def _take_leave(self) -> None:
        line = self._client.line
        if line is None or not self._client.is_connected():
            return
        until_s = self._clock.monotonic_s() + FAREWELL_S
        with suppress(Exception):
            line.flush()
            while line.wants_write and self._clock.monotonic_s() < until_s:
                select.select([], [line], [], 0.1)
                line.flush()
            self._client.disconnect()
            self._client.loop_write()


class _Turn:
    """What one session knows between two turns of the loop, and what it waits for.

    Attributes:
        more: whether there may be more to read than what the socket tells.
        heard_s, pinged_s: when the broker last said something, and was last asked to.
    """

    def __init__(self, line: BrokerLine, bell: socket.socket, now_s: float) -> None:
        self._line, self._number, self._bell = line, line.fileno(), bell.fileno()
        self._poll = select.poll()
        self._poll.register(self._bell, select.POLLIN)
        self._poll.register(self._number)
        self.more = False
        self.heard_s = self.pinged_s = now_s

    def wait(self, wait_s: float, *, reads: bool) -> tuple[bool, bool, bool]:
        """Wait until there is something to do: whether there is something to read, the line is lost, the bell rang."""
        self._poll.modify(
            self._number, (select.POLLIN if reads else 0) | (select.POLLOUT if self._line.wants_write else 0)
        )
        happened = dict(self._poll.poll(0 if self.more and reads else wait_s * 1000))
        events = happened.get(self._number, 0)
        lost = events & (select.POLLHUP | select.POLLERR | select.POLLNVAL)
        return self.more or bool(events & select.POLLIN or lost), bool(lost), self._bell in happened


def _check(code: MQTTErrorCode) -> None:
    if code not in (MQTTErrorCode.MQTT_ERR_SUCCESS, MQTTErrorCode.MQTT_ERR_AGAIN):
        raise ConnectionError(mqtt.error_string(code))
