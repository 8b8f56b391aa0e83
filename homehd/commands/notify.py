"""`homehd notify`: from alerts to people."""

from __future__ import annotations

import argparse
import threading
from functools import partial

from homehd import daily, paging, selftest_clock, settings
from homehd.stopping import stop_event
from notifier import dead_man, service
from telemetry.clock import SystemClock


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Settings only: who is told is in the rota, and how in people's channels."""
    settings.add_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """Blocks until SIGTERM."""
    loaded = settings.load(options)
    clock = SystemClock()
    carrier = paging.channels(loaded, clock)
    every_day = daily.parse(loaded.selftest_at, named="selftest_at (HOMEHD_SELFTEST_AT)")
    if loaded.heartbeat_url:
        dead_man.host_of(loaded.heartbeat_url)
    stop = stop_event()
    with settings.database(loaded) as url:
        if every_day is not None:
            start = partial(selftest_clock.child, ["--config", str(options.config)] if options.config else [])
            work = (every_day, start, clock, stop)
            threading.Thread(target=selftest_clock.run, args=work, name="self-test", daemon=True).start()
        wanted = service.NotifyOptions(
            url,
            paging.site(loaded),
            loaded.notify_health_port,
            loaded.heartbeat_url,
            digest=loaded.work_list_digest,
            push_key=paging.public_key(loaded),
        )
        service.run(wanted, carrier, clock, stop)
    return 0
