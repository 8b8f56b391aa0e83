"""Frames to observations without a single value: which index is which signal depends on the firmware and is not known.

What a frame holds goes out as extras, raw, so that a recording can be compared with what the display showed.
"""

from __future__ import annotations

from typing import Final

from protocols.events import Observation, Rejected
from protocols.framing import Framed, Framer
from protocols.gambro_ak.frames import Frame
from protocols.gambro_ak.grammar import GambroGrammar

_WORDS_A_LINE: Final = 20  # seven characters each at most: well below the longest text that may travel


class GambroDecoder:
    """See `protocols.events.Decoder`."""

    def __init__(self) -> None:
        self._framer = Framer(GambroGrammar())

    @property
    def buffered(self) -> int:
        """Bytes held back; bounded, see `Framer`."""
        return self._framer.buffered

    def receive(self, data: bytes) -> list[Observation | Rejected]:
        """Observations and rejections that `data` completes, in stream order."""
        found = self._framer.receive(bytes(data))
        return [_observe(item) if isinstance(item, Framed) else item for item in found]

    def idle(self) -> list[Rejected]:
        """Give up a half frame."""
        return self._framer.idle()


def _observe(framed: Framed) -> Observation:
    frame = Frame.from_bytes(framed.data)
    return Observation(
        offset=framed.offset,
        values={},
        invalid={},
        alarms=frozenset(),
        phase=None,
        phase_derived=False,
        extras=_extras(frame),
    )


def _extras(frame: Frame) -> dict[str, str]:
    """Command and the signed 16-bit numbers behind it, each line of them under the index of its first.

    In the one frame that is published everything lies on even places when the command is two bytes long (I).
    """
    command, rest = frame.body[:2].hex(), frame.body[2:]
    words = [str(int.from_bytes(rest[at : at + 2], "little", signed=True)) for at in range(0, len(rest) - 1, 2)]
    extras = {"family": f"{frame.family:04x}", "command": command}
    for first in range(0, len(words), _WORDS_A_LINE):
        extras[f"raw_{command}_{first:03d}"] = " ".join(words[first : first + _WORDS_A_LINE])
    if len(rest) % 2:
        extras[f"raw_{command}_odd"] = rest[-1:].hex()
    return extras
