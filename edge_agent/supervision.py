"""What the main thread does while the others work: looks after them and says how things are.

To the service manager (ready, alive, one line), to the status page where one is configured, and to a small file under
/run, which `homehd doctor` reads.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from edge_agent import restarts
from edge_agent.box_state import BoxState, summary
from edge_agent.watchdog import Heartbeats, Pulse, ServiceManager, Watchdog
from telemetry.clock import Clock

log = logging.getLogger(__name__)

LOOK_S: Final = 1.0
FILE_EVERY_S: Final = 5.0
STATE_FILE: Final = "state.json"
# The manager's patience with a start, extended at every try while the disk refuses.
EXTEND_S: Final = 120


@dataclass(frozen=True, slots=True)
class Host:
    """Who started the agent.

    Attributes:
        manager: silent when nobody listens.
        folder: a place that does not outlive the boot (/run/homehd), None without one.
    """

    manager: ServiceManager
    folder: Path | None = None


NOBODY: Final = Host(ServiceManager())


def host(environment: Mapping[str, str]) -> Host:
    """As systemd says it: NOTIFY_SOCKET and RUNTIME_DIRECTORY."""
    folder = environment.get("RUNTIME_DIRECTORY", "").partition(":")[0]
    return Host(ServiceManager(environment.get("NOTIFY_SOCKET", "")), Path(folder) if folder else None)


def rest_before_start(under: Host, clock: Clock, stop: threading.Event) -> None:
    """Wait when the last starts followed each other too fast; see `restarts`."""
    pause = restarts.note(under.folder, clock.monotonic_s()) if under.folder else 0.0
    if pause:
        log.warning("the last runs were short", extra={"fields": {"pause_s": pause}})
        under.manager.tell(f"EXTEND_TIMEOUT_USEC={round((pause + EXTEND_S) * 1e6)}")
        under.manager.status(f"the last runs were short: starts in {pause:.0f} s")
        stop.wait(pause)


def ended_well(under: Host) -> None:
    """The agent ended as it was asked to."""
    if under.folder:
        restarts.forget(under.folder)


def waits_for_disk(under: Host, why: str) -> None:
    """The outbox does not open for the moment: not ready, and no reason to be killed."""
    under.manager.tell(f"EXTEND_TIMEOUT_USEC={EXTEND_S * 1_000_000}")
    under.manager.status(f"waits for the disk: {why}")


class Supervision:
    """Made when the outbox is open, which is when the agent is ready."""

    def __init__(self, under: Host, clock: Clock, state: Callable[[], BoxState]) -> None:
        """`state` is asked from the main thread only and must not wait for anything."""
        self._under, self._clock, self._ask = under, clock, state
        self._heartbeats = Heartbeats()
        self._watchdog = Watchdog(under.manager, self._heartbeats, clock)
        self._file_due_s = float("-inf")
        self._file_trouble = ""
        self.latest: BoxState | None = None

    def pulse(self, name: str, stop: threading.Event) -> Pulse:
        """`stop` as the thread `name` is to see it: asking it proves that the thread lives."""
        return Pulse(stop, name, self._heartbeats, self._clock)

    def watch(self, stop: threading.Event) -> None:
        """Look after everything until `stop`."""
        self._under.manager.tell("READY=1")
        while True:
            self.look()
            if stop.wait(LOOK_S):
                break
        self._under.manager.status("stopping")  # not STOPPING=1: it may only be to begin anew with other settings
        if self._under.folder is not None:
            with suppress(OSError):
                (self._under.folder / STATE_FILE).unlink(missing_ok=True)

    def look(self) -> None:
        """Once: alive? then say so, and how things are."""
        state = self.latest = self._ask()
        if self._watchdog.look():
            self._under.manager.status(summary(state))
        if self._clock.monotonic_s() >= self._file_due_s:
            self._file_due_s = self._clock.monotonic_s() + FILE_EVERY_S
            self._write(state)

    def _write(self, state: BoxState) -> None:
        if self._under.folder is None:
            return
        file = self._under.folder / STATE_FILE
        new = file.with_name(f"{STATE_FILE}.new")
        try:
            new.write_bytes(msgspec.json.encode(state) + b"\n")
            new.replace(file)
            self._file_trouble = ""
        except OSError as error:
            if str(error) != self._file_trouble:
                self._file_trouble = str(error)
                log.warning("state not written", extra={"fields": {"reason": self._file_trouble}})
