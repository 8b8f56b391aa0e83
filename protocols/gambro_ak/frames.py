"""One frame of a Gambro AK as a value. The layout was observed in public code (grade O); docs/machines/gambro_ak.md.

    STX  44  <sequence>  PAYLOAD  <CRC16, low byte first>  <SUM8>  EOT
    PAYLOAD = <head: 2 bytes>  <LEN: 2 bytes, low first>  <family: 2 bytes>  <command …>

LEN counts the payload and the CRC. CRC16 is XMODEM's, over the payload; SUM8 sums everything from 44 through the CRC.
Between STX and EOT a control byte is sent as ESC and the byte plus 20 (hexadecimal).
"""

from __future__ import annotations

from binascii import crc_hqx
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

STX, EOT, ACK, NAK, ESC = 0x02, 0x04, 0x06, 0x15, 0x1B
MARK: Final = 0x44
HOST_STUFFS: Final = frozenset({STX, EOT, ACK, NAK, ESC})
MACHINE_STUFFS: Final = HOST_STUFFS | {0x01, 0x0E}
_SHIFT: Final = 0x20
# 512 values, a second of the line. The field could say 65533, which no machine was seen to do.
MAX_PAYLOAD: Final = 1024
MIN_PAYLOAD: Final = 7  # head, LEN, family, one byte of command
_CRC_SIZE, _OVERHEAD = 2, 5  # 44, sequence, CRC, SUM8
MAX_FRAME: Final = 2 + 2 * (MAX_PAYLOAD + _OVERHEAD)  # every byte stuffed


class FrameError(ValueError):
    """Bytes that are no frame; the text is the reason."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame whose length, CRC and sum are right. What the payload means depends on the firmware and is not known.

    Attributes:
        sequence: 0…255.
        head: the payload's first two bytes, 00 00 in what was seen.
        family: 46 hexadecimal in frames to and from an AK 96; 42 was seen too.
        body: command and values, at least one byte.
    """

    sequence: int
    head: int
    family: int
    body: bytes

    @classmethod
    def from_bytes(cls, framed: bytes) -> Frame:
        """The frame that is all of `framed`, STX and EOT included; FrameError with the reason if it is none."""
        if len(framed) < 2 or framed[0] != STX or framed[-1] != EOT:
            raise FrameError("not from STX to EOT")
        inside = _unstuffed(framed[1:-1])
        if len(inside) < MIN_PAYLOAD + _OVERHEAD:
            raise FrameError(f"{len(inside)} bytes between STX and EOT: at least {MIN_PAYLOAD + _OVERHEAD}")
        if inside[0] != MARK:
            raise FrameError(f"begins with {inside[0]:02x}, not {MARK:02x}")
        if sum(inside[:-1]) & 0xFF != inside[-1]:
            raise FrameError(f"sum {inside[-1]:02x}, computed {sum(inside[:-1]) & 0xFF:02x}")
        payload, crc = inside[2:-3], int.from_bytes(inside[-3:-1], "little")
        if crc_hqx(payload, 0) != crc:
            raise FrameError(f"CRC {crc:04x}, computed {crc_hqx(payload, 0):04x}")
        if len(payload) > MAX_PAYLOAD:
            raise FrameError(f"payload of {len(payload)} bytes: at most {MAX_PAYLOAD}")
        length = int.from_bytes(payload[2:4], "little")
        if length != len(payload) + _CRC_SIZE:
            raise FrameError(f"LEN {length}, the payload and its CRC are {len(payload) + _CRC_SIZE}")
        head, family = (int.from_bytes(payload[at : at + 2], "little") for at in (0, 4))
        return cls(inside[1], head, family, payload[6:])

    def to_bytes(self, stuffed: AbstractSet[int] = MACHINE_STUFFS) -> bytes:
        """The frame on the line; `stuffed`: which bytes the sender does not send plainly. ValueError when too long.

        For simulators and tests: nothing in the agent writes to such a machine.
        """
        payload = self.head.to_bytes(2, "little")
        payload += (6 + len(self.body) + _CRC_SIZE).to_bytes(2, "little")
        payload += self.family.to_bytes(2, "little") + self.body
        if not MIN_PAYLOAD <= len(payload) <= MAX_PAYLOAD:
            raise ValueError(f"payload of {len(payload)} bytes: {MIN_PAYLOAD}…{MAX_PAYLOAD}")
        inside = bytes([MARK, self.sequence]) + payload + crc_hqx(payload, 0).to_bytes(2, "little")
        inside += bytes([sum(inside) & 0xFF])
        return bytes([STX]) + b"".join(_escaped(byte, stuffed) for byte in inside) + bytes([EOT])


def _escaped(byte: int, stuffed: AbstractSet[int]) -> bytes:
    return bytes([ESC, byte + _SHIFT]) if byte in stuffed else bytes([byte])


def _unstuffed(line: bytes) -> bytes:
    """Bytes as they were before stuffing; FrameError for a control byte or an escape no sender makes."""
    plain = bytearray()
    escaped = False
    for byte in line:
        if escaped:
            if byte - _SHIFT not in MACHINE_STUFFS:
                raise FrameError(f"ESC {byte:02x} stands for nothing")
            plain.append(byte - _SHIFT)
        elif byte in HOST_STUFFS - {ESC}:
            raise FrameError(f"control byte {byte:02x} inside")
        elif byte != ESC:
            plain.append(byte)
        escaped = byte == ESC and not escaped
    if escaped:
        raise FrameError("ends with ESC")
    return bytes(plain)
