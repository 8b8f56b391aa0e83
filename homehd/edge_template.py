"""The configuration a home's agent gets, as TOML that a technician can read."""

from __future__ import annotations

import json

from edge_agent.config import EdgeConfig, check


def render(config: EdgeConfig) -> str:
    """The file's text; SettingsError when the agent would not accept it."""
    check(config)
    machine = config.machine
    return "\n".join(
        [
            f"# The agent of unit {config.unit}, shard {config.shard}. Run it with: homehd edge --config edge.toml",
            f"unit = {_text(config.unit)}",
            f"shard = {config.shard}",
            f"broker = {_text(config.broker)}",
            f"clock = {_text(config.clock)}",
            "",
            "[machine]",
            f"protocol = {_text(machine.protocol)}",
            f"profile = {_text(machine.profile)}",
            f"port = {_text(machine.port)}",
            f"poll_s = {machine.poll_s}",
            "",
            "[outbox]",
            f"path = {_text(config.outbox.path)}",
            "",
        ]
    )


def _text(value: str) -> str:
    # A JSON string is a TOML basic string.
    return json.dumps(value)
