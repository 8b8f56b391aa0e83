"""`homehd notify`: from alerts to people."""

from __future__ import annotations

import argparse

from homehd import paging, settings
from homehd.stopping import stop_event
from notifier import service
from telemetry.clock import SystemClock


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Settings only: who is told is in the rota, and how in people's channels."""
    settings.add_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """Blocks until SIGTERM."""
    loaded = settings.load(options)
    clock = SystemClock()
    carrier = paging.channels(loaded, clock)
    with settings.database(loaded) as url:
        wanted = service.NotifyOptions(url, paging.site(loaded), loaded.notify_health_port)
        service.run(wanted, carrier, clock, stop_event())
    return 0
