"""How the box gets on with a machine that connects to it and talks by itself. Pure; `now` is monotonic seconds.

Some machines keep one connection, some open one for each message. So an open connection proves nothing, and a closed
one is no news: what counts is when the last acceptable message came.
"""

from __future__ import annotations

from telemetry.messages import MachineLink


class ListenWatch:
    """Tells the four states apart; until `quiet_s` have passed the old one stands."""

    def __init__(self, quiet_s: float, now: float) -> None:
        self.quiet_s = quiet_s
        self._state: MachineLink | None = None
        self._since_s = now  # started, connected, or took a message: from here on silence counts
        self._bytes_s = float("-inf")
        self._connected = False

    def connected(self, now: float) -> None:
        """Somebody has connected. Being connected to again and again is no sign of life."""
        if not self._connected and self._state is MachineLink.DISCONNECTED:
            self._since_s = now
        self._connected = True

    def gone(self) -> None:
        """Nobody is connected any more."""
        self._connected = False

    def heard(self, now: float, *, message: bool) -> None:
        """Bytes came; `message` = they completed an acceptable one."""
        self._bytes_s = now
        if message:
            self._since_s = now
            self._state = MachineLink.CONNECTED

    def state(self, now: float) -> MachineLink | None:
        """Where the link stands at `now`; None until that can be told for the first time."""
        if now - self._since_s >= self.quiet_s:
            if now - self._bytes_s < self.quiet_s:
                self._state = MachineLink.GARBLED
            else:
                self._state = MachineLink.SILENT if self._connected else MachineLink.DISCONNECTED
        return self._state
