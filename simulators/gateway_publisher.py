"""A gateway's MQTT side: publishes at the home's broker what `gateway_machine` has to say."""

from __future__ import annotations

import contextlib
import logging
import threading
from pathlib import Path
from typing import Any, Final

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from simulators.gateway_machine import GatewayMachine, GatewayOptions, Said
from simulators.truth import TruthFile
from telemetry import broker_address
from telemetry.clock import Clock
from telemetry.errors import HomehdError

log = logging.getLogger(__name__)

_TICK_S: Final = 0.05
_KEEPALIVE_S: Final = 20
_RETRY_S: Final = 1


class GatewayPublisher:
    """One connection that comes back by itself. What is sampled is lost meanwhile, what is measured once waits."""

    def __init__(self, options: GatewayOptions) -> None:
        """SettingsError for a broker's address of another grammar."""
        self._options = options
        self._broker = broker_address.parse(options.broker, named="--broker")
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=f"simulated-{options.source}-{options.seed}")
        self._client.reconnect_delay_set(_RETRY_S, _RETRY_S)
        self._client.on_connect = self._connected

    def open(self) -> None:
        """Connect; HomehdError when nobody answers."""
        broker = self._broker
        if broker.username:
            self._client.username_pw_set(broker.username, broker.password)
        if broker.tls:
            self._client.tls_set()
        try:
            self._client.connect(broker.host, broker.port, _KEEPALIVE_S)
        except (OSError, ValueError) as error:
            hint = f"{error}; is the home's broker running?"
            raise HomehdError("connect to broker", str(broker), hint=hint) from error
        self._client.loop_start()

    def publish(self, said: Said) -> bool:
        """Hand a message over; False when it is lost because there is no connection."""
        if said.qos == 0 and not self._client.is_connected():
            return False
        topic = f"{self._options.prefix}/{self._options.source}/{said.kind}"
        self._client.publish(topic, said.payload, qos=said.qos)
        return True

    def close(self) -> None:
        """Disconnect after what is queued has gone."""
        self._client.disconnect()
        self._client.loop_stop()

    def _connected(self, _client: mqtt.Client, _data: Any, _flags: Any, code: Any, _properties: Any) -> None:
        log.info("gateway at broker", extra={"fields": {"broker": str(self._broker), "result": str(code)}})


def run_gateway(options: GatewayOptions, clock: Clock, stop: threading.Event, truth: Path | None = None) -> None:
    """One gateway until `stop` is set. Its truth has a line for each message of readings, cuff or scale it sent."""
    machine, publisher = GatewayMachine(options, clock), GatewayPublisher(options)
    with contextlib.ExitStack() as stack:
        lines = TruthFile(truth) if truth else None
        if lines is not None:
            stack.callback(lines.close)
        publisher.open()
        stack.callback(publisher.close)
        while not stop.is_set():
            for said in machine.due():
                if lines is not None and said.truth is not None:
                    lines.write(said.truth)  # before it is sent: nobody can have it before it is told here
                if not publisher.publish(said):
                    log.debug("message lost", extra={"fields": {"kind": said.kind}})
            stop.wait(_TICK_S)
