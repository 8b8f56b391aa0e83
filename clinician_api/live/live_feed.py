"""Live frames from the broker into the event loop. The only module here that names the MQTT client.

paho's thread decodes and merges: what waits for the loop is at most the newest reading and status per unit and the
newest word per shard on what is not saved, so a busy loop costs freshness, not memory.
"""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from clinician_api.live.unsaved import Saving
from telemetry import broker_address, broker_tls, topics, wire
from telemetry.errors import WireError
from telemetry.messages import LiveFrame, LiveReading, Status

log = logging.getLogger(__name__)

KEEPALIVE_S: Final = 15


@dataclass(slots=True)
class Batch:
    """What arrived since the last look: newest per unit and shard.

    Attributes:
        frames, bad: how many frames came, and how many messages were none.
        readings: unit -> newest reading. statuses: unit -> (newest status, time of its frame).
        saving: shard -> newest word on what is not saved.
    """

    frames: int = 0
    bad: int = 0
    readings: dict[str, LiveReading] = field(default_factory=dict)
    statuses: dict[str, tuple[Status, int]] = field(default_factory=dict)
    saving: dict[int, Saving] = field(default_factory=dict)

    def add(self, shard: int, frame: LiveFrame) -> None:
        """Merge a frame. Those of one shard come in order, over one connection from the ingest that owns it."""
        self.frames += 1
        said = Saving(frame.server_us, frame.unsaved_since_us, frame.unsaved, frame.unsaved_left_out)
        before = self.saving.get(shard)
        self.saving[shard] = said if before is None else said.following(before)
        self.readings.update({reading.unit: reading for reading in frame.readings})
        self.statuses.update({status.unit: (status, frame.server_us) for status in frame.statuses})


class LiveFeed:
    """Subscribes to every shard's live frames and reconnects for ever.

    `wake` is called from paho's thread when `take` has something after it had nothing.
    """

    def __init__(self, broker_url: str, wake: Callable[[], None]) -> None:
        self._broker = broker_address.parse(broker_url)
        self._wake = wake
        self._guard = threading.Lock()
        self._batch = Batch()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=f"api-{uuid.uuid4().hex[:12]}")
        self._client.reconnect_delay_set(1, 5)
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_subscribe = self._on_subscribe
        self._client.on_message = self._on_message
        self._granted = False
        if self._broker.username:
            self._client.username_pw_set(self._broker.username, self._broker.password)
        if self._broker.tls:
            self._client.tls_set_context(broker_tls.context(self._broker.files))

    @property
    def connected(self) -> bool:
        """Whether the broker session stands and the broker lets us have the live frames."""
        return self._granted and self._client.is_connected()

    def start(self) -> None:
        """Begin; a broker that is not there yet is tried again every few seconds."""
        self._client.connect_async(self._broker.host, self._broker.port, KEEPALIVE_S)
        self._client.loop_start()

    def stop(self) -> None:
        """Say good-bye and join the thread; one that waits to reconnect ends by itself within a second."""
        connected = self._client.is_connected()
        self._client.disconnect()
        if connected:
            self._client.loop_stop()
        else:
            threading.Thread(target=self._client.loop_stop, name="live feed ends", daemon=True).start()

    def take(self) -> Batch:
        """What arrived since the last call."""
        with self._guard:
            taken, self._batch = self._batch, Batch()
        return taken

    def _on_connect(
        self, client: mqtt.Client, _user: object, _flags: mqtt.ConnectFlags, code: ReasonCode, _more: Properties | None
    ) -> None:
        if code.is_failure:
            log.error("broker refused", extra={"fields": {"broker": self._where(), "reason": str(code)}})
            return
        self._granted = False
        client.subscribe(topics.LIVE_PATTERN, qos=0)
        log.info("broker connected", extra={"fields": {"broker": self._where()}})

    def _on_subscribe(
        self, _client: mqtt.Client, _user: object, _number: int, codes: list[ReasonCode], _more: Properties | None
    ) -> None:
        self._granted = not any(code.is_failure for code in codes)
        if not self._granted:
            fields = {"broker": self._where(), "topic": topics.LIVE_PATTERN, "reason": str(codes[0])}
            log.error("broker refused the subscription", extra={"fields": fields})

    def _on_disconnect(
        self, _client: mqtt.Client, _user: object, _flags: mqtt.DisconnectFlags, code: ReasonCode,
        _more: Properties | None,
    ) -> None:  # fmt: skip
        if code.is_failure:
            log.warning("broker lost", extra={"fields": {"broker": self._where(), "reason": str(code)}})

    def _on_message(self, _client: mqtt.Client, _user: object, message: mqtt.MQTTMessage) -> None:
        try:
            heard = topics.parse_live(message.topic), wire.decode_live(bytes(message.payload))
        except WireError as error:
            log.warning("live frame refused", extra={"fields": {"error": error.line()}})
            heard = None
        with self._guard:
            was_empty = self._batch.frames + self._batch.bad == 0
            if heard is None:
                self._batch.bad += 1
            else:
                self._batch.add(*heard)
        if was_empty:
            self._wake()

    def _where(self) -> str:
        return str(self._broker)
