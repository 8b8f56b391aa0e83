"""The sliding window: what is admitted, how long to wait, and that its memory is bounded."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinician_api.web.errors import ApiError
from clinician_api.web.rate_limit import SlidingWindow, admit


def test_admits_up_to_the_limit_then_says_how_long() -> None:
    window = SlidingWindow(limit=3, window_s=60)
    assert [window.attempt("a", t) for t in (0.0, 10.0, 20.0)] == [0, 0, 0]
    assert window.attempt("a", 30.0) == pytest.approx(30.0)
    assert window.attempt("b", 30.0) == 0
    assert window.attempt("a", 60.5) == 0


def test_a_refused_attempt_does_not_prolong_the_wait() -> None:
    window = SlidingWindow(limit=1, window_s=10)
    window.attempt("a", 0.0)
    for second in range(1, 10):
        assert window.attempt("a", float(second)) == pytest.approx(10 - second)
    assert window.attempt("a", 10.0) == 0


def test_forgetting_starts_anew() -> None:
    window = SlidingWindow(limit=1, window_s=10)
    window.attempt("a", 0.0)
    window.forget("a")
    window.forget("never seen")
    assert window.attempt("a", 1.0) == 0


def test_a_good_attempt_is_given_back() -> None:
    window = SlidingWindow(limit=2, window_s=10)
    for second in range(8):
        assert window.attempt("a", float(second)) == 0
        window.give_back("a")
    window.give_back("never seen")
    window.attempt("a", 8.0)
    window.attempt("a", 8.5)
    assert window.attempt("a", 9.0) > 0


def test_the_attempt_of_a_moment_is_given_back_and_no_other() -> None:
    window = SlidingWindow(limit=2, window_s=10)
    window.attempt("a", 0.0)
    window.attempt("a", 9.0)
    window.give_back("a", 5.0)
    assert window.attempt("a", 9.5) > 0
    window.attempt("a", 10.5)
    window.give_back("a", 0.0)
    assert window.attempt("a", 10.6) > 0, "that one counted no more, and stands for none that does"
    window.give_back("a", 9.0)
    assert window.attempt("a", 10.7) == 0


def test_a_million_names_do_not_fill_the_memory() -> None:
    window = SlidingWindow(limit=2, window_s=1e9, max_keys=100)
    for number in range(1000):
        window.attempt(f"name-{number}", float(number))
    assert len(window._attempts) <= 100


@given(st.lists(st.floats(0, 1000), min_size=1, max_size=60))
def test_never_more_than_the_limit_within_any_window(times: list[float]) -> None:
    window = SlidingWindow(limit=4, window_s=50)
    admitted = [t for t in sorted(times) if window.attempt("k", t) == 0]
    for start in admitted:
        assert sum(start <= t < start + 50 for t in admitted) <= 4


def test_one_attempt_too_many_is_told_how_long_to_wait() -> None:
    window = SlidingWindow(limit=1, window_s=60)
    admit(window, "a", 0.0)
    admit(window, "b", 0.0)
    with pytest.raises(ApiError) as caught:
        admit(window, "a", 10.5)
    assert (caught.value.status, caught.value.headers["Retry-After"]) == (429, "50")
