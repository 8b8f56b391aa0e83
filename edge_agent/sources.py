"""The explicit list of shells, one per transport."""

from __future__ import annotations

from typing import Final

from edge_agent.config import EdgeConfig, GatewaySettings, gateway_of
from edge_agent.mllp_listener import MllpListener
from edge_agent.mqtt_session import Subscription
from edge_agent.mqtt_source import MqttSource
from edge_agent.serial_link import SerialLink
from edge_agent.source import Source, SourceSink
from protocols import ADAPTERS
from telemetry.clock import Clock

# A cuff speaks every quarter of an hour, a scale twice a treatment: what is listened for is the gateway's sign of life.
BESIDE_QUIET_S: Final = 300.0


def machine_source(config: EdgeConfig, clock: Clock, sink: SourceSink) -> Source:
    """The shell that a checked configuration's machine needs."""
    adapter = ADAPTERS[config.machine.protocol]
    if adapter.transport == "mllp":
        return MllpListener(config.machine, adapter, clock, sink)
    if adapter.transport == "mqtt":
        assert config.gateway is not None, "checked with the configuration"
        return MqttSource(_subscription(config, config.gateway, beside=False), clock, sink)
    return SerialLink(config.machine, adapter, clock, sink)


def companion_source(config: EdgeConfig, clock: Clock, sink: SourceSink) -> Source | None:
    """What brings cuff and scale in beside a machine that is not behind the gateway itself; None without a gateway."""
    if config.gateway is None or ADAPTERS[config.machine.protocol].transport == "mqtt":
        return None
    return MqttSource(_subscription(config, config.gateway, beside=True), clock, sink)


def _subscription(config: EdgeConfig, gateway: GatewaySettings, *, beside: bool) -> Subscription:
    return Subscription(
        broker=gateway_of(gateway),
        topic=gateway.topic,
        client_id=f"homehd-{config.unit}",
        quiet_s=BESIDE_QUIET_S if beside else config.machine.quiet_s,
        beside=beside,
    )
