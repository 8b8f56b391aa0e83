"""The status, and when it is due."""

from __future__ import annotations

import pytest

from edge_agent.acquisition import Stamp
from edge_agent.config import EdgeConfig
from edge_agent.health import AGAIN_S, EVERY_S, Health, agent_version
from edge_agent.intake import Intake
from edge_agent.outbox import Outbox
from edge_agent.outbox_file import OutboxError
from telemetry import wire
from telemetry.clock import ManualClock
from telemetry.messages import MachineLink


@pytest.fixture
def health(config: EdgeConfig, outbox: Outbox) -> Health:
    clock = ManualClock()
    intake = Intake(outbox, clock, lambda: Stamp(5, 5, True), lambda _rows: None)
    return Health(config, clock, lambda: Stamp(5, 5, True), outbox, intake)


def test_the_status_says_how_the_box_is(health: Health) -> None:
    health.intake.note("agent started", "x")
    health.machine = MachineLink.GARBLED
    health.intake.failed(OutboxError("append to outbox", "disk full\n" * 40))
    status = wire.decode_status(wire.encode(health.status(online=True)))
    assert (status.unit, status.online, status.machine) == ("k7m2qx4d", True, MachineLink.GARBLED)
    assert (status.outbox_rows, status.outbox_oldest_us, status.epoch) == (1, 5, health.outbox.epoch)
    assert (status.protocol, status.profile, status.synchronised) == ("jsdt", "v1", True)
    assert status.trouble.startswith("append to outbox: disk full")
    assert status.agent_version == agent_version()


def test_it_is_due_at_first_on_change_and_after_a_while(health: Health) -> None:
    assert health.due(0.0)
    health.told(0.0)
    assert not health.due(AGAIN_S - 0.1) and health.due(AGAIN_S), "in case the old session's will came after it"
    health.told(AGAIN_S)
    assert not health.due(AGAIN_S + EVERY_S - 0.1) and health.due(AGAIN_S + EVERY_S)
    health.machine = MachineLink.SILENT
    assert health.due(AGAIN_S + 0.1)
    health.told(AGAIN_S + 0.1)
    health.intake.put([])
    assert not health.due(AGAIN_S + 0.2)
    health.connected()
    assert health.due(AGAIN_S + 0.2), "a new connection has heard nothing"


def test_a_disk_that_cannot_be_read_does_not_silence_the_status(health: Health) -> None:
    health.outbox.close()
    status = health.status(online=True)
    assert status.outbox_oldest_us == 0 and "closed" in status.trouble


def test_a_machine_whose_reader_hangs_is_not_connected_whatever_was_told_last(health: Health) -> None:
    lives = True
    health.source_lives = lambda: lives
    health.machine = MachineLink.CONNECTED
    health.told(0.0)
    health.told(AGAIN_S)
    assert health.status(online=True).machine is MachineLink.CONNECTED
    lives = False
    assert health.due(AGAIN_S), "somebody waits for that"
    assert health.status(online=True).machine is MachineLink.SILENT
    health.machine = MachineLink.DISCONNECTED
    assert health.status(online=True).machine is MachineLink.DISCONNECTED, "that is no promise"
