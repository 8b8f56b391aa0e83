"""Bytes of one machine to observations.

Three steps: the framer finds frames with a right length, sum and table; `Agreement` says which of them to believe on a
line that may lie; what is believed is read.
"""

from __future__ import annotations

from protocols.events import Alarm, Observation, Rejected
from protocols.framing import Framed, Framer
from protocols.jsdt.agreement import Agreement, Tokens
from protocols.jsdt.alarms import standing
from protocols.jsdt.frames import Frame
from protocols.jsdt.grammar import ECHO, JsdtGrammar
from protocols.jsdt.phase import DerivedPhase
from protocols.jsdt.profile import Profile, Role
from protocols.jsdt.values import is_absent, read_modality, read_number, read_text
from protocols.plausibility import separate
from telemetry.treatment import Phase


class JsdtDecoder:
    """See `protocols.events.Decoder`. One per machine: it remembers the derived phase and the alarms that stand."""

    def __init__(self, profile: Profile, *, cautious: bool = False) -> None:
        """`cautious`: for a line that may lie, see `Agreement`; otherwise every good frame is an observation."""
        self._profile = profile
        self._framer = Framer(JsdtGrammar(profile))
        self._agreement = Agreement(profile) if cautious else None
        self._derived = DerivedPhase()
        self._standing: dict[str, Alarm] = {}

    @property
    def buffered(self) -> int:
        """Bytes held back; bounded, see `Framer`."""
        return self._framer.buffered

    @property
    def unsure(self) -> bool:
        """Whether a frame is held that a second answer could confirm: ask again, at once."""
        return self._agreement is not None and self._agreement.unsure

    def receive(self, data: bytes) -> list[Observation | Rejected]:
        """Observations and rejections that `data` completes, in stream order."""
        found: list[Observation | Rejected] = []
        for item in self._framer.receive(bytes(data)):
            if isinstance(item, Framed):
                frame = self._profile.tokenise(Frame.from_bytes(item.data).data)
                believed = self._agreement.judge(frame) if self._agreement else [frame]
                found += [self._observe(item.offset, tokens) for tokens in believed]
            else:
                found.append(self._noted(item))
        return found

    def idle(self) -> list[Rejected]:
        """Give up a half frame."""
        return [self._noted(item) for item in self._framer.idle()]

    def _noted(self, rejected: Rejected) -> Rejected:
        if self._agreement and rejected.reason != ECHO:  # a line that echoes is not one that lies
            self._agreement.disturb()
        return rejected

    def _observe(self, offset: int, tokens: Tokens) -> Observation:
        values, invalid = self._read(tokens)
        self._standing = standing(self._profile, tokens, values, self._standing)
        alarms = frozenset(self._standing.values())
        return Observation(
            offset=offset,
            values=values,
            invalid=invalid,
            alarms=alarms,
            phase=self._phase(tokens, values, alarms),
            phase_derived=not self._profile.says_phase,
            extras=_extras(self._profile, tokens),
        )

    def _read(self, tokens: Tokens) -> tuple[dict[str, float], dict[str, str]]:
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

    def _phase(self, tokens: Tokens, values: dict[str, float], alarms: frozenset[Alarm]) -> Phase:
        for entry in self._profile.fields:
            if entry.role is Role.TREATING:
                # '0' is *not treating*: idle, priming, draining and disinfecting look the same, so none is claimed.
                return Phase.TX if tokens[entry.letter] == "1" else Phase.UNKNOWN
        return self._derived.update(values, alarm=bool(alarms))


def _extras(profile: Profile, tokens: Tokens) -> dict[str, str]:
    extras: dict[str, str] = {}
    for entry in profile.fields:
        text = tokens[entry.letter]
        if entry.role is Role.TREATING or (entry.role is Role.EXTRA and (entry.free_text or not is_absent(text))):
            extras[entry.name] = read_text(text)
    return {name: text for name, text in extras.items() if text}
