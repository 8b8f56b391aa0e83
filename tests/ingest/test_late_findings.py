"""What of a second look is news: not what is recorded, and nothing that does not rest on late rows."""

from __future__ import annotations

import pytest

from ingest.late_findings import unknown
from store.late_passes import Known
from tests.evaluation.told import HIGH_FROM_100, one


@pytest.mark.parametrize(
    ("late", "news"), [([100], True), ([300], True), ([99], False), ([301], False), ([99, 200, 301], True), ([], False)]
)
def test_only_what_rests_on_a_late_row_is_news(late: list[int], news: bool) -> None:
    assert bool(unknown([one(*HIGH_FROM_100)], [], late)) is news


@pytest.mark.parametrize(
    ("known", "news"),
    [
        (Known("R13", 300, None), False),
        (Known("R13", 301, None), True),
        (Known("R13", 20, 99), True),
        (Known("R13", 20, 100), False),
        (Known("R14", 100, 300), True),
    ],
)
def test_what_is_recorded_is_not_recorded_again(known: Known, news: bool) -> None:
    assert bool(unknown([one(*HIGH_FROM_100)], [known], [200])) is news
