"""What is printed is what the agent reads."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from edge_agent import config
from edge_agent.config import EdgeConfig, GatewaySettings, MachineSettings, OutboxSettings
from homehd import edge_template
from telemetry.errors import SettingsError


def agent(**changes: str) -> EdgeConfig:
    machine = MachineSettings("jsdt", changes.get("profile", "v1"), changes.get("port", "/dev/ttyUSB0"), 2.5)
    return EdgeConfig("h0000000a", 7, "mqtt://127.0.0.1:1883", machine, OutboxSettings("/data/outbox.sqlite"))


@pytest.mark.parametrize("port", ["/dev/ttyUSB0", '/dev/with"quote', "/dev/back\\slash", "/dev/ümläut"])
def test_the_file_reads_back_as_it_was_meant(tmp_path: Path, port: str) -> None:
    path = tmp_path / "edge.toml"
    path.write_text(edge_template.render(agent(port=port)), "utf-8")
    assert config.load(path) == agent(port=port)


@pytest.mark.parametrize(
    ("machine", "gateway"),
    [
        (MachineSettings("hl7_dialysis", "rev4", listen="127.0.0.1:2575"), None),
        (MachineSettings("mqtt_gateway", "gateway-1", quiet_s=30.0), GatewaySettings("mqtt://hub", "a/#", "u", 'p"w')),
        (MachineSettings("jsdt", "v1", "/dev/ttyS0"), GatewaySettings("mqtts://hub:8883")),
        (MachineSettings("gambro_ak", "ak-framing", "/dev/ttyS0", experimental=True), None),
    ],
)
def test_what_only_some_machines_need_reads_back_too(
    tmp_path: Path, machine: MachineSettings, gateway: GatewaySettings | None
) -> None:
    meant = msgspec.structs.replace(agent(), machine=machine, gateway=gateway)
    path = tmp_path / "edge.toml"
    path.write_text(edge_template.render(meant), "utf-8")
    assert config.load(path) == meant
    with pytest.raises(SettingsError):
        edge_template.render(
            msgspec.structs.replace(meant, machine=MachineSettings("gambro_ak", "ak-framing", "/dev/x"))
        )


def test_what_the_agent_would_refuse_is_not_printed() -> None:
    with pytest.raises(SettingsError, match="abacus"):
        edge_template.render(agent(profile="abacus"))
