"""The explicit list of shells, one per transport."""

from __future__ import annotations

from edge_agent.config import EdgeConfig
from edge_agent.serial_link import SerialLink
from edge_agent.source import Source, SourceSink
from protocols import ADAPTERS
from telemetry.clock import Clock


def machine_source(config: EdgeConfig, clock: Clock, sink: SourceSink) -> Source:
    """The shell that a checked configuration's machine needs."""
    adapter = ADAPTERS[config.machine.protocol]
    return SerialLink(config.machine, adapter, clock, sink)
