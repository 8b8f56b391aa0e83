"""Parts of a list: all of it once, whatever is put in or taken away between two questions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinician_api.web import cursors
from clinician_api.web.errors import ApiError

WORDS = st.lists(st.tuples(st.integers(-(2**62), 2**62), st.text(max_size=5)), max_size=30, unique=True)


@given(WORDS, st.integers(1, 7))
def test_the_parts_are_the_whole_in_order(items: list[tuple[int, str]], limit: int) -> None:
    found: list[tuple[int, str]] = []
    after, more = None, True
    while more:
        some, cursor = cursors.part(items, lambda item: item, after, limit)
        assert len(some) <= limit and (len(some) == limit or cursor is None)
        found += some
        assert len(found) <= len(items), "nothing comes twice"
        after, more = cursors.read(cursor, int, str), cursor is not None
    assert found == sorted(items)


def test_what_goes_meanwhile_makes_nothing_else_be_skipped() -> None:
    first, cursor = cursors.part([1, 2, 3, 4, 5], lambda n: (n,), None, 2)
    rest, end = cursors.part([3, 4, 5], lambda n: (n,), cursors.read(cursor, int), 9)
    assert (first, rest, end) == ([1, 2], [3, 4, 5], None)


@pytest.mark.parametrize(
    "cursor",
    [
        "x", "0000", "bnVsbA", cursors.written(()), cursors.written((1,)), cursors.written(("1", "2")),
        cursors.written((True, "2")), cursors.written((2**63, "2")), "W" * 200, "[]", "é",
    ],
)  # fmt: skip
def test_no_cursor_of_ours(cursor: str) -> None:
    with pytest.raises(ApiError) as caught:
        cursors.read(cursor, int, str)
    assert (caught.value.status, caught.value.where) == (422, "query.cursor")
