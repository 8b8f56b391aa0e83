"""The notifier's way to the broker: what ingest says of what is not saved, and what notifiers say to each other.

paho's thread decodes. What waits is at most the newest frame of every shard, and so many words of others.
"""

from __future__ import annotations

import logging
import threading
import uuid
from typing import Final

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from notifier.away.pager import Heard
from telemetry import broker_address, broker_tls, topics, wire
from telemetry.errors import WireError
from telemetry.messages import LiveFrame

log = logging.getLogger(__name__)

KEEPALIVE_S: Final = 15
# The pager looks four times a second. In a storm with 200 homes at once others say some thousand things.
MAX_SAID: Final = 20_000
MAX_FRAMES: Final = 2000


class NotifyLine:
    """Subscribes and reconnects for ever."""

    def __init__(self, broker_url: str) -> None:
        """SettingsError for another grammar."""
        self._broker = broker_address.parse(broker_url)
        self._guard = threading.Lock()
        self._heard = Heard()
        self._granted = False
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=f"notify-{uuid.uuid4().hex[:12]}")
        self._client.reconnect_delay_set(1, 5)
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = self._on_subscribe
        self._client.on_message = self._on_message
        if self._broker.username:
            self._client.username_pw_set(self._broker.username, self._broker.password)
        if self._broker.tls:
            self._client.tls_set_context(broker_tls.context(self._broker.files))

    @property
    def connected(self) -> bool:
        """Whether the session stands and the broker lets us hear."""
        return self._granted and self._client.is_connected()

    def start(self) -> None:
        """Begin; a broker that is not there yet is tried again every few seconds."""
        self._client.connect_async(self._broker.host, self._broker.port, KEEPALIVE_S)
        self._client.loop_start()

    def stop(self) -> None:
        """Say good-bye; a thread that waits to reconnect ends by itself within seconds."""
        connected = self._client.is_connected()
        self._client.disconnect()
        if connected:
            self._client.loop_stop()
        else:
            threading.Thread(target=self._client.loop_stop, name="notify line ends", daemon=True).start()

    def take(self) -> Heard:
        """What came since the last call."""
        with self._guard:
            taken, self._heard = self._heard, Heard()
        return taken

    def say(self, payload: bytes) -> None:
        """To the other notifiers; while the broker is away, to nobody."""
        self._client.publish(topics.SENT, payload, qos=0)

    def _on_connect(
        self, client: mqtt.Client, _user: object, _flags: mqtt.ConnectFlags, code: ReasonCode, _more: Properties | None
    ) -> None:
        self._granted = False
        if code.is_failure:
            log.error("broker refused", extra={"fields": {"broker": str(self._broker), "reason": str(code)}})
            return
        client.subscribe([(topics.LIVE_PATTERN, 0), (topics.SENT, 0)])
        log.info("broker connected", extra={"fields": {"broker": str(self._broker)}})

    def _on_subscribe(
        self, _client: mqtt.Client, _user: object, _number: int, codes: list[ReasonCode], _more: Properties | None
    ) -> None:
        self._granted = not any(code.is_failure for code in codes)
        if not self._granted:
            fields = {"broker": str(self._broker), "reasons": [str(code) for code in codes]}
            log.error("broker refused the subscription", extra={"fields": fields})

    def _on_message(self, _client: mqtt.Client, _user: object, message: mqtt.MQTTMessage) -> None:
        if message.topic == topics.SENT:
            with self._guard:
                if message.retain or len(self._heard.said) >= MAX_SAID:
                    self._heard.bad += 1
                else:
                    self._heard.said.append(bytes(message.payload))
            return
        try:
            heard = topics.parse_live(message.topic), wire.decode_live(bytes(message.payload))
        except WireError as error:
            log.warning("live frame refused", extra={"fields": {"error": error.line()}})
            heard = None
        with self._guard:
            if heard is None:
                self._heard.bad += 1
            else:
                self._add(*heard)

    def _add(self, shard: int, frame: LiveFrame) -> None:
        # A frame replaces the one before it, unless that told what this one has no room for.
        if not frame.unsaved_left_out or len(self._heard.frames) >= MAX_FRAMES:
            self._heard.frames = [one for one in self._heard.frames if one[0] != shard]
        self._heard.frames.append((shard, frame))
