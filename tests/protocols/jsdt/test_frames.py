from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.jsdt.frames import MAX_DATA, POLL, Frame, FrameError, checksum


def test_the_poll_is_three_bytes() -> None:
    assert POLL == b"\x4b\x0d\x0a"


@pytest.mark.parametrize(("name", "version", "length"), [("v1", 1, 82), ("v1-alarm", 1, 82), ("nikkiso-v2", 2, 143)])
def test_published_frames_round_trip(published: dict[str, bytes], name: str, version: int, length: int) -> None:
    frame = Frame.from_bytes(published[name])
    assert (frame.version, len(frame.data)) == (version, length)
    assert frame.data.startswith(b"A02.50B01.20")
    assert frame.size == len(published[name]) - 2
    assert frame.to_bytes() == published[name]
    assert Frame.from_bytes(published[name][:-2]) == frame, "CR LF is optional"


@given(version=st.integers(0, 9), data=st.binary(max_size=MAX_DATA), behind=st.binary(max_size=20))
def test_any_data_survive_the_way_there_and_back(version: int, data: bytes, behind: bytes) -> None:
    frame = Frame(version, data)
    assert Frame.from_bytes(frame.to_bytes() + behind) == frame


@given(stream=st.binary(max_size=60) | st.binary(max_size=60).map(lambda tail: b"K1004" + tail))
def test_any_bytes_are_a_frame_or_a_frame_error(stream: bytes) -> None:
    try:
        frame = Frame.from_bytes(stream)
    except FrameError:
        return
    assert stream.startswith(frame.to_bytes()[:-2])


@pytest.mark.parametrize(
    ("stream", "reason"),
    [
        (b"", "no frame header"),
        (b"K\r\n", "no frame header"),
        (b"k1001A8d", "no frame header"),
        (b"K 001A", "no frame header"),
        (b"K1003AB", "ends after 7 of 10 bytes"),
        (b"K1001Azz", "checksum is not two lower-case hex digits"),
        (b"K1001A00", "checksum 00, computed 4e"),
    ],
)
def test_what_is_wrong_is_said(stream: bytes, reason: str) -> None:
    with pytest.raises(FrameError, match=reason):
        Frame.from_bytes(stream)


def test_the_checksum_is_lower_case_only(published: dict[str, bytes]) -> None:
    upper = published["v1"].replace(b"3b\r\n", b"3B\r\n")
    with pytest.raises(FrameError, match="lower-case"):
        Frame.from_bytes(upper)


@pytest.mark.parametrize(("version", "size"), [(10, 1), (-1, 1), (1, MAX_DATA + 1)])
def test_a_frame_that_does_not_fit_the_header_is_refused(version: int, size: int) -> None:
    with pytest.raises(ValueError, match="does not fit"):
        Frame(version, b"x" * size).to_bytes()


def test_what_the_sum_cannot_see() -> None:
    # Stated in docs/machines/jsdt.md: opposite changes and swapped bytes keep the sum.
    assert checksum(b"K1006A02.50") == checksum(b"K1006A20.50") == checksum(b"K1006A11.50")
    assert checksum(b"K1006A02.50") != checksum(b"K1006A02.51")
