"""Whether nobody is being treated, as far as the box can tell. Pure; `now` is monotonic seconds.

Settings are changed and connections renewed only then. The box cannot see a patient, only what the machine says and for
how long it has said it; where it says nothing, the wait is as long as a treatment could last.
"""

from __future__ import annotations

from typing import Final

from telemetry.messages import MachineLink
from telemetry.treatment import Phase

# The machine itself says that no blood is in the circuit.
_SAFE: Final = frozenset({Phase.IDL, Phase.DIS, Phase.SVC})
_TREATING: Final = frozenset({Phase.PRETX, Phase.TX, Phase.POSTTX})

SAID_SO_S: Final = 300.0  # a machine between two phases may say "idle" for a moment
# Base JSDT has no phase: blood flow and time tell only that a treatment runs. Blood that stands for half an hour has
# clotted, so without any sign of a treatment for so long there is none.
NO_SIGN_S: Final = 1800.0
# The cable may have come off in the middle of a treatment: longer than the longest nocturnal one.
LOST_S: Final = 12 * 3600.0


class QuietTime:
    """Watches one machine. A new one counts as watched from its making: nothing before that is known."""

    def __init__(self, now: float, last_phase: Phase | None = None) -> None:
        """`last_phase`: what an earlier life of the agent knew."""
        self._link: MachineLink | None = None
        self._phase: Phase | None = last_phase
        self._since_s = now  # link and phase have been as they are since then

    def observed(self, phase: Phase | None, now: float) -> None:
        """The machine showed a frame; None where its protocol has no notion of a phase."""
        self._move(MachineLink.CONNECTED, Phase.UNKNOWN if phase is None else phase, now)

    def link(self, state: MachineLink, now: float) -> None:
        """The link to the machine is now so."""
        self._move(state, self._phase, now)

    def is_quiet(self, now: float) -> bool:
        """Whether a change now would disturb no treatment."""
        return now - self._since_s >= self._wait_s()

    def _move(self, link: MachineLink, phase: Phase | None, now: float) -> None:
        if (link, phase) != (self._link, self._phase):
            both_safe = {phase, self._phase} <= _SAFE and link is self._link
            self._link, self._phase = link, phase
            if not both_safe:  # from idle to rinsing is no new wait
                self._since_s = now

    def _wait_s(self) -> float:
        if self._link is MachineLink.CONNECTED:
            if self._phase in _SAFE:
                return SAID_SO_S
            return float("inf") if self._phase in _TREATING else NO_SIGN_S
        return LOST_S if self._phase in _TREATING else NO_SIGN_S
