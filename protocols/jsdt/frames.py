"""One frame as a value, and the grammar that finds frames of one profile in a stream.

    machine -> host :  'K' <version: 1 digit> <LEN: 3 digits> <DATA: LEN characters> <SUM: 2 hex, lower case> CR LF

SUM is the sum of every byte from 'K' through the last of DATA, modulo 256. CR LF may be missing or late.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

# The host's request, and the only thing ever sent: versions 3 and 4 of the protocol permit writes, we do not.
POLL: Final = b"K\r\n"

HEADER_SIZE: Final = 5
SUM_SIZE: Final = 2
MAX_DATA: Final = 999
_HEADER: Final = re.compile(rb"K([0-9])([0-9]{3})")
_SUM: Final = re.compile(rb"[0-9a-f]{2}")


class FrameError(ValueError):
    """Bytes that do not begin with a frame; the text is the reason."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame whose length and checksum are right. What DATA means is the profile's affair."""

    version: int
    data: bytes

    @classmethod
    def from_bytes(cls, stream: bytes) -> Frame:
        """The frame `stream` begins with, whatever follows it; FrameError with the reason if there is none."""
        header = _HEADER.match(stream)
        if header is None:
            raise FrameError("no frame header")
        end = HEADER_SIZE + int(header[2])
        claimed = stream[end : end + SUM_SIZE]
        if len(claimed) < SUM_SIZE:
            raise FrameError(f"ends after {len(stream)} of {end + SUM_SIZE} bytes")
        if not _SUM.fullmatch(claimed):
            raise FrameError("checksum is not two lower-case hex digits")
        if int(claimed, 16) != checksum(stream[:end]):
            raise FrameError(f"checksum {claimed.decode('ascii')}, computed {checksum(stream[:end]):02x}")
        return cls(int(header[1]), stream[HEADER_SIZE:end])

    def to_bytes(self) -> bytes:
        """The frame as the machine sends it, CR LF included. ValueError when it cannot be said in the header."""
        if not 0 <= self.version <= 9 or len(self.data) > MAX_DATA:
            raise ValueError(f"version {self.version} with {len(self.data)} bytes does not fit the header")
        body = b"K%d%03d" % (self.version, len(self.data)) + self.data
        return body + b"%02x\r\n" % checksum(body)

    @property
    def size(self) -> int:
        """Bytes from 'K' through SUM, without CR LF."""
        return HEADER_SIZE + len(self.data) + SUM_SIZE


def checksum(body: bytes) -> int:
    """Sum of the bytes modulo 256. It cannot see two bytes changed by opposite amounts, nor two that swapped places."""
    return sum(body) & 0xFF
