"""Puts a revoked home out of the broker: ends its session, sees that it does not come back, clears what it left.

Mosquitto has no command for that, and a new revocation list leaves live sessions as they are. But a client id has one
session: whoever connects with it replaces the one before. A home's client id is the name in its certificate, and on
the services' door a client may choose its id, so we connect as the home, hold the place for a while, and leave. Whoever
puts us out again while we hold it has come past the revocation list, unless another box has a good certificate: which
of the two it was cannot be seen, so the caller must know that the broker obeys its list.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final, NamedTuple

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from telemetry import broker_tls
from telemetry.broker_address import BrokerAddress
from telemetry.clock import SystemClock

log = logging.getLogger(__name__)

# An agent comes back after 0.2…5 s (edge_agent.uplink), so within this one that is still let in is seen.
HOLD_S: Final = 6.0
CONNECT_S: Final = 5.0
KEEPALIVE_S: Final = 15
# A home that left thousands of messages behind holds up the others' turn no longer than this; the rest is for the next.
CLEAR_S: Final = 15.0
MARK_S: Final = 2.0


class Home(NamedTuple):
    """A unit where it stands in the topics.

    Attributes:
        for_good: else another box will take its place, and its settings stay with the broker.
        replaced: that other box has its certificate already: it may come back as soon as it likes.
        revoked_us: the newest revocation of the unit or of a certificate of it.
    """

    unit: str
    shard: int
    for_good: bool = True
    replaced: bool = False
    revoked_us: int = 0


def evict(services: BrokerAddress, homes: Sequence[Home], hold_s: float = HOLD_S) -> dict[Home, str]:
    """End the sessions of these homes, all at once; why it did not work, for those where it did not.

    `services` is the services' door with the registrar's account. Takes `hold_s` and a little.
    """
    places = [_Place(services, home) for home in homes]
    try:
        for place in places:
            place.take()
        pause = threading.Event()
        pause.wait(hold_s)
        return {place.home: trouble for place in places if (trouble := place.leave())}
    finally:
        for place in places:
            place.end()


class _Place:
    """One home's client id, held by us."""

    def __init__(self, services: BrokerAddress, home: Home) -> None:
        self.home = home
        self._address = services
        self._trouble = ""
        self._taken = threading.Event()
        self._connects = False
        self._left: set[str] = set()
        self._mark = f"hhd/1/{home.shard}/{home.unit}/mark"  # nobody else listens there
        self._all_told = threading.Event()
        # What the next box needs, or may have said already.
        self._stays = {f"hhd/1/{home.shard}/{home.unit}/{way}" for way in ("config", "status")}
        self._leaving = False
        self._client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id=home.unit, clean_session=True, reconnect_on_failure=False
        )
        self._client.connect_timeout = CONNECT_S
        if services.username:
            self._client.username_pw_set(services.username, services.password)
        if services.tls:
            self._client.tls_set_context(broker_tls.context(services.files))
        self._client.on_connect = self._connected
        self._client.on_subscribe = lambda *_: self._taken.set()
        self._client.on_message = self._heard
        self._client.on_disconnect = self._disconnected

    def take(self) -> None:
        try:
            self._client.connect(self._address.host, self._address.port, KEEPALIVE_S)
        except (OSError, ValueError) as error:
            self._trouble = f"the broker is not there: {error}"
            return
        self._client.loop_start()

    def leave(self) -> str:
        """Clear what it left retained, except what the next box needs, and go; what went wrong, or empty."""
        if not self._trouble and not self._taken.wait(CONNECT_S):
            self._trouble = "no answer from the broker"
        if not self._trouble and not self._clear() and not self._trouble:
            self._trouble = "what it left in the broker could not all be cleared"
        self._leaving = True
        return self._trouble

    def _clear(self) -> bool:
        """Clear all that it left, and ask anew until nothing is: what is too much at once, the broker drops."""
        clock = SystemClock()
        until = clock.monotonic_s() + CLEAR_S
        found = bool(self._left)
        while found and clock.monotonic_s() < until and not self._trouble:
            with suppress(RuntimeError, ValueError):
                for info in [self._client.publish(topic, b"", qos=1, retain=True) for topic in sorted(self._left)]:
                    info.wait_for_publish(max(0.0, until - clock.monotonic_s()))
            self._left.clear()
            self._all_told.clear()
            self._ask()
            # It comes back to us behind everything that is retained, unless that was too much.
            self._client.publish(self._mark, b"", qos=1)
            found = not self._all_told.wait(MARK_S) or bool(self._left)
        return not found

    def _ask(self) -> None:
        # Any shard, or what stands in its place: a home may have written beside its own.
        self._client.subscribe(f"hhd/1/+/{self.home.unit}/#", qos=1)

    def end(self) -> None:
        self._leaving = True
        self._client.disconnect()
        self._client.loop_stop()

    def _connected(self, _client: mqtt.Client, _data: Any, _flags: Any, code: Any, _properties: Any) -> None:
        if code.is_failure:
            self._trouble = f"the broker refuses the registrar: {code}"
            self._taken.set()
        else:
            self._connects = True
            # The last will of the session that has just ended is among what is retained.
            self._ask()

    def _heard(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        if message.topic == self._mark:
            self._all_told.set()
        elif message.payload and (self.home.for_good or message.topic not in self._stays):
            self._left.add(message.topic)

    def _disconnected(self, _client: mqtt.Client, _data: Any, _flags: Any, _code: Any, _properties: Any) -> None:
        if self._leaving or self._trouble:
            return
        if not self.home.replaced:
            self._trouble = "it came back: the broker does not keep it out"
        elif not self._connects:
            self._trouble = "the broker hung up"
        self._taken.set()
