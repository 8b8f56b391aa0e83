"""One connection to the home's own broker: subscribes, receives, acknowledges, and has no way to publish (hazard H13).

What is sampled (readings, signs of life) is taken as it comes and not kept for a box that is away: on its return it
would be stamped with the wrong time. What is measured once (cuff, scale) is asked for with QoS 1, and the broker keeps
it while the box restarts. After `SESSION_S` it forgets: an older blood pressure must not come in as one of now.
"""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from edge_agent.mqtt_inbox import IN_FLIGHT, Arrived, Inbox
from telemetry.broker_address import BrokerAddress

SESSION_S: Final = 300
LARGEST_PACKET: Final = 256 * 1024  # above it the broker drops a message by itself; up to it we can say what is wrong
KEEPALIVE_S: Final = 20
CONNECT_TIMEOUT_S: Final = 5.0
GOODBYE_S: Final = 2.0
SAMPLED: Final = ("readings", "alive")
MEASURED: Final = ("cuff", "scale")


@dataclass(frozen=True, slots=True)
class Subscription:
    """Where and what to listen to.

    Attributes:
        topic: `<prefix>/#`, below which every source has `<prefix>/<source>/<kind>`; any other filter is subscribed to
            as it stands, and then nothing is kept for a box that is away.
        client_id: the same after a restart, so that the broker knows what it keeps for whom.
        quiet_s: so long without an acceptable message, and the link is in trouble.
        beside: another protocol is the machine's: cuff and scale only.
    """

    broker: BrokerAddress
    topic: str
    client_id: str
    quiet_s: float
    beside: bool

    def filters(self) -> list[tuple[str, int]]:
        """Topic filters and the QoS each is asked for."""
        prefix, end, rest = self.topic.partition("/#")
        if not end or rest or "+" in prefix:
            return [(self.topic, 0)]
        sampled = [kind for kind in SAMPLED if not (self.beside and kind == "readings")]
        return [(f"{prefix}/+/{kind}", 0) for kind in sampled] + [(f"{prefix}/+/{kind}", 1) for kind in MEASURED]


class Session:
    """One connection's life.

    Attributes:
        inbox: where messages arrive. ready: the broker has granted the subscription.
        gone: there is no connection (any more), `reason` says why.
    """

    def __init__(self, subscription: Subscription) -> None:
        self._at = subscription
        self.inbox = Inbox()
        self.ready = threading.Event()
        self.gone = threading.Event()
        self.reason = ""
        self._client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=subscription.client_id,
            protocol=mqtt.MQTTv5,
            reconnect_on_failure=False,
            manual_ack=True,
        )
        self._client.connect_timeout = CONNECT_TIMEOUT_S
        self._client.on_connect = self._connected
        self._client.on_subscribe = self._subscribed
        self._client.on_disconnect = self._disconnected
        self._client.on_message = self._received

    def connect(self) -> None:
        """Go to the broker; OSError or ValueError when it is not there."""
        broker = self._at.broker
        wishes = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        wishes.SessionExpiryInterval = SESSION_S
        wishes.ReceiveMaximum = IN_FLIGHT
        wishes.MaximumPacketSize = LARGEST_PACKET
        if broker.username:
            self._client.username_pw_set(broker.username, broker.password)
        if broker.tls:
            self._client.tls_set()
        self._client.connect(broker.host, broker.port, KEEPALIVE_S, clean_start=False, properties=wishes)
        self._client.loop_start()

    def acknowledge(self, arrived: Arrived) -> None:
        """Let the broker forget a message."""
        if arrived.qos:
            self._client.ack(arrived.mid, arrived.qos)

    def end(self) -> None:
        """Leave; what was not acknowledged comes again with the next session."""
        self._client.disconnect()
        if not self.gone.wait(GOODBYE_S):
            # The line hangs: without this the client's thread would wait for it.
            with suppress(OSError, AttributeError):
                self._client.socket().shutdown(socket.SHUT_RDWR)  # type: ignore[union-attr]
        self._client.loop_stop()

    # These only note and wake: an exception in one would end the client's thread without a word.

    def _connected(self, client: mqtt.Client, _data: Any, _flags: Any, code: Any, _properties: Any) -> None:
        if code.is_failure:
            self.reason = f"refused: {code}"
            self.gone.set()
            return
        # Retained messages are from the past: they are not asked for.
        never = SubscribeOptions.RETAIN_DO_NOT_SEND
        client.subscribe([(topic, SubscribeOptions(qos, retainHandling=never)) for topic, qos in self._at.filters()])

    def _subscribed(self, _client: mqtt.Client, _data: Any, _mid: int, codes: list[Any], _properties: Any) -> None:
        if any(code.is_failure for code in codes):
            self.reason = f"not allowed to subscribe to {self._at.topic}"
            self.gone.set()
        else:
            self.ready.set()

    def _disconnected(self, _client: mqtt.Client, _data: Any, _flags: Any, code: Any, _properties: Any) -> None:
        self.reason = self.reason or str(code)
        self.gone.set()
        self.inbox.wake()

    def _received(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        self.inbox.put(Arrived(bytes(message.payload), message.mid, message.qos, message.retain))


class Attempt:
    """A session being connected on a thread of its own: names, and a network that is half there, take their time.

    Attributes:
        session: connected when it is done and there is no `error`.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self.error = ""
        self._mutex = threading.Lock()
        self._connected = self._abandoned = False
        self._thread = threading.Thread(target=self._connect, name="gateway connects", daemon=True)
        self._thread.start()

    def done(self, within_s: float | None) -> bool:
        """Wait so long for its end, for ever with None."""
        self._thread.join(within_s)
        return not self._thread.is_alive()

    def abandon(self) -> None:
        """Whatever comes of it, nobody wants it any more."""
        with self._mutex:
            self._abandoned = True
            if self._connected:
                self.session.end()

    def _connect(self) -> None:
        try:
            self.session.connect()
        except (OSError, ValueError) as error:
            self.error = str(error) or type(error).__name__
            return
        with self._mutex:
            self._connected = True
            if self._abandoned:
                self.session.end()
