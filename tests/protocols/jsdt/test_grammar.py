from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.framing import INCOMPLETE, NO_FRAME
from protocols.jsdt.frames import Frame
from protocols.jsdt.grammar import JsdtGrammar
from protocols.jsdt.profiles import PROFILES, get_profile

V1 = JsdtGrammar(get_profile("v1"))


def test_a_good_frame_is_measured_without_its_line_end(published: dict[str, bytes]) -> None:
    good = published["v1"]
    assert V1.measure(good, 0) == len(good) - 2 == V1.limit
    assert V1.measure(b"xx" + good, 2) == V1.limit


def test_every_beginning_of_a_good_frame_is_waited_for(published: dict[str, bytes]) -> None:
    good = published["v1"]
    assert {V1.measure(good[:size], 0) for size in range(1, V1.limit)} == {INCOMPLETE}


@pytest.mark.parametrize("start", [b"KK", b"K\r", b"Kx", b"K19", b"K1081", b"K2143", b"k1082"])
def test_another_beginning_is_not_waited_for(start: bytes) -> None:
    assert V1.measure(start, 0) == NO_FRAME


def test_a_right_checksum_alone_is_not_enough(published: dict[str, bytes]) -> None:
    data = Frame.from_bytes(published["v1"]).data.replace(b"E", b"X")
    assert V1.measure(Frame(1, data).to_bytes(), 0) == NO_FRAME


def reasons(noise: bytes) -> list[str]:
    explained = V1.explain(noise)
    assert sum(length for length, _ in explained) == len(noise)
    return [reason for _, reason in explained]


def test_each_broken_frame_is_reported_by_itself(published: dict[str, bytes]) -> None:
    good = published["v1"]
    corrupt = good.replace(b"D00300", b"D00400")
    assert V1.explain(b"~~" + corrupt + good[:40] + good[:20]) == [
        (2, "no frame header"),
        (91, "checksum 3b, computed 3c"),
        (40, "ends after 40 of 89 bytes"),
        (20, "ends after 20 of 89 bytes"),
    ]


def test_a_frame_of_another_profile_is_named_as_such(published: dict[str, bytes]) -> None:
    other = published["nikkiso-v2"]
    misfit = "right checksum, but profile v1 expects a at DATA offset 66, found L"
    assert V1.explain(other + other + b"?") == [(len(other), misfit), (len(other), misfit), (1, "no frame header")]
    assert V1.explain(other[:-2]) == [(len(other) - 2, misfit)]


def test_what_looks_like_a_frame_inside_another_is_not_reported_by_itself() -> None:
    other = Frame(1, b"zzK00000bzz").to_bytes()
    assert V1.explain(other) == [(len(other), "right checksum, but profile v1 expects A at DATA offset 0, found z")]


def test_other_reasons(published: dict[str, bytes]) -> None:
    assert reasons(b"K\r\n") == ["the host's own poll, echoed"]
    assert reasons(b"K") == ["no frame header"]
    assert reasons(published["nikkiso-v2"][:50]) == ["header with LEN 143, profile v1 has 082"]
    assert reasons(published["v1"].replace(b"K1082", b"K1083")) == ["header with LEN 083, profile v1 has 082"]
    assert reasons(published["v1"].replace(b"h03b", b"h0~~")) == ["checksum is not two lower-case hex digits"]


@pytest.mark.parametrize("profile", sorted(PROFILES))
@given(noise=st.lists(st.binary(max_size=4) | st.sampled_from([b"K1082", b"K00000b", b"K", b"00115"])).map(b"".join))
def test_any_noise_is_explained_in_full(profile: str, noise: bytes) -> None:
    explained = JsdtGrammar(PROFILES[profile]).explain(noise or b"\x00")
    assert sum(length for length, _ in explained) == len(noise or b"\x00")
    assert all(length > 0 and reason.isprintable() and reason for length, reason in explained)
