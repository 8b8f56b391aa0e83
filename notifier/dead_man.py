"""The dead man's hook: while all is well somebody outside hears from us every minute; he rings when he no longer does.

Nothing of ours can tell people that everything of ours is down.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from http.client import HTTPException
from typing import Final
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from notifier.metrics import Metrics
from telemetry.clock import Clock
from telemetry.errors import SettingsError

log = logging.getLogger(__name__)

EVERY_S: Final = 60.0
TIMEOUT_S: Final = 10.0
# A failure that lasts is told this often.
TELL_S: Final = 3600.0


class DeadMan:
    """Calls `url`, which may hold a secret and is never shown, while `well()` is true. In a thread of its own."""

    def __init__(
        self, url: str, well: Callable[[], bool], clock: Clock, metrics: Metrics, *, every_s: float = EVERY_S,
        timeout_s: float = TIMEOUT_S,
    ) -> None:  # fmt: skip
        """SettingsError for what is no address."""
        self._host = host_of(url)
        self._url = url
        self._well = well
        self._clock = clock
        self._metrics = metrics
        self._every_s = every_s
        self._timeout_s = timeout_s
        self._told_s = float("-inf")

    def run(self, stop: threading.Event) -> None:
        """Until `stop`. The first call comes as soon as all is well."""
        while not stop.is_set():
            began_s = self._clock.monotonic_s()
            if self._well():
                self._call()
                stop.wait(max(0.0, self._every_s - (self._clock.monotonic_s() - began_s)))
            else:
                # Nobody outside hears of us meanwhile; when all is well again, at once.
                stop.wait(min(1.0, self._every_s))

    def _call(self) -> None:
        try:
            request = Request(self._url, headers={"User-Agent": "homehd"})
            with urlopen(request, timeout=self._timeout_s) as answer:
                answer.read(1)
        except (OSError, HTTPException, ValueError) as error:
            self._metrics.heartbeats.labels("failed").inc()
            self._tell(error)
        else:
            self._metrics.heartbeats.labels("sent").inc()
            self._told_s = float("-inf")

    def _tell(self, error: Exception) -> None:
        now_s = self._clock.monotonic_s()
        if now_s - self._told_s >= TELL_S:
            self._told_s = now_s
            # The text of an error may hold the path, which often is the key.
            fields = {"host": self._host, "error": type(error).__name__, "status": getattr(error, "code", None)}
            log.warning("the service outside that watches us cannot be reached", extra={"fields": fields})


def host_of(url: str) -> str:
    """Whom an address of settings leads to, the only part of it that may be shown; SettingsError for what is none."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        parts, host = None, ""
    if parts is None or parts.scheme not in ("http", "https") or not host:
        raise SettingsError("read settings", "heartbeat_url (HOMEHD_HEARTBEAT_URL)", hint="https://HOST[:PORT]/…")
    return host
