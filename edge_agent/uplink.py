"""The MQTT session: connect, reconnect, publish, receive. Knows nothing of rows; the only module that names the client.

Every connection is a new client object: what the old one still had queued in memory is not worth keeping, because the
outbox has it, and its message ids must not come back. Over TLS its context is new as well, so that a certificate that
was renewed on disk is taken up with the next connection.
"""

from __future__ import annotations

import logging
import socket
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from random import Random
from typing import Any, Final

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from edge_agent.config import EdgeConfig, UplinkSettings
from telemetry import broker_tls, topics
from telemetry.broker_address import BrokerAddress
from telemetry.broker_tls import BrokerContext, TlsFiles
from telemetry.clock import Clock
from telemetry.errors import HomehdError

log = logging.getLogger(__name__)

CONNECT_TIMEOUT_S: Final = 5.0
READY_TIMEOUT_S: Final = 10.0  # from TCP to a granted subscription
FIRST_RETRY_S: Final = 0.25
LONGEST_RETRY_S: Final = 4.0
STEADY_S: Final = 5.0  # a connection that lived so long was a good one: the next retry is quick again


@dataclass(frozen=True, slots=True)
class Topics:
    """What this home speaks on."""

    up: str
    down: str
    status: str
    config: str


def topics_of(config: EdgeConfig) -> Topics:
    """Those of this box."""
    return Topics(*(topics.home(config.shard, config.unit, way) for way in ("up", "down", "status", "config")))


@dataclass(frozen=True, slots=True)
class UplinkSink:
    """Who is told. Called from the client's thread: must return at once and never raise."""

    connected: Callable[[], None]
    disconnected: Callable[[], None]
    received: Callable[[bytes], None]
    configured: Callable[[bytes], None]


class _Session:
    """One connection's life."""

    def __init__(self, client: mqtt.Client, tls: BrokerContext | None) -> None:
        self.client = client
        self.tls = tls
        self.gone = threading.Event()
        self.ready = threading.Event()
        self.reason = ""
        self.unwritten: deque[mqtt.MQTTMessageInfo] = deque()


class Uplink:
    """A broker connection that comes back. `run` blocks; `publish` may be called from one other thread."""

    def __init__(
        self,
        address: BrokerAddress,
        settings: UplinkSettings,
        topics: Topics,
        *,
        client_id: str,
        will: Callable[[], bytes],
        sink: UplinkSink,
        clock: Clock,
        rng: Random,
    ) -> None:
        """`will` gives the last will, asked anew for every connection; it goes to the status topic, retained."""
        self._address = address
        self._settings = settings
        self._topics = topics
        self._client_id = client_id
        self._will = will
        self._sink = sink
        self._clock = clock
        self._rng = rng
        self._session: _Session | None = None
        self._trouble = ""
        self.connects = 0

    @property
    def trouble(self) -> str:
        """Why there is no connection, in words for the technician; empty while there is one."""
        return self._trouble

    def run(self, stop: threading.Event) -> None:
        """Stay connected until `stop`, with growing pauses between attempts; then disconnect in order."""
        pause = FIRST_RETRY_S
        while not stop.is_set():
            began = self._clock.monotonic_s()
            self._live(stop)
            pause = FIRST_RETRY_S if self._clock.monotonic_s() - began > STEADY_S else pause
            stop.wait(pause * (0.75 + 0.5 * self._rng.random()))
            pause = min(pause * 2, LONGEST_RETRY_S)

    def publish(self, topic: str, payload: bytes, *, qos: int, retain: bool = False) -> bool:
        """Hand a message to the connection; False when there is none. True promises nothing about arrival."""
        session = self._session
        if session is None or not session.ready.is_set():
            return False
        info = session.client.publish(topic, payload, qos=qos, retain=retain)
        if info.rc != mqtt.MQTT_ERR_SUCCESS:
            return False
        session.unwritten.append(info)
        return True

    def unwritten(self) -> int:
        """Messages that have not gone out yet: on a line that hangs nothing more is worth queueing."""
        session = self._session
        if session is None:
            return 0
        while session.unwritten and session.unwritten[0].is_published():
            session.unwritten.popleft()
        return len(session.unwritten)

    def _live(self, stop: threading.Event) -> None:
        try:
            session = self._session_of(self._tls())
            session.client.connect(self._address.host, self._address.port, self._settings.keepalive_s)
        except HomehdError as error:  # a certificate file that cannot be read, perhaps only until its renewal is done
            self._unavailable(error.line())
            return
        except (OSError, ValueError) as error:
            self._unavailable(broker_tls.in_words(error, self._clock.now_us()))
            return
        session.client.loop_start()
        if self._become_ready(session, stop):
            self._trouble = ""
            self.connects += 1
            log.info("broker connected", extra={"fields": {"broker": self._address.host, "port": self._address.port}})
            self._session = session
            self._sink.connected()
            while not session.gone.wait(0.5) and not stop.is_set():
                pass
            self._session = None
            self._sink.disconnected()
        if not stop.is_set():
            self._unavailable(self._last_word(session))
        self._end(session)

    def _become_ready(self, session: _Session, stop: threading.Event) -> bool:
        deadline = self._clock.monotonic_s() + READY_TIMEOUT_S
        while not session.gone.is_set() and not stop.is_set() and self._clock.monotonic_s() < deadline:
            if session.ready.wait(0.2):
                return not session.gone.is_set()
        return False

    def _end(self, session: _Session) -> None:
        session.client.disconnect()
        if not session.gone.wait(2.0):
            # The line hangs: without this the client's thread would wait for it.
            with suppress(OSError, AttributeError):
                session.client.socket().shutdown(socket.SHUT_RDWR)  # type: ignore[union-attr]
        session.client.loop_stop()

    def _last_word(self, session: _Session) -> str:
        if session.tls is not None and session.tls.alert is not None:
            return broker_tls.in_words(session.tls.alert, self._clock.now_us())
        return session.reason or "no answer"

    def _tls(self) -> BrokerContext | None:
        if not self._address.tls:
            return None
        settings = self._settings
        return broker_tls.context(TlsFiles(settings.ca_file, settings.cert_file, settings.key_file))

    def _session_of(self, tls: BrokerContext | None) -> _Session:
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=self._client_id,
            clean_session=True,
            protocol=mqtt.MQTTv311,
            reconnect_on_failure=False,
        )
        client.connect_timeout = CONNECT_TIMEOUT_S
        client.will_set(self._topics.status, self._will(), qos=1, retain=True)
        if self._address.username:
            client.username_pw_set(self._address.username, self._address.password)
        if tls is not None:
            client.tls_set_context(tls)
        session = _Session(client, tls)
        self._attach(session)
        return session

    def _attach(self, session: _Session) -> None:
        # Callbacks only note and wake: an exception in one would end the client's thread without a word.
        def connected(client: mqtt.Client, _data: Any, _flags: Any, code: Any, _properties: Any) -> None:
            if code.is_failure:
                session.reason = f"refused: {code}"
                session.gone.set()
            else:
                # Settings at 0: they are retained and come with every connection.
                client.subscribe([(self._topics.down, 1), (self._topics.config, 0)])

        def subscribed(_client: mqtt.Client, _data: Any, _mid: int, codes: list[Any], _properties: Any) -> None:
            if any(code.is_failure for code in codes):
                session.reason = f"not allowed to subscribe to {self._topics.down} and {self._topics.config}"
                session.gone.set()
            else:
                session.ready.set()

        def disconnected(_client: mqtt.Client, _data: Any, _flags: Any, code: Any, _properties: Any) -> None:
            session.reason = session.reason or str(code)
            session.gone.set()

        def received(_client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
            told = self._sink.configured if message.topic == self._topics.config else self._sink.received
            told(bytes(message.payload))

        session.client.on_connect = connected
        session.client.on_subscribe = subscribed
        session.client.on_disconnect = disconnected
        session.client.on_message = received

    def _unavailable(self, why: str) -> None:
        if why != self._trouble:  # once per change, not once per attempt
            self._trouble = why
            fields = {"broker": self._address.host, "port": self._address.port, "reason": why}
            log.warning("broker not available", extra={"fields": fields})
