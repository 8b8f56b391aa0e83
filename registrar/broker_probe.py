"""Whether the broker really does what its configuration says: tried from outside, as a home would.

Needed because Mosquitto 2.0.11 opens its doors when a reload fails: with a revocation list it cannot read every revoked
certificate is good again, with an access list it cannot read everybody may do everything. Only its log says so.
"""

from __future__ import annotations

import socket
import threading
from dataclasses import dataclass
from typing import Any, Final

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from telemetry import broker_tls, topics
from telemetry.broker_address import BrokerAddress
from telemetry.broker_tls import TlsFiles

ANSWER_S: Final = 5.0
_SHARD: Final = 0
# CONNECT of MQTT 3.1.1 with an empty client id and a clean session: enough to make the broker answer.
_CONNECT: Final = b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x0a\x00\x00"


@dataclass(frozen=True)
class Doors:
    """Both doors of the broker; `homes` without credentials, `services` with the registrar's account."""

    homes: BrokerAddress
    services: BrokerAddress


def lets_in(homes: BrokerAddress, files: TlsFiles) -> bool:
    """Whether the broker takes this certificate; OSError (ssl.SSLError too) when it cannot be told.

    False only when the broker itself says that the certificate is revoked.
    """
    context = broker_tls.context(files)
    with (
        socket.create_connection((homes.host, homes.port), timeout=ANSWER_S) as plain,
        context.wrap_socket(plain, server_hostname=homes.host) as line,
    ):
        line.settimeout(ANSWER_S)
        try:
            line.sendall(_CONNECT)
            answer = line.recv(4)
        except OSError as error:
            # The broker may have hung up before we had written: then its alert is the context's, not this error.
            if context.alert is None:
                raise
            if str(context.alert.reason).endswith("CERTIFICATE_REVOKED"):
                return False
            raise context.alert from error
    if not answer:
        raise ConnectionError("the broker closed the connection without a word")
    return True


def overhears(doors: Doors, probe: TlsFiles, name: str) -> bool:
    """Whether a home hears what is sent to another; OSError when it cannot be told.

    `probe` is the certificate of `name`, a unit that is in no registry. Nothing that others listen to is sent.
    """
    other, own = (topics.home(_SHARD, unit, "down") for unit in (f"{name[:20]}-other", name))
    ear = _Client(doors.homes, name, probe)
    try:
        ear.subscribe(other, own)
        mouth = _Client(doors.services, f"registrar-{name[:20]}", doors.services.files)
        try:
            mouth.publish(other, own)
        finally:
            mouth.end()
        if not ear.hears(own):
            raise ConnectionError("a home does not hear what is sent to it")
        return other in ear.heard
    finally:
        ear.end()


class _Client:
    """A short conversation with the broker."""

    def __init__(self, address: BrokerAddress, client_id: str, files: TlsFiles) -> None:
        self.heard: list[str] = []
        self._change = threading.Condition()
        self._subscribed = False
        self._trouble = ""
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id, reconnect_on_failure=False)
        self._client.connect_timeout = ANSWER_S
        if address.username:
            self._client.username_pw_set(address.username, address.password)
        if address.tls:
            self._client.tls_set_context(broker_tls.context(files))
        self._client.on_subscribe = lambda *_: self._note(subscribed=True)
        self._client.on_message = lambda _c, _d, message: self._note(heard=message.topic)
        self._client.on_disconnect = lambda _c, _d, _f, code, _p: self._note(trouble=str(code))
        self._client.connect(address.host, address.port, keepalive=10)
        self._client.loop_start()

    def subscribe(self, *names: str) -> None:
        self._client.subscribe([(name, 1) for name in names])
        self._wait(lambda: self._subscribed)

    def publish(self, *names: str) -> None:
        """One after the other, so that what is heard of the last was preceded by the first."""
        for name in names:
            info = self._client.publish(name, b"probe", qos=1)
            try:
                info.wait_for_publish(ANSWER_S)
            except (RuntimeError, ValueError) as error:
                raise ConnectionError(str(error)) from error
            if not info.is_published():
                raise ConnectionError(self._trouble or "no answer from the broker")

    def hears(self, name: str) -> bool:
        self._wait(lambda: name in self.heard)
        return name in self.heard

    def end(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _wait(self, done: Any) -> None:
        with self._change:
            self._change.wait_for(lambda: done() or self._trouble, ANSWER_S)
        if not done() and self._trouble:
            raise ConnectionError(self._trouble)

    def _note(self, *, subscribed: bool = False, heard: str = "", trouble: str = "") -> None:
        with self._change:
            self._subscribed = self._subscribed or subscribed
            if heard:
                self.heard.append(heard)
            self._trouble = self._trouble or trouble
            self._change.notify_all()
