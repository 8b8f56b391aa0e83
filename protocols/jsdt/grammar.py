"""The grammar of one profile's frames, for `protocols.framing`, and the diagnosis of bytes that are none.

A profile's widths are fixed, so every frame of a machine has one LEN: a header with another LEN is not worth waiting
for, and a frame that is still incomplete can never stand in front of one that is complete.
"""

from __future__ import annotations

import re
from typing import Final

from protocols.framing import INCOMPLETE, NO_FRAME
from protocols.jsdt.frames import HEADER_SIZE, POLL, SUM_SIZE, Frame, FrameError
from protocols.jsdt.profile import Profile

ECHO: Final = "the host's own poll, echoed"
_ANY_HEADER: Final = re.compile(rb"K[0-9]([0-9]{3})")
_LINE_END: Final = b"\r\n"


class JsdtGrammar:
    """Good = header with this profile's LEN, right checksum, DATA that fits the profile's table."""

    start: Final = b"K"

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._length = b"%03d" % profile.length
        self._header = re.compile(rb"K[0-9]" + self._length)
        self.limit = HEADER_SIZE + profile.length + SUM_SIZE

    def measure(self, stream: bytes, at: int) -> int:
        """Size of the good frame at `at`, INCOMPLETE while more bytes could make one, else NO_FRAME."""
        window = stream[at : at + self.limit]
        if not self._may_begin(window):
            return NO_FRAME
        if len(window) < self.limit:
            return INCOMPLETE
        try:
            frame = Frame.from_bytes(window)
        except FrameError:
            return NO_FRAME
        return NO_FRAME if self._profile.misfit(frame.data) else self.limit

    def explain(self, noise: bytes) -> list[tuple[int, str]]:
        """One entry per thing that set out to be a frame, and one for what stands before the first."""
        starts = [0, *(at for at in self._landmarks(noise) if at > 0)]
        ends = [*starts[1:], len(noise)]
        return [(end - at, self._reason(noise[at:end])) for at, end in zip(starts, ends, strict=True)]

    def _may_begin(self, window: bytes) -> bool:
        if len(window) >= HEADER_SIZE:
            return self._header.match(window) is not None
        # The bytes of a header that are here already must be right; the missing ones are taken from a right header.
        return self._header.match(window + (b"K0" + self._length)[len(window) :]) is not None

    def _landmarks(self, noise: bytes) -> list[int]:
        """Where in the noise a frame of ours began, or a whole frame of another LEN stands and ends."""
        found: list[int] = []
        at = 0
        while at < len(noise):
            header = _ANY_HEADER.search(noise, at)
            if header is None:
                break
            at = header.start()
            foreign = 0 if self._header.match(noise, at) else _size_of_frame(noise[at:])
            if foreign or self._header.match(noise, at):
                found.append(at)
            if foreign and at + foreign < len(noise):
                found.append(at + foreign)
            at += foreign or 1
        return list(dict.fromkeys(found))

    def _reason(self, piece: bytes) -> str:
        if piece == POLL:
            return ECHO
        header = _ANY_HEADER.match(piece)
        if header is None:
            return "no frame header"
        try:
            frame = Frame.from_bytes(piece)
        except FrameError as error:
            if header[1] == self._length:
                return str(error)
            return f"header with LEN {header[1].decode()}, profile {self._profile.name} has {self._length.decode()}"
        return f"right checksum, but {self._profile.misfit(frame.data)}"


def _size_of_frame(stream: bytes) -> int:
    """Size of the whole frame `stream` begins with, its CR LF included; 0 if there is none."""
    try:
        size = Frame.from_bytes(stream).size
    except FrameError:
        return 0
    return size + (len(_LINE_END) if stream.startswith(_LINE_END, size) else 0)
