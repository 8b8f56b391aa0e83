from __future__ import annotations

from registrar.attempts import LIMIT, MAX_ADDRESSES, WINDOW_S, Attempts, in_words, network


def test_ten_wrong_ones_in_ten_minutes() -> None:
    attempts = Attempts()
    for n in range(LIMIT):
        assert attempts.wait_s("192.0.2.1", n) == 0
        attempts.failed("192.0.2.1", n)
    assert attempts.wait_s("192.0.2.1", 100) == WINDOW_S - 100
    assert attempts.wait_s("192.0.2.2", 100) == 0
    assert attempts.wait_s("192.0.2.1", WINDOW_S) == 0
    attempts.failed("192.0.2.1", WINDOW_S)
    assert attempts.wait_s("192.0.2.1", WINDOW_S + 0.5) > 0


def test_memory_is_bounded() -> None:
    attempts = Attempts(limit=1)
    for n in range(MAX_ADDRESSES + 1):
        attempts.failed(f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}", 0)
    assert attempts.wait_s("10.0.0.0", 1) == 0, "the one longest ago is forgotten"
    assert attempts.wait_s("10.0.0.1", 1) > 0
    assert len(attempts._failed) == MAX_ADDRESSES


def test_a_subscriber_of_ipv6_is_one() -> None:
    assert network("2001:db8:1:2::1") == network("2001:db8:1:2:ffff::9") != network("2001:db8:1:3::1")
    assert network("::ffff:192.0.2.1") == "192.0.2.1"
    assert network("") == network("nonsense") == "unknown"


def test_how_long_in_words_is_never_too_short() -> None:
    said = [in_words(seconds) for seconds in (0.1, 12.2, 59.5, 60, 61, 600)]
    assert said == ["1 s", "13 s", "a minute", "a minute", "2 minutes", "10 minutes"]
