"""MLLP, the envelope of HL7 on TCP: `0B` block `1C 0D`. The grammar for `protocols.framing`, and the way out."""

from __future__ import annotations

import re
from typing import Final

from protocols.framing import INCOMPLETE, NO_FRAME

START: Final = b"\x0b"
END: Final = b"\x1c\r"
# All the guide's terms in one message take about 24 KiB; the box keeps at most one unfinished block.
MAX_BLOCK: Final = 64 * 1024
_MARK: Final = re.compile(rb"[\x0b\x1c]")
_BEGUN: Final = re.compile(rb"\x0b(?=MSH)")


def wrap(block: bytes) -> bytes:
    """A block in its envelope. ValueError when it holds a byte of the envelope's own."""
    if _MARK.search(block):
        raise ValueError("a block must not hold 0B or 1C")
    return START + block + END


class MllpGrammar:
    """Good = START, bytes that are neither START nor the first of END, END; what the block says is not looked at."""

    start: Final = START
    limit: Final = MAX_BLOCK

    def measure(self, stream: bytes, at: int) -> int:
        """Size of the block at `at` with its envelope, INCOMPLETE while more bytes could make one, else NO_FRAME."""
        mark = _MARK.search(stream, at + 1, at + MAX_BLOCK - 1)
        if mark is None:
            return INCOMPLETE if len(stream) - at < MAX_BLOCK else NO_FRAME
        if mark[0] == START:
            return NO_FRAME  # the sender has begun anew: what came before will not be finished
        end = stream[mark.start() : mark.start() + len(END)]
        if len(end) < len(END):
            return INCOMPLETE
        return mark.end() + 1 - at if end == END else NO_FRAME

    def explain(self, noise: bytes) -> list[tuple[int, str]]:
        """One entry for each message that was begun, and one for what stands before the first."""
        starts = [0, *(found.start() for found in _BEGUN.finditer(noise) if found.start() > 0)]
        ends = [*starts[1:], len(noise)]
        return [(end - at, _reason(noise[at:end])) for at, end in zip(starts, ends, strict=True)]


def _reason(piece: bytes) -> str:
    if not piece.startswith(START):
        return "outside a block"
    return "a block that does not end" if END not in piece else "a block with a mark inside"
