"""Every adapter has a shell that carries it."""

from __future__ import annotations

import msgspec

from edge_agent.config import EdgeConfig, GatewaySettings, MachineSettings
from edge_agent.mllp_listener import MllpListener
from edge_agent.mqtt_source import MqttSource
from edge_agent.serial_link import SerialLink
from edge_agent.source import SourceSink
from edge_agent.sources import companion_source, machine_source
from telemetry.clock import ManualClock


def test_a_serial_machine_gets_the_serial_shell(config: EdgeConfig) -> None:
    sink = SourceSink(observed=lambda _: True, link=lambda _: None, tick=lambda: None)
    assert isinstance(machine_source(config, ManualClock(), sink), SerialLink)


def test_a_machine_that_connects_to_the_box_gets_the_listener(config: EdgeConfig) -> None:
    sink = SourceSink(observed=lambda _: True, link=lambda _: None, tick=lambda: None)
    machine = MachineSettings("hl7_dialysis", "rev4", listen="127.0.0.1:0")
    assert isinstance(
        machine_source(msgspec.structs.replace(config, machine=machine), ManualClock(), sink), MllpListener
    )


def test_a_gateway_is_the_machine_or_beside_it_and_never_both(config: EdgeConfig) -> None:
    sink = SourceSink(observed=lambda _: True, link=lambda _: None, tick=lambda: None)
    clock, gateway = ManualClock(), GatewaySettings("mqtt://127.0.0.1:1")
    assert companion_source(config, clock, sink) is None
    beside = msgspec.structs.replace(config, gateway=gateway)
    assert isinstance(machine_source(beside, clock, sink), SerialLink)
    companion = companion_source(beside, clock, sink)
    assert isinstance(companion, MqttSource) and companion._at.beside
    assert companion._at.client_id == f"homehd-{config.unit}"
    behind = msgspec.structs.replace(beside, machine=MachineSettings("mqtt_gateway", "gateway-1", quiet_s=7.0))
    machine = machine_source(behind, clock, sink)
    assert isinstance(machine, MqttSource) and not machine._at.beside and machine._at.quiet_s == 7.0
    assert companion_source(behind, clock, sink) is None
