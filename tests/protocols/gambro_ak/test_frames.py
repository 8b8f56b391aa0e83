"""The published frame both ways, and nothing that is damaged is believed."""

from __future__ import annotations

from binascii import crc_hqx

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.gambro_ak.frames import (
    ACK,
    EOT,
    ESC,
    HOST_STUFFS,
    MACHINE_STUFFS,
    MAX_FRAME,
    MAX_PAYLOAD,
    NAK,
    STX,
    Frame,
    FrameError,
)

# Published: the request with which a host sets an AK 96 going. It is read here and sent by nobody.
RESET_REQUEST = bytes.fromhex("02 44 00 00 00 0E 00 46 00 01 01 FF 00 01 00 8C D8 FE 04")
FRAMES = st.builds(
    Frame, st.integers(0, 255), st.integers(0, 65535), st.integers(0, 65535), st.binary(min_size=1, max_size=60)
)


def test_the_published_frame_both_ways() -> None:
    frame = Frame.from_bytes(RESET_REQUEST)
    assert frame == Frame(sequence=0, head=0, family=0x46, body=bytes.fromhex("01 01 FF 00 01 00"))
    assert frame.to_bytes(HOST_STUFFS) == RESET_REQUEST
    assert Frame.from_bytes(frame.to_bytes(MACHINE_STUFFS)) == frame


def test_the_check_is_xmodems() -> None:
    assert crc_hqx(b"123456789", 0) == 0x31C3, "the published check value of CRC-16/XMODEM"


@given(frame=FRAMES, stuffed=st.sampled_from([HOST_STUFFS, MACHINE_STUFFS]))
def test_decode_of_encode_is_identity(frame: Frame, stuffed: frozenset[int]) -> None:
    line = frame.to_bytes(stuffed)
    assert Frame.from_bytes(line) == frame
    assert line[0] == STX and line[-1] == EOT
    assert not {STX, EOT, ACK, NAK} & set(line[1:-1]), "no control byte stands inside"
    assert ESC not in stuffed - HOST_STUFFS
    assert len(line) <= MAX_FRAME


def test_no_single_wrong_byte_is_believed() -> None:
    for good in (RESET_REQUEST, Frame(5, 0, 0x42, bytes(range(40))).to_bytes()):
        truth = Frame.from_bytes(good)
        for at in range(len(good)):
            for byte in set(range(256)) - {good[at]}:
                damaged = good[:at] + bytes([byte]) + good[at + 1 :]
                try:
                    seen = Frame.from_bytes(damaged)
                except FrameError:
                    continue
                assert seen == truth, f"byte {at} as {byte:#04x}"


@given(frame=FRAMES, data=st.data())
def test_no_lost_byte_is_believed(frame: Frame, data: st.DataObject) -> None:
    line = frame.to_bytes()
    at = data.draw(st.integers(1, len(line) - 2))
    with pytest.raises(FrameError):
        Frame.from_bytes(line[:at] + line[at + 1 :])


@given(st.binary(max_size=80))
def test_any_bytes_give_a_frame_or_the_one_error(line: bytes) -> None:
    with pytest.raises(FrameError):
        Frame.from_bytes(bytes([STX]) + line + bytes([EOT]))


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("", "STX to EOT"),
        ("02", "STX to EOT"),
        ("02 04", "0 bytes"),
        ("02 44 00 04", "2 bytes"),
        ("02 44 00 00 00 0E 00 46 00 01 01 FF 00 01 00 8C D8 FF 04", "sum ff, computed fe"),
        ("02 44 00 00 00 0E 00 46 00 01 01 FF 00 01 00 8D D8 FF 04", "CRC d88d, computed d88c"),
        ("02 45 00 00 00 0E 00 46 00 01 01 FF 00 01 00 8C D8 FF 04", "begins with 45"),
        ("02 44 00 00 06 0E 00 46 00 01 01 FF 00 01 00 8C D8 FE 04", "control byte 06"),
        ("02 44 00 00 1B 55 0E 00 46 00 01 01 FF 00 01 00 8C D8 FE 04", "ESC 55"),
        ("02 44 00 00 00 0E 00 46 00 01 01 FF 00 01 00 8C D8 FE 1B 04", "ends with ESC"),
    ],
)
def test_what_is_wrong_is_said(line: str, why: str) -> None:
    with pytest.raises(FrameError, match=why):
        Frame.from_bytes(bytes.fromhex(line))


def test_a_length_that_is_not_the_payloads_is_refused() -> None:
    payload = bytes.fromhex("00 00 0F 00 46 00 01 03 FF 00 03 00")
    inside = b"\x44\x00" + payload + crc_hqx(payload, 0).to_bytes(2, "little")
    with pytest.raises(FrameError, match="LEN 15, the payload and its CRC are 14"):
        Frame.from_bytes(_stuffed(inside + bytes([sum(inside) & 0xFF])))


def test_the_longest_frame() -> None:
    longest = Frame(1, 0, 0x46, b"\x02" * (MAX_PAYLOAD - 6))
    assert Frame.from_bytes(longest.to_bytes()) == longest
    with pytest.raises(ValueError, match="1025"):
        Frame(1, 0, 0x46, b"\x02" * (MAX_PAYLOAD - 5)).to_bytes()
    with pytest.raises(ValueError, match="payload of 6 bytes"):
        Frame(1, 0, 0x46, b"").to_bytes()
    payload = b"\x00\x00" + (1032).to_bytes(2, "little") + b"\x46\x00" + b"x" * 1024
    inside = b"\x44\x00" + payload + crc_hqx(payload, 0).to_bytes(2, "little")
    with pytest.raises(FrameError, match="payload of 1030 bytes: at most 1024"):
        Frame.from_bytes(_stuffed(inside + bytes([sum(inside) & 0xFF])))


def _stuffed(inside: bytes) -> bytes:
    line = b"".join(bytes([ESC, byte + 0x20]) if byte in HOST_STUFFS else bytes([byte]) for byte in inside)
    return bytes([STX]) + line + bytes([EOT])
