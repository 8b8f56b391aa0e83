"""Watches whether a client takes what we send. Progress decides, not time: a thin line that takes something goes on."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any, Final

# What the kernel holds for one client. Above it sending waits and the stall's clock runs; as it falls in steps of about
# a third, a client must take some 4 kB/s to be seen to take anything within ten seconds.
SEND_BUFFER: Final = 128 * 1024


class StallWatch:
    """Calls `stalled` when what waits for a client has not become less for `after_s`. One at a time."""

    def __init__(self, transport: Any, after_s: float, stalled: Callable[[], None]) -> None:
        self._transport = transport
        self._after_s = after_s
        self._stalled = stalled
        self._unsent = 0
        self._timer: asyncio.TimerHandle | None = None

    def bound(self, write_high: int) -> None:
        """Bound what is kept for the client: `write_high` bytes here, SEND_BUFFER in the kernel."""
        self._transport.set_write_buffer_limits(high=write_high)
        sock = self._transport.get_extra_info("socket")
        if sock is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)

    def start(self) -> None:
        """Something waits."""
        if self._timer is None:
            self._watch()

    def stop(self) -> None:
        """Nothing waits any more, or nobody is there to take it."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _watch(self) -> None:
        self._unsent = self._transport.get_write_buffer_size()
        self._timer = asyncio.get_running_loop().call_later(self._after_s, self._look)

    def _look(self) -> None:
        self._timer = None
        if self._transport.get_write_buffer_size() < self._unsent:
            self._watch()
        else:
            self._stalled()
