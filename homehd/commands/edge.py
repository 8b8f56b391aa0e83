"""`homehd edge`: the agent, in the foreground."""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import closing
from pathlib import Path

from edge_agent import agent, config, outbox, supervision
from homehd import logs
from homehd.stopping import stop_event
from protocols import ADAPTERS
from telemetry.clock import SystemClock
from telemetry.errors import HomehdError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where the configuration is."""
    parser.add_argument("--config", type=Path, required=True, metavar="FILE", help="the agent's settings as TOML")
    parser.add_argument(
        "--once-config-check", action="store_true", help="check the configuration and the port, and exit"
    )
    parser.add_argument(
        "--requeue",
        action="store_true",
        help="send rows that were set aside once more (stop the agent first), and exit",
    )


def run(options: argparse.Namespace) -> int:
    """Blocks until SIGTERM."""
    if options.once_config_check:
        _check(options.config, config.load(options.config))
        return 0
    if options.requeue:
        _requeue(config.load(options.config).outbox)
        return 0
    clock, stop, under = SystemClock(), stop_event(), supervision.host(os.environ)
    logs.bound(clock)
    # Before the settings are read: wrong ones end it too, again and again until somebody corrects them.
    supervision.rest_before_start(under, clock, stop)
    again = not stop.is_set() and agent.run(config.load(options.config), clock, stop, under)
    supervision.ended_well(under)
    if again and not stop.signalled:
        # Settings from afar: the same process, begun anew, so that nothing of the old ones is left.
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])
    return 0


def _check(path: Path, settings: config.EdgeConfig) -> None:
    machine, transport = settings.machine, ADAPTERS[settings.machine.protocol].transport
    if transport == "serial" and not Path(machine.port).exists():
        # Running, the agent would wait for it: a cable may be plugged in later. Asked for a check, it says so.
        raise HomehdError("check serial port", machine.port, hint="there is no such device: is the machine plugged in?")
    gateway = settings.gateway.broker if settings.gateway else ""
    where = {"serial": machine.port, "mllp": machine.listen, "mqtt": gateway}[transport]
    beside = f", cuff and scale from {gateway}" if gateway and transport != "mqtt" else ""
    print(f"{path}: unit {settings.unit}, {machine.protocol} {machine.profile} on {where}{beside}")


def _requeue(settings: config.OutboxSettings) -> None:
    now_us = SystemClock().now_us()
    with closing(outbox.Outbox(Path(settings.path), now_us=now_us, max_bytes=settings.max_bytes)) as kept:
        for torn in kept.incidents:
            print(torn.text())
        print(f"{kept.requeue()} rows will be sent again")
