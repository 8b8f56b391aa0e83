"""When one frame is not enough: the second step against what an 8-bit sum lets through.

A damaged frame whose sum is right by chance looks like any other. Two things give it away: the frames round it were
damaged too, or something in it has leapt. So:

* *calm*: no bytes were rejected for `CALM_FRAMES` good frames. A frame is believed as it comes, unless a value has
  leapt or changed its shape, or a flag is another. Then it is held until the next good frame, and believed whole
  when that one says the same of what was surprising.
* *disturbed*: nothing is believed that two good frames in a row do not spell alike.

What two frames do not agree on is *not measured*; a flag stays what it last was. `unsure` asks for the second frame at
once, so that on a good line a real alarm waits for one answer of the machine, a quarter of a second. How much remains
is worked out in docs/machines/jsdt.md. Pure; counts frames, since a decoder knows no time.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from protocols.jsdt.profile import Field, Profile, Role
from protocols.jsdt.values import read_number, write_absent
from telemetry import signals

Tokens = Mapping[str, str]

# Ten minutes at one a second, five while every answer is asked for twice.
CALM_FRAMES: Final = 600
# A held frame that is older says too little of the next one: a digit damaged may be the digit shown seconds ago.
PATIENCE: Final = 3
# A step of more than this share of the plausible range has leapt: 12 mmHg venous, 0.4 °C, 400 mL ultrafiltrated.
LEAP: Final = 0.02
_KEPT: Final = (Role.ALARM, Role.TREATING)
_FIGURE: Final = re.compile(r"[0-9 -]")


class Agreement:
    """What may be believed of one machine's frames, in order."""

    def __init__(self, profile: Profile) -> None:
        self._fields = profile.fields
        self._calm = CALM_FRAMES
        self._before: Tokens | None = None
        self._held: Tokens | None = None
        self._rejected = 0  # since it is held
        self._surprises: frozenset[str] = frozenset()
        self._flags = {entry.letter: "0" for entry in profile.fields if entry.role in _KEPT}

    @property
    def unsure(self) -> bool:
        """Whether a frame is held that a second one could confirm."""
        return self._held is not None

    def disturb(self) -> None:
        """Bytes were rejected."""
        self._calm = 0
        self._rejected += 1
        if self._rejected > PATIENCE:
            self._held = None

    def judge(self, frame: Tokens) -> list[Tokens]:
        """The next good frame; gives what may now be believed: nothing, the frame held before, this one, or both."""
        calm = self._calm >= CALM_FRAMES
        self._calm += 1
        believed: list[Tokens] = []
        held, self._held, self._rejected = self._held, None, 0
        if held is not None:
            believed.append(self._believe(self._agreed(held, frame, calm=calm)))
        if calm or held is None:
            self._surprises = self._leaps(frame)
            if calm and not self._surprises:
                believed.append(self._believe(frame))
            else:
                self._held = frame
        self._before = frame
        return believed

    def _agreed(self, held: Tokens, second: Tokens, *, calm: bool) -> Tokens:
        if calm and all(held[letter] == second[letter] for letter in self._surprises):
            return held
        return {
            entry.letter: held[entry.letter]
            if held[entry.letter] == second[entry.letter]
            else self._flags.get(entry.letter, write_absent(entry))
            for entry in self._fields
        }

    def _believe(self, frame: Tokens) -> Tokens:
        for letter in self._flags:
            self._flags[letter] = frame[letter]
        return frame

    def _leaps(self, frame: Tokens) -> frozenset[str]:
        """Letters of what has changed as a machine's values seldom do."""
        if (before := self._before) is None:
            return frozenset()
        changed = (entry for entry in self._fields if frame[entry.letter] != before[entry.letter])
        return frozenset(e.letter for e in changed if _leapt(e, before[e.letter], frame[e.letter]))


def _leapt(entry: Field, before: str, now: str) -> bool:
    if entry.role is Role.EXTRA:
        return False  # a text beside the measurements, which may well be another every second
    if entry.role is not Role.SIGNAL or _FIGURE.sub("0", before) != _FIGURE.sub("0", now):
        return True
    signal = signals.BY_NAME[entry.name]
    try:
        old, new = read_number(entry, before), read_number(entry, now)
    except ValueError:
        return True
    if old is None or new is None or signal.plausible is None or not signal.accepts(new):
        return True
    low, high = signal.plausible
    return abs(new - old) > LEAP * (high - low)
