"""How the box gets on with its machine, from what was heard and when. Pure; `now` is monotonic seconds."""

from __future__ import annotations

from telemetry.messages import MachineLink

# A machine that misses this many polls in a row does not answer; one missed poll is a disturbed byte.
MISSED_POLLS = 3
SHORTEST_QUIET_S = 2.0
# A line that was garbled is believed when it has brought so many frames without falling quiet between them: now and
# then a frame gets through the worst of lines, and the trouble must not begin and end with each.
FRAMES_TO_MEND = 3
# So long without a frame, and the port is closed and opened again: drivers and adapters do hang.
REOPEN_AFTER_QUIETS = 4


class LinkWatch:
    """Tells the four states apart; between two states it keeps the old one until the new one is sure."""

    def __init__(self, poll_s: float) -> None:
        self.quiet_s = max(MISSED_POLLS * poll_s, SHORTEST_QUIET_S)
        self._state: MachineLink | None = None
        self._since_s: float | None = None  # the port was opened, or the last frame came; None = no port
        self._bytes_s = float("-inf")
        self._frames = 0  # since the last trouble began, or the last silence

    def opened(self, now: float) -> None:
        """The port is open."""
        self._since_s = now

    def lost(self) -> None:
        """The port is not there."""
        self._since_s = None
        self._frames = 0
        self._state = MachineLink.DISCONNECTED

    def heard(self, now: float, *, frame: bool) -> None:
        """Bytes came; `frame` = they completed an acceptable one."""
        if frame:
            self.state(now)  # whoever is quiet for too long between two frames begins to count anew
            self._frames += 1
            self._since_s = now
            if self._state is not MachineLink.GARBLED or self._frames >= FRAMES_TO_MEND:
                self._state = MachineLink.CONNECTED
        self._bytes_s = now

    def state(self, now: float) -> MachineLink | None:
        """Where the link stands at `now`; None until that can be told for the first time."""
        if self._since_s is not None and now - self._since_s > self.quiet_s:
            self._frames = 0
            garbled = now - self._bytes_s <= self.quiet_s
            self._state = MachineLink.GARBLED if garbled else MachineLink.SILENT
        return self._state

    def stuck(self, now: float) -> bool:
        """Whether the port has been open without a frame for so long that opening it anew may help."""
        return self._since_s is not None and now - self._since_s > REOPEN_AFTER_QUIETS * self.quiet_s
