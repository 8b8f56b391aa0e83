"""Every adapter has a shell that carries it."""

from __future__ import annotations

from edge_agent.config import EdgeConfig
from edge_agent.serial_link import SerialLink
from edge_agent.source import SourceSink
from edge_agent.sources import machine_source
from telemetry.clock import ManualClock


def test_a_serial_machine_gets_the_serial_shell(config: EdgeConfig) -> None:
    sink = SourceSink(observed=lambda _: True, link=lambda _: None, tick=lambda: None)
    assert isinstance(machine_source(config, ManualClock(), sink), SerialLink)
