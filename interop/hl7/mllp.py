"""MLLP, the envelope of HL7 on TCP: `0B` block `1C 0D`. What comes from the other side is a stranger's."""

from __future__ import annotations

from typing import Final

START: Final = b"\x0b"
END: Final = b"\x1c\r"
# An acknowledgement with all its ERR segments is a few hundred bytes.
LONGEST_ANSWER: Final = 64 * 1024


class TooMuch(Exception):
    """The other side said more than an answer can be."""


def wrap(message: str) -> bytes:
    """A message in its envelope. ValueError when it holds a byte of the envelope's own."""
    block = message.encode("utf-8")
    if START in block or END[:1] in block:
        raise ValueError("a message must not hold 0B or 1C")
    return START + block + END


class Unwrapper:
    """Bytes as they come to blocks; what stands outside a block, and a block that begins anew, is passed over."""

    def __init__(self) -> None:
        self._kept = b""
        self._taken = 0

    def receive(self, data: bytes) -> list[bytes]:
        """The blocks that are whole now. TooMuch after LONGEST_ANSWER bytes in all, whatever they were."""
        self._taken += len(data)
        if self._taken > LONGEST_ANSWER:
            raise TooMuch
        self._kept += data
        blocks = []
        while (end := self._kept.find(END)) >= 0:
            start = self._kept.rfind(START, 0, end)
            if start >= 0:
                blocks.append(self._kept[start + 1 : end])
            self._kept = self._kept[end + len(END) :]
        return blocks
