"""SIGTERM and SIGINT become one event that a service waits for."""

from __future__ import annotations

import signal
import threading
from types import FrameType


class StopEvent(threading.Event):
    """Set when a service is to end.

    Attributes:
        signalled: whether somebody outside wants the end, rather than the service itself.
    """

    signalled = False


def stop_event() -> StopEvent:
    """An event set by SIGTERM or Ctrl-C; install once, from the main thread."""
    stop = StopEvent()

    def handle(_number: int, _frame: FrameType | None) -> None:
        stop.signalled = True
        stop.set()

    signal.signal(signal.SIGTERM, handle)
    signal.signal(signal.SIGINT, handle)
    return stop
