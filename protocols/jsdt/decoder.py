"""Bytes of one machine to observations."""

from __future__ import annotations

from protocols.events import Alarm, Observation, Rejected
from protocols.framing import Framed, Framer
from protocols.jsdt.alarms import standing
from protocols.jsdt.frames import Frame
from protocols.jsdt.grammar import JsdtGrammar
from protocols.jsdt.phase import DerivedPhase
from protocols.jsdt.profile import Profile, Role
from protocols.jsdt.values import is_absent, read_modality, read_number, read_text
from protocols.plausibility import separate
from telemetry.treatment import Phase


class JsdtDecoder:
    """See `protocols.events.Decoder`. One per machine: it remembers the derived phase and the alarms that stand."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._framer = Framer(JsdtGrammar(profile))
        self._derived = DerivedPhase()
        self._standing: dict[str, Alarm] = {}

    @property
    def buffered(self) -> int:
        """Bytes held back; bounded, see `Framer`."""
        return self._framer.buffered

    def receive(self, data: bytes) -> list[Observation | Rejected]:
        """Observations and rejections that `data` completes, in stream order."""
        return [
            self._observe(found) if isinstance(found, Framed) else found for found in self._framer.receive(bytes(data))
        ]

    def idle(self) -> list[Rejected]:
        """Give up a half frame."""
        return self._framer.idle()

    def _observe(self, framed: Framed) -> Observation:
        tokens = self._profile.tokenise(Frame.from_bytes(framed.data).data)
        values, invalid = self._read(tokens)
        self._standing = standing(self._profile, tokens, values, self._standing)
        alarms = frozenset(self._standing.values())
        return Observation(
            offset=framed.offset,
            values=values,
            invalid=invalid,
            alarms=alarms,
            phase=self._phase(tokens, values, alarms),
            phase_derived=not self._profile.says_phase,
            extras=_extras(self._profile, tokens),
        )

    def _read(self, tokens: dict[str, str]) -> tuple[dict[str, float], dict[str, str]]:
        numbers: dict[str, float] = {}
        raw: dict[str, str] = {}
        garbage: dict[str, str] = {}
        for entry in self._profile.fields:
            text = tokens[entry.letter]
            try:
                if entry.role is Role.SIGNAL:
                    value = read_number(entry, text)
                elif entry.role is Role.MODALITY:
                    value = read_modality(text)
                else:
                    continue
            except ValueError:
                garbage[entry.name] = text
                continue
            if value is not None:
                numbers[entry.name], raw[entry.name] = value, text
        values, implausible = separate(numbers, raw)
        return values, garbage | implausible

    def _phase(self, tokens: dict[str, str], values: dict[str, float], alarms: frozenset[Alarm]) -> Phase:
        for entry in self._profile.fields:
            if entry.role is Role.TREATING:
                # '0' is *not treating*: idle, priming, draining and disinfecting look the same, so none is claimed.
                return Phase.TX if tokens[entry.letter] == "1" else Phase.UNKNOWN
        return self._derived.update(values, alarm=bool(alarms))


def _extras(profile: Profile, tokens: dict[str, str]) -> dict[str, str]:
    extras: dict[str, str] = {}
    for entry in profile.fields:
        text = tokens[entry.letter]
        if entry.role is Role.TREATING or (entry.role is Role.EXTRA and (entry.free_text or not is_absent(text))):
            extras[entry.name] = read_text(text)
    return {name: text for name, text in extras.items() if text}
