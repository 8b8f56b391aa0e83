"""The fleet's MQTT sessions."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from typing import Any, Final

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from telemetry import broker_address, broker_tls, wire
from telemetry.errors import HomehdError, WireError
from telemetry.messages import Ack

log = logging.getLogger(__name__)
_TOPICS_PER_SUBSCRIBE: Final = 100
_CONNECT_S: Final = 20.0


class Connection:
    """One MQTT session that speaks for a share of the homes and comes back by itself when it is lost."""

    def __init__(self, url: str, client_id: str, downs: Sequence[str], heard: Callable[[str, Ack], None]) -> None:
        self._broker, self._downs, self._heard = broker_address.parse(url), downs, heard
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id)
        if self._broker.tls:
            self._client.tls_set_context(broker_tls.context(self._broker.files))
        if self._broker.username:
            self._client.username_pw_set(self._broker.username, self._broker.password)
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = self._on_subscribe
        self._client.on_message = self._on_message
        self._refusal = ""
        self._missing = 0
        self._settled = threading.Event()

    def open(self) -> None:
        """Connect; HomehdError when nobody answers."""
        try:
            self._client.connect(self._broker.host, self._broker.port, keepalive=30)
        except (OSError, ValueError) as error:
            hint = f"{error}; is the broker running?"
            raise HomehdError("connect to broker", str(self._broker), hint=hint) from error
        self._client.loop_start()

    def wait_until_subscribed(self) -> None:
        """Return when every acknowledgement topic is subscribed; HomehdError when the broker refuses or is silent."""
        if not self._settled.wait(_CONNECT_S):
            self._refusal = f"no answer in {_CONNECT_S:g} s"
        if self._refusal:
            raise HomehdError("subscribe at broker", str(self._broker), hint=self._refusal)

    def publish(self, topic: str, payload: bytes, qos: int = 0, *, retain: bool = False) -> None:
        """Hand a message to the client; while the link is down it is dropped and the ledger sends it again."""
        self._client.publish(topic, payload, qos=qos, retain=retain)

    def close(self) -> None:
        """Disconnect after what is queued has gone."""
        self._client.disconnect()
        self._client.loop_stop()

    def _on_connect(self, client: mqtt.Client, _data: Any, _flags: Any, reason: ReasonCode, _properties: Any) -> None:
        if reason.is_failure:
            self._refusal = str(reason)
            self._settled.set()
            return
        chunks = [self._downs[i : i + _TOPICS_PER_SUBSCRIBE] for i in range(0, len(self._downs), _TOPICS_PER_SUBSCRIBE)]
        self._missing = len(chunks)
        for chunk in chunks:
            client.subscribe([(topic, 0) for topic in chunk])  # as they are sent; what is lost is asked for again

    def _on_subscribe(self, _client: mqtt.Client, _data: Any, _mid: int, codes: list[ReasonCode], _p: Any) -> None:
        if any(code.is_failure for code in codes):
            self._refusal = "it may not hear its own acknowledgements"
        self._missing -= 1
        if self._missing <= 0:
            self._settled.set()

    def _on_message(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        try:
            self._heard(message.topic, wire.decode_ack(bytes(message.payload)))
        except WireError as error:
            log.debug("not an acknowledgement", extra={"fields": {"topic": message.topic, "reason": error.hint}})
