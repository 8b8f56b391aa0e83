"""Tells the service manager that the agent is ready and alive: alive only while every thread of it proves so.

A thread proves that it lives by asking its stop event whether to go on. Whoever hangs in a system call (a USB adapter
whose open() never returns) asks no more, the manager is not told any more, and starts the agent anew. The outbox has
everything that was accepted; what is lost is what the machine would have said meanwhile.
"""

from __future__ import annotations

import logging
import socket
import sys
import threading
import traceback
from collections.abc import Mapping
from typing import Final

from telemetry.clock import Clock

log = logging.getLogger(__name__)

# Seconds a thread may be silent. Source and forwarder ask at least once a second, but a worn card may take many for
# one sync. The uplink may have to wait for names (three servers, twice five seconds each) and for every address tried.
LIMITS: Final[Mapping[str, float]] = {"source": 20.0, "gateway": 120.0, "forwarder": 20.0, "uplink": 120.0}
DEFAULT_LIMIT_S: Final = 60.0
PET_EVERY_S: Final = 5.0
STACK_LINES: Final = 6


class Heartbeats:
    """Who was heard of, and when. Pure; `now` is monotonic seconds. Beats may come from any thread."""

    def __init__(self, limits: Mapping[str, float] = LIMITS) -> None:
        self._limits = limits
        self._heard: dict[str, float] = {}

    def beat(self, name: str, now: float) -> None:
        """`name` is alive; whoever beats once is expected to go on."""
        self._heard[name] = now

    def late(self, now: float) -> dict[str, float]:
        """Who has been silent for longer than allowed, and for how many seconds."""
        silent = {name: now - heard for name, heard in self._heard.copy().items()}
        return {name: s for name, s in silent.items() if s > self._limits.get(name, DEFAULT_LIMIT_S)}


class Pulse(threading.Event):
    """A thread's view of a stop event: asking it is the sign of life. Setting it sets the event behind it."""

    def __init__(self, stop: threading.Event, name: str, heartbeats: Heartbeats, clock: Clock) -> None:
        super().__init__()
        self._stop, self._name, self._heartbeats, self._clock = stop, name, heartbeats, clock
        self._beat()

    def is_set(self) -> bool:
        """Whether to stop."""
        self._beat()
        return self._stop.is_set()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for the stop; a wait that may last longer than the limit is a sign of life at its beginning only."""
        self._beat()
        return self._stop.wait(timeout)

    def set(self) -> None:
        """Stop."""
        self._stop.set()

    def _beat(self) -> None:
        self._heartbeats.beat(self._name, self._clock.monotonic_s())


class ServiceManager:
    """sd_notify(3): one datagram a message, to a path or, with a leading @, an abstract name; silent without one."""

    def __init__(self, address: str = "") -> None:
        """`address` is NOTIFY_SOCKET from the environment; empty = nobody listens."""
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self._status = ""

    @property
    def listens(self) -> bool:
        """Whether the agent was started by one."""
        return bool(self._address)

    def tell(self, *assignments: str) -> None:
        """Send `READY=1` and its like. A manager that does not take them is no reason to stop."""
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
                sender.settimeout(1.0)
                sender.sendto("\n".join(assignments).encode(), self._address)
        except OSError as error:
            log.debug("service manager not told", extra={"fields": {"reason": str(error)}})

    def status(self, text: str) -> None:
        """The line that `systemctl status` shows; told when it changes."""
        if text != self._status:
            self._status = text
            self.tell(f"STATUS={' '.join(text.split())}")


class Watchdog:
    """Pets the service manager from the main thread, as long as nobody is late."""

    def __init__(self, manager: ServiceManager, heartbeats: Heartbeats, clock: Clock) -> None:
        self._manager, self._heartbeats, self._clock = manager, heartbeats, clock
        self._petted_s = float("-inf")
        self._late: frozenset[str] = frozenset()

    def look(self) -> bool:
        """Called about once a second; True when the manager was petted, never while somebody is late."""
        now = self._clock.monotonic_s()
        late = self._heartbeats.late(now)
        for name in late.keys() - self._late:
            fields = {"thread": name, "silent_s": round(late[name], 1), "stack": _stack(name)}
            log.error("thread does not answer", extra={"fields": fields})
        self._late = frozenset(late)
        if late:
            self._manager.status(f"does not answer: {', '.join(sorted(late))}; waiting to be started anew")
        if late or now - self._petted_s < PET_EVERY_S:
            return False
        self._petted_s = now
        self._manager.tell("WATCHDOG=1")
        return True


def _stack(name: str) -> str:
    """Where a thread of ours stands, its innermost lines."""
    idents = [thread.ident for thread in threading.enumerate() if thread.name == name and thread.ident]
    frames = [sys._current_frames().get(ident) for ident in idents]
    steps = [step for frame in frames if frame for step in traceback.extract_stack(frame)[-STACK_LINES:]]
    return " > ".join(f"{step.filename.rpartition('/')[2]}:{step.lineno} {step.name}" for step in steps)
