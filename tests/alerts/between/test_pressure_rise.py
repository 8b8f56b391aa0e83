"""Beside its cases (tests/rules/between/R05.toml): what is not known never makes a state that is not certain."""

from __future__ import annotations

import random
from itertools import product

import pytest

from alerts.between.pressure_rise import PressureRiseLimits, judge
from telemetry.alarms import FindingState
from telemetry.past import Past
from tests.alerts.between.building import past, treated

LIMITS = PressureRiseLimits(rise_mmhg=10, window=6, on=4, off=2)


def evenings(rises: list[bool | None]) -> Past:
    after = {True: 160.0, False: 135.0, None: None}
    return past(*(treated(48 * i, systolic_before=140.0, systolic_after=after[rise]) for i, rise in enumerate(rises)))


def state(rises: list[bool | None]) -> FindingState:
    return judge(LIMITS, evenings(rises), len(rises) - 1).state


def test_whatever_the_unknown_were_a_state_that_is_told_is_theirs() -> None:
    dice = random.Random(4)
    told = 0
    for _ in range(300):
        rises = [dice.choice([True, False, None, True, False]) for _ in range(9)]
        found = state(rises)
        if found is FindingState.NOT_EVALUATED:
            continue
        told += 1
        gaps = [i for i in range(9) if rises[i] is None]
        for values in product([True, False], repeat=len(gaps)):
            filled = list(rises)
            for i, value in zip(gaps, values, strict=True):
                filled[i] = value
            assert state(filled) is found, (rises, filled)
    assert told > 100


def test_it_remembers_nothing_and_still_goes_on_at_three() -> None:
    rises: list[bool | None] = [True] * 4 + [False] * 2 + [True, False, True]
    assert [state(rises[:n]) for n in (6, 7, 8, 9)] == [FindingState.ACTIVE] * 4
    assert state([False, False, *rises[6:], False]) is FindingState.NORMAL


def test_exactly_ten_is_not_more() -> None:
    ones = (treated(48 * i, systolic_before=140.0, systolic_after=150.0 + (i > 1) * 0.01) for i in range(6))
    answer = judge(LIMITS, past(*ones), 5)
    assert (answer.inputs["above"], answer.inputs["rise_mmhg"]) == (4, 10.01)


@pytest.mark.parametrize("counts", [(6, 2, 2), (6, 4, 4), (3, 4, 2), (30, 4, 2)])
def test_limits_that_cannot_be(counts: tuple[float, float, float]) -> None:
    window, on, off = counts
    with pytest.raises(ValueError, match="on:"):
        PressureRiseLimits(rise_mmhg=10, window=window, on=on, off=off).check()
