"""`homehd edge`: the agent, in the foreground."""

from __future__ import annotations

import argparse
from pathlib import Path

from edge_agent import agent, config
from homehd.stopping import stop_event
from telemetry.clock import SystemClock


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where the configuration is."""
    parser.add_argument("--config", type=Path, required=True, metavar="FILE", help="the agent's settings as TOML")
    parser.add_argument("--once-config-check", action="store_true", help="check the configuration and exit")


def run(options: argparse.Namespace) -> int:
    """Blocks until SIGTERM."""
    settings = config.load(options.config)
    if options.once_config_check:
        print(f"{options.config}: unit {settings.unit}, {settings.machine.protocol} {settings.machine.profile}")
        return 0
    agent.run(settings, SystemClock(), stop_event())
    return 0
