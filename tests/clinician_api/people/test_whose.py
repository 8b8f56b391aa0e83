"""Whose a span of a unit is, for who sees the unit and for who does not."""

from __future__ import annotations

import pytest

from clinician_api.people.whose import Seen, Span, seen
from store.tenures import Past, Tenure

ANN, BOB = 1, 2
# Nobody until 100; Ann until 200; nobody until 300; Bob since.
PAST = Past(7, (Tenure(ANN, 1, 100, 200, stands=False), Tenure(BOB, 1, 300, None, stands=True)))


@pytest.mark.parametrize(
    ("home", "whom", "hidden", "of_nobody"),
    [
        (True, {ANN, BOB}, (), True),
        (True, {BOB}, ((100, 200),), True),
        (False, {ANN}, ((0, 100), (200, 300), (300, 400)), False),
        (False, set(), ((0, 100), (100, 200), (200, 300), (300, 400)), False),
    ],
)
def test_of_a_span_that_is_shown_which_is_of_whom_is_seen(
    home: bool, whom: set[int], hidden: tuple[Span, ...], of_nobody: bool
) -> None:
    found = seen(PAST, 0, 400, home=home, sees=lambda tenure: tenure.patient_id in whom)
    assert found == Seen(hidden, tuple(sorted(whom)), of_nobody)
    for time_us in (0, 99, 100, 199, 200, 299, 300, 399):
        assert found.covers(time_us) is not any(start <= time_us < end for start, end in hidden)


@pytest.mark.parametrize(
    ("start", "end", "patients", "of_nobody"),
    [(0, 100, (), True), (100, 200, (ANN,), False), (150, 301, (ANN, BOB), True), (300, 900, (BOB,), False)],
)
def test_whose_it_is_goes_by_the_span(start: int, end: int, patients: tuple[int, ...], of_nobody: bool) -> None:
    assert seen(PAST, start, end, home=True, sees=lambda _: True) == Seen((), patients, of_nobody)


def test_who_comes_back_is_the_same() -> None:
    past = Past(7, (Tenure(ANN, 1, 0, 10, False), Tenure(BOB, 1, 10, 20, False), Tenure(ANN, 1, 20, None, True)))
    found = seen(past, 0, 30, home=True, sees=lambda tenure: tenure.patient_id == ANN)
    assert found == Seen(((10, 20),), (ANN,), of_nobody=False)
