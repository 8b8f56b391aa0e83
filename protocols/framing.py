"""Stream to frames: bounded, and back in step after anything.

A *grammar* says whether a good frame begins at a byte. The framer looks for the first good frame, one byte further at a
time, so a good frame is found wherever it begins: behind noise, inside a broken frame, behind one that never completes.
Everything in front of it is rejected, with its offset, length and reason, once the run of bad bytes has ended.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

from protocols.events import Rejected

# A run of bad bytes is reported at the latest when it is this long: 4 s of a full 9600-baud line.
NOISE_LIMIT: Final = 4096
PIECE: Final = 4096

NO_FRAME: Final = 0
INCOMPLETE: Final = -1


class Grammar(Protocol):
    """What a frame looks like. Stateless."""

    @property
    def start(self) -> bytes:
        """The byte every frame begins with."""

    @property
    def limit(self) -> int:
        """Size of the longest frame in bytes; the framer buffers less than this between two calls."""

    def measure(self, stream: bytes, at: int) -> int:
        """Size of the good frame at `at`, INCOMPLETE while more bytes could make one, else NO_FRAME."""

    def explain(self, noise: bytes) -> list[tuple[int, str]]:
        """Why bytes are no frames: lengths, which add up to all of `noise`, each with its reason."""


@dataclass(frozen=True, slots=True)
class Framed:
    """The bytes of a good frame, and where in the stream it began."""

    offset: int
    data: bytes


class Framer:
    """Cuts one stream into frames and rejections, the same ones however the bytes were chopped on the way."""

    def __init__(self, grammar: Grammar) -> None:
        self._grammar = grammar
        self._buffer = b""
        self._noise = bytearray()
        self._offset = 0  # of the first byte in _buffer
        self._line_end = b""  # what may still follow the last frame without being noise

    @property
    def buffered(self) -> int:
        """Bytes held between two calls: less than one frame and NOISE_LIMIT together."""
        return len(self._buffer) + len(self._noise)

    def receive(self, data: bytes) -> list[Framed | Rejected]:
        """Frames and rejections completed by `data`, in stream order."""
        # In pieces, so that the buffer stays small even when somebody hands over a whole file.
        pieces = (data[at : at + PIECE] for at in range(0, len(data), PIECE))
        return [found for piece in pieces for found in self._receive(piece)]

    def _receive(self, data: bytes) -> list[Framed | Rejected]:
        found: list[Framed | Rejected] = []
        self._buffer += data
        while self._buffer:
            self._skip_line_end()
            at, size = self._next_candidate()
            found += self._skip(at)
            if size <= 0:
                break
            found += self._report()
            found.append(Framed(self._offset, self._take(size)))
            self._line_end = b"\r\n"
        return found

    def idle(self) -> list[Rejected]:
        """Give up what is unfinished. Every complete good frame in it has been found already."""
        return self._skip(len(self._buffer)) + self._report()

    def _next_candidate(self) -> tuple[int, int]:
        """Where the next good frame begins and its size; with none, where an unfinished one begins and a size ≤ 0."""
        waiting = len(self._buffer)
        at = self._buffer.find(self._grammar.start)
        while at >= 0:
            size = self._grammar.measure(self._buffer, at)
            if size > 0:
                return at, size
            if size == INCOMPLETE:
                waiting = min(waiting, at)
            at = self._buffer.find(self._grammar.start, at + 1)
        return waiting, NO_FRAME

    def _skip_line_end(self) -> None:
        """Drop the CR LF behind a frame, whole or half; some machines send it only with their next answer."""
        while self._line_end and self._buffer:
            mark = self._line_end.find(self._buffer[:1])
            self._line_end = self._line_end[mark + 1 :] if mark >= 0 else b""
            if mark >= 0:
                self._take(1)

    def _skip(self, count: int) -> list[Rejected]:
        """Move bytes to the noise; report each time it is full, at the same places however the stream was chopped."""
        reports: list[Rejected] = []
        while count:
            part = min(count, NOISE_LIMIT - len(self._noise))
            self._noise += self._take(part)
            count -= part
            if len(self._noise) == NOISE_LIMIT:
                reports += self._report()
        return reports

    def _report(self) -> list[Rejected]:
        reports: list[Rejected] = []
        at = self._offset - len(self._noise)
        for length, reason in self._grammar.explain(bytes(self._noise)) if self._noise else ():
            reports.append(Rejected(at, length, reason))
            at += length
        self._noise.clear()
        return reports

    def _take(self, count: int) -> bytes:
        taken, self._buffer = self._buffer[:count], self._buffer[count:]
        self._offset += count
        return taken
