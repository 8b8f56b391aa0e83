"""What a service says of itself with every heartbeat: its version, and how full the database's disk is where it knows.

The words are those of store/heartbeat.py. Nothing here waits: the disk is measured on a thread of its own, and one that
stands still is not told of, so that nobody takes what it was like before for what it is like now.
"""

from __future__ import annotations

import logging
import os
import secrets
import socket
import threading
from collections.abc import Sequence
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Final

from store import data_disk
from store.data_disk import Disk
from telemetry.clock import Clock, SystemClock

log = logging.getLogger(__name__)

MEASURED_EVERY_S: Final = 10.0
# What was measured longer ago than this is not told any more.
STALE_S: Final = 30.0


@cache
def own_version() -> str:
    """The installed distribution's version; empty in a bare checkout."""
    try:
        return metadata.version("homehd")
    except metadata.PackageNotFoundError:
        return ""


def new_instance() -> str:
    """A name of this process, as the database and others know it: never the same again. In a container every process
    has number 1, and whoever beats under the name of one that died keeps what that one had claimed.
    """
    return f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"


class VitalSigns:
    """`folders`: where the database keeps its files, if they are on this machine. For any thread."""

    def __init__(self, folders: Sequence[Path] = (), clock: Clock | None = None) -> None:
        self._folders = tuple(folders)
        self._clock = clock or SystemClock()
        self._guard = threading.Lock()
        self._begun_s = float("-inf")
        self._measuring = False
        self._found: tuple[Disk, float] | None = None
        self._trouble = ""

    def detail(self) -> dict[str, object]:
        """What goes into the heartbeat's detail now."""
        now_s = self._clock.monotonic_s()
        with self._guard:
            due = bool(self._folders) and not self._measuring and now_s - self._begun_s >= MEASURED_EVERY_S
            if due:
                self._measuring, self._begun_s = True, now_s
            found = self._found
        if due:
            threading.Thread(target=self._measure, name="disk of the database", daemon=True).start()
        told: dict[str, object] = {"version": own_version()}
        if found is not None and now_s - found[1] < STALE_S:
            told["disk"] = data_disk.said(found[0])
        return told

    def _measure(self) -> None:
        found, trouble = None, ""
        try:
            found = data_disk.measured(self._folders), self._clock.monotonic_s()
        except OSError as error:
            trouble = f"{error.filename}: {error.strerror}"
        finally:
            with self._guard:
                self._measuring, self._found = False, found
        if trouble and trouble != self._trouble:
            log.warning("disk of the database not measured", extra={"fields": {"error": trouble}})
        self._trouble = trouble
