"""What is known of the machine after each message.

- A value is carried on for CARRY_S after the machine last said it: a parameter message holds only what has changed.
  Beyond that it is not measured, so that nothing looks fresh that is not. A change of mode ends all carrying.
- What is measured now and then (blood pressure, weight) is given once for each measurement and never carried on.
- A signal stays invalid until the machine says something else of it; the mode and the extras stand until changed.
"""

from __future__ import annotations

from typing import Final

from protocols.events import Alarm, Observation
from protocols.hl7_dialysis.alarms import Told
from protocols.hl7_dialysis.message import Said, said_phase
from protocols.hl7_dialysis.standing import Standing
from protocols.hl7_dialysis.terms import BY_NAME, Kind
from telemetry.treatment import Phase

# The usual interval of IHE is a minute; this lets one heartbeat be a little late.
CARRY_S: Final = 75.0


class Picture:
    """One machine. Without a time (`now_s` None) nothing is carried on and nothing lapses."""

    def __init__(self) -> None:
        self._values: dict[str, tuple[float, float]] = {}  # signal -> (value, when it was said)
        self._invalid: dict[str, str] = {}
        self._spots: dict[str, tuple[float, str]] = {}  # signal -> (value, when it was measured) last given
        self._extras: dict[str, str] = {}
        self._phase = Phase.UNKNOWN
        self._standing = Standing()

    def after(self, said: Said, offset: int, message: str, now_s: float | None) -> Observation:
        """The observation that a message makes of what was known before."""
        self._take_phase(said)
        self._standing.heard(now_s or 0.0)
        ended = self._take_alarms(said)
        values = self._take_values(said, now_s)
        self._extras |= said.extras
        return Observation(
            offset=offset,
            values=values,
            invalid=dict(self._invalid),
            alarms=self._standing.alarms,
            phase=self._phase,
            phase_derived=False,
            extras=dict(self._extras),
            message=message,
            ended=None if self._standing.complete else ended,
        )

    def _take_phase(self, said: Said) -> None:
        phase = said_phase(said)
        if "machine_mode" in said.invalid or "machine_mode" in said.gone:
            phase = Phase.UNKNOWN
        if phase is None or phase is self._phase:
            return
        self._phase = phase
        self._values.clear()
        self._invalid.clear()
        if phase is Phase.IDL:
            self._standing.clear()

    def _take_alarms(self, said: Said) -> frozenset[Alarm]:
        """Take what is told of alarms; those that are told to have ended."""
        ended = []
        for told in said.told:
            self._note(told)
            if told.ended:
                self._standing.ends(told.key)
                ended.append(told.alarm())
            else:
                self._standing.stands(told.key, told.alarm(), again=told.phase == "continue")
        return frozenset(ended)

    def _note(self, told: Told) -> None:
        """Priority and what has been done about the sound, while the alarm stands."""
        about = told.signal or told.event or told.kind
        for name, text in (("priority", told.priority), ("inactivation", told.inactivation)):
            if told.ended:
                self._extras.pop(f"{about}.{name}", None)
            elif text:
                self._extras[f"{about}.{name}"] = text

    def _take_values(self, said: Said, now_s: float | None) -> dict[str, float]:
        for name in said.gone | said.invalid.keys():
            self._values.pop(name, None)
        for name in said.gone | said.values.keys():
            self._invalid.pop(name, None)
        self._invalid |= said.invalid
        spots = [name for name in said.values if BY_NAME[name].kind is Kind.SPOT]
        given = {name: said.values[name] for name in spots if self._is_new(name, said)}
        lasting = {name: value for name, value in said.values.items() if name not in spots}
        if now_s is None:
            return lasting | given
        self._values |= {name: (value, now_s) for name, value in lasting.items()}
        self._values = {name: entry for name, entry in self._values.items() if now_s - entry[1] < CARRY_S}
        return {name: value for name, (value, _) in self._values.items()} | given

    def _is_new(self, name: str, said: Said) -> bool:
        """Whether a measurement has not been given yet; one that does not say when it was made counts as new."""
        before, self._spots[name] = self._spots.get(name), (said.values[name], said.spots[name])
        return not said.spots[name] or self._spots[name] != before
