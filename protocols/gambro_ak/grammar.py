"""The grammar of the frames, for `protocols.framing`, and the diagnosis of bytes that are none."""

from __future__ import annotations

import re
from typing import Final

from protocols.framing import INCOMPLETE, NO_FRAME
from protocols.gambro_ak.frames import ACK, EOT, MARK, MAX_FRAME, NAK, STX, Frame, FrameError

_STX, _EOT = bytes([STX]), bytes([EOT])
_ANSWERS: Final = re.compile(b"[%c%c]+" % (ACK, NAK))
_PIECES: Final = re.compile(b"[%c%c]+|%c[^%c%c]*%c?|[^%c%c%c]+" % (ACK, NAK, STX, STX, EOT, EOT, STX, ACK, NAK), re.S)


class GambroGrammar:
    """Good = STX to EOT with nothing wrong between. Neither byte can stand inside a frame, so a frame has one end."""

    start: Final = _STX
    limit: Final = MAX_FRAME

    def measure(self, stream: bytes, at: int) -> int:
        """Size of the good frame at `at`, INCOMPLETE while more bytes could make one, else NO_FRAME."""
        window = stream[at : at + self.limit]
        if len(window) > 1 and window[1] != MARK:
            return NO_FRAME
        end, again = window.find(_EOT), window.find(_STX, 1)
        if again >= 0 and not 0 <= end < again:
            return NO_FRAME
        if end < 0:
            return INCOMPLETE if len(window) < self.limit else NO_FRAME
        try:
            Frame.from_bytes(window[: end + 1])
        except FrameError:
            return NO_FRAME
        return end + 1

    def explain(self, noise: bytes) -> list[tuple[int, str]]:
        """One entry per thing that set out to be a frame, and one for each run of anything else."""
        return [(len(piece), _reason(piece)) for piece in _PIECES.findall(noise)]


def _reason(piece: bytes) -> str:
    if _ANSWERS.fullmatch(piece):
        return "acknowledgements of the other side"
    if not piece.startswith(_STX):
        return "outside a frame"
    if not piece.endswith(_EOT):
        return f"no end after {len(piece)} bytes"
    try:
        Frame.from_bytes(piece)
    except FrameError as error:
        return str(error)
    return f"longer than {MAX_FRAME} bytes"
