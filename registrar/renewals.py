"""The broker's door: units that are connected ask for their next certificate on `csr` and get it on `down`.

Which unit asks is what the broker says: only the unit itself may write on its topic. That it is the box that has the
unit's certificate now is proven by that one's key, for the session of a box that was replaced may still stand. An
answer that gets lost is no harm, the box asks again with the same key; nothing waits in the broker.
"""

from __future__ import annotations

import logging
import queue
import ssl
import threading
from typing import Final

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from registrar.desk import Desk
from registrar.issuing import Refused
from registrar.metrics import Metrics
from telemetry import topics, wire
from telemetry.broker_address import BrokerAddress
from telemetry.errors import HomehdError, WireError
from telemetry.messages import Certificate

log = logging.getLogger(__name__)

PATTERN: Final = "hhd/1/+/+/csr"
KEEPALIVE_S: Final = 15
# Four a unit and day: so many at once is a storm, and whoever is dropped asks again.
MAX_WAITING: Final = 1000
_JOIN_S: Final = 5.0


class Renewals:
    """One client of the broker, with paho's thread reading and one of our own answering."""

    def __init__(
        self, address: BrokerAddress, tls: ssl.SSLContext | None, client_id: str, desk: Desk, metrics: Metrics
    ) -> None:
        self._address = address
        self._desk = desk
        self._metrics = metrics
        self._waiting: queue.Queue[tuple[str, bytes] | None] = queue.Queue(MAX_WAITING)
        self._refused = ""
        self.connects = 0
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=client_id, clean_session=True)
        self._client.reconnect_delay_set(1, 10)
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_subscribe = self._on_subscribe
        self._client.on_message = self._on_message
        if address.username:
            self._client.username_pw_set(address.username, address.password)
        if tls is not None:
            self._client.tls_set_context(tls)
        self._worker = threading.Thread(target=self._work, name="renewals", daemon=True)

    @property
    def connected(self) -> bool:
        """Whether the broker session stands."""
        return self._client.is_connected()

    @property
    def trouble(self) -> str:
        """Why nobody can ask; empty when all is well."""
        return self._refused or ("" if self.connected else "not connected")

    def publish(self, topic: str, payload: bytes) -> bool:
        """Leave a message with the broker, retained; False when there is no connection to hand it to."""
        return self.connected and self._client.publish(topic, payload, qos=1, retain=True).rc == mqtt.MQTT_ERR_SUCCESS

    def start(self) -> None:
        """Connect, and go on trying: the broker may itself wait for a certificate of ours."""
        self._client.connect_async(self._address.host, self._address.port, KEEPALIVE_S)
        self._client.loop_start()
        self._worker.start()

    def stop(self) -> None:
        """Answer those who wait, say good-bye, join the threads."""
        self._waiting.put(None)
        self._worker.join(_JOIN_S)
        self._client.disconnect()
        self._client.loop_stop()

    def _work(self) -> None:
        while (asked := self._waiting.get()) is not None:
            try:
                self._answer(*asked)
            except HomehdError as error:
                self._metrics.failed.inc()
                log.error("renewal failed", extra={"fields": {"error": error.line()}})
            except Exception:
                # One request must not end the renewals of all others.
                self._metrics.failed.inc()
                log.exception("renewal failed")

    def _answer(self, topic: str, payload: bytes) -> None:
        try:
            home = topics.parse_home(topic)
            request = wire.decode_request(payload)
        except WireError as error:
            self._metrics.refused.labels("bad request").inc()
            log.warning("certificate request not understood", extra={"fields": {"error": error.line()}})
            return
        if request.unit != home.unit:
            self._metrics.refused.labels("topic and unit differ").inc()
            log.warning("renewal refused", extra={"fields": {"unit": home.unit, "reason": "topic and unit differ"}})
            return
        try:
            granted = self._desk.renew(home.unit, home.shard, request.request, request.proof)
        except Refused as refused:
            self._metrics.refused.labels(refused.reason.value).inc()
            log.warning("renewal refused", extra={"fields": {"unit": home.unit, "reason": refused.reason.value}})
            return
        certificate = granted.certificate
        self._metrics.granted.labels("renewal again" if granted.again else "renewal").inc()
        fields = {"unit": home.unit, "serial": certificate.serial, "again": granted.again}
        log.info("certificate renewed", extra={"fields": fields})
        answer = wire.encode(Certificate(certificate.pem, certificate.until_us))
        self._client.publish(topics.home(home.shard, home.unit, "down"), answer, qos=1)

    def _on_connect(
        self, client: mqtt.Client, _user: object, _flags: mqtt.ConnectFlags, code: ReasonCode, _more: Properties | None
    ) -> None:
        if code.is_failure:
            self._refused = f"refused: {code}"
            log.error("broker refused", extra={"fields": {"broker": str(self._address), "reason": str(code)}})
            return
        self._refused = ""
        self.connects += 1
        client.subscribe(PATTERN, qos=1)
        log.info("broker connected", extra={"fields": {"broker": str(self._address)}})

    def _on_subscribe(
        self, _client: mqtt.Client, _user: object, _request: int, codes: list[ReasonCode], _more: Properties | None
    ) -> None:
        if any(code.is_failure for code in codes):
            self._refused = f"may not read {PATTERN}"
            log.error("subscription refused", extra={"fields": {"broker": str(self._address), "pattern": PATTERN}})

    def _on_disconnect(
        self,
        _client: mqtt.Client,
        _user: object,
        _flags: mqtt.DisconnectFlags,
        code: ReasonCode,
        _more: Properties | None,
    ) -> None:
        if code.is_failure:
            log.warning("broker lost", extra={"fields": {"broker": str(self._address), "reason": str(code)}})

    def _on_message(self, _client: mqtt.Client, _user: object, message: mqtt.MQTTMessage) -> None:
        if message.retain:
            return  # nobody of ours leaves a request behind
        try:
            self._waiting.put_nowait((message.topic, bytes(message.payload)))
        except queue.Full:
            self._metrics.dropped.inc()
