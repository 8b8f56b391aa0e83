"""One home of real processes for chaos tests: an agent, and beside it a simulated machine polled ten times a second."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from homehd.brokers import Broker
from homehd.children import Child, stop_all
from tests.edge_agent.conftest import SHARD, UNIT

POLL_S = 0.1


@contextmanager
def agent_and_machine(folder: Path, broker: Broker, outbox: Path) -> Iterator[Child]:
    """The agent, not started yet; both end with the block."""
    port, config = folder / "machine", folder / "edge.toml"
    config.write_text(
        f'unit = "{UNIT}"\nshard = {SHARD}\nbroker = "{broker.url}"\nclock = "trusted"\n'
        f'[machine]\nprotocol = "jsdt"\nprofile = "nikkiso-v2"\nport = "{port}"\npoll_s = {POLL_S}\n'
        f'[outbox]\npath = "{outbox}"\n[uplink]\nack_timeout_s = 1.0\n'
    )
    words = ("--profile", "nikkiso-v2", "--port", str(port), "--scenario", "steady", "--seed", "1")
    machine = Child("machine", ("simulate", "machine", *words), folder / "machine.log")
    agent = Child("agent", ("edge", "--config", str(config)), folder / "agent.log")
    machine.start()
    try:
        yield agent
    finally:
        stop_all([agent, machine])


@contextmanager
def running_broker(folder: Path) -> Iterator[Broker]:
    """A broker of the test's own."""
    broker = Broker("nats", folder / "broker")
    broker.start()
    try:
        yield broker
    finally:
        broker.stop()
