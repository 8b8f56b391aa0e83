from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from alerts.rota.acceptance import is_accepted
from telemetry.rota import Acceptance

YES = Acceptance(1, 1, 100, 200)


def test_a_word_covers_what_it_was_about_and_no_more() -> None:
    assert is_accepted([YES], 1, 100, 200)
    assert is_accepted([YES], 1, 120, 130)  # somebody took over the rest
    assert not is_accepted([YES], 1, 100, 201)  # it grew
    assert not is_accepted([YES], 1, 99, 200)
    assert not is_accepted([YES], 2, 100, 200)
    assert not is_accepted([], 1, 100, 200)


def test_two_words_that_meet_cover_both_and_a_hole_between_does_not() -> None:
    assert is_accepted([YES, Acceptance(2, 1, 200, 300)], 1, 100, 300)
    assert not is_accepted([YES, Acceptance(2, 1, 201, 300)], 1, 100, 300)


def test_the_later_word_counts() -> None:
    no = Acceptance(2, 1, 150, 160, accepted=False)
    assert not is_accepted([YES, no], 1, 100, 200)
    assert is_accepted([YES, no], 1, 160, 200)
    assert is_accepted([no, YES, Acceptance(3, 1, 100, 200)], 1, 100, 200)


_WORDS = st.lists(st.tuples(st.integers(1, 2), st.integers(0, 19), st.integers(1, 20), st.booleans()), max_size=8)


@given(_WORDS, st.integers(0, 19), st.integers(1, 20))
def test_it_is_what_asking_moment_by_moment_gives(
    words: list[tuple[int, int, int, bool]], start: int, length: int
) -> None:
    said = [Acceptance(n, user, a, a + more, accepted=yes) for n, (user, a, more, yes) in enumerate(words)]

    def at(moment: int) -> bool:
        about = [one for one in said if one.user_id == 1 and one.start_us <= moment < one.end_us]
        return bool(about) and about[-1].accepted

    assert is_accepted(said, 1, start, start + length) == all(at(moment) for moment in range(start, start + length))
