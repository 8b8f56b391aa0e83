"""`homehd notify`: from alerts to people."""

from __future__ import annotations

import argparse
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from homehd import daily, paging, selftest_clock, settings
from homehd.notify_line import NotifyLine
from homehd.stopping import stop_event
from notifier import dead_man, service
from telemetry.clock import SystemClock

log = logging.getLogger(__name__)


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
    with settings.database(loaded) as url, _line(loaded) as line:
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
            folder=loaded.home_path / "notifier",
            database_folders=loaded.data_folders,
            disk_limits=loaded.disk_limits,
        )
        service.run(wanted, carrier, clock, stop, line)
    return 0


@contextmanager
def _line(loaded: settings.ServerSettings) -> Iterator[NotifyLine | None]:
    """The way to the broker. Beside a database that is named an embedded one would be nobody's."""
    if loaded.database and not loaded.broker:
        log.warning("HOMEHD_BROKER is not set: while the database is away only operations are paged")
        yield None
        return
    with settings.broker(loaded) as url:
        line = NotifyLine(url)
        line.start()
        try:
            yield line
        finally:
            line.stop()
