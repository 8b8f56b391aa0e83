"""The configuration a home's agent gets, as TOML that a technician can read."""

from __future__ import annotations

import json

from edge_agent.config import EdgeConfig, GatewaySettings, MachineSettings, UplinkSettings, check


def render(config: EdgeConfig) -> str:
    """The file's text; SettingsError when the agent would not accept it. Files it names may come later."""
    check(config, files=False)
    return "\n".join(
        [
            f"# The agent of unit {config.unit}, shard {config.shard}. Run it with: homehd edge --config edge.toml",
            f"unit = {_text(config.unit)}",
            f"shard = {config.shard}",
            f"broker = {_text(config.broker)}",
            f"clock = {_text(config.clock)}",
            "",
            *_machine(config.machine),
            "[outbox]",
            f"path = {_text(config.outbox.path)}",
            "",
            *_gateway(config.gateway),
            *_uplink(config.uplink),
        ]
    )


def _machine(machine: MachineSettings) -> list[str]:
    # What only some protocols have is written where it says something.
    said = {"listen": machine.listen, "quiet_s": machine.quiet_s, "experimental": machine.experimental}
    usual = MachineSettings(machine.protocol, machine.profile)
    return [
        "[machine]",
        f"protocol = {_text(machine.protocol)}",
        f"profile = {_text(machine.profile)}",
        f"port = {_text(machine.port)}",
        f"poll_s = {machine.poll_s}",
        *(f"{name} = {json.dumps(value)}" for name, value in said.items() if value != getattr(usual, name)),
        "",
    ]


def _gateway(gateway: GatewaySettings | None) -> list[str]:
    if gateway is None:
        return []
    return [
        "[gateway]",
        f"broker = {_text(gateway.broker)}",
        f"topic = {_text(gateway.topic)}",
        f"username = {_text(gateway.username)}",
        f"password = {_text(gateway.password)}",
        "",
    ]


def _uplink(uplink: UplinkSettings) -> list[str]:
    if not uplink.cert_file:
        return []
    return [
        "[uplink]",
        f"ca_file = {_text(uplink.ca_file)}",
        f"cert_file = {_text(uplink.cert_file)}",
        f"key_file = {_text(uplink.key_file)}",
        "",
    ]


def _text(value: str) -> str:
    # A JSON string is a TOML basic string.
    return json.dumps(value)
