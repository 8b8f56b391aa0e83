"""One series from the command line: worked values, what it adds, what it refuses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import astuple
from math import isfinite

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.out_of_range import OutOfRange
from homehd.calc.series import MOST_VALUES, cusum, ewma, mann_kendall, theil_sen
from tests.alerts.statistics.montgomery import MONTGOMERY

PRESSURES = (120, 122, 121, 125, 131, 138, 147, 158, 171)
TIMES = tuple(range(0, 90, 10))
NAN = float("nan")


def test_the_clotting_filter() -> None:
    trend = mann_kendall(PRESSURES)
    assert (trend.value, trend.s, trend.direction) == (34, 34, "rising")
    assert trend.p_one_sided == pytest.approx(2.5e-5, abs=5e-7)
    assert theil_sen(TIMES, PRESSURES).value == 0.64375


def test_when_the_line_reaches_a_limit() -> None:
    assert theil_sen((0, 15, 30, 45), (140, 131, 122, 113), 100).limit_at == pytest.approx(200 / 3)
    assert theil_sen((0, 15), (140, 131)).limit_at is None
    assert theil_sen((0, 15), (140, 140), 100).limit_at is None


def test_the_probability_is_of_the_direction_there_is() -> None:
    falling = mann_kendall(PRESSURES[::-1])
    assert (falling.s, falling.direction, falling.p_one_sided) == (-34, "falling", mann_kendall(PRESSURES).p_one_sided)
    assert mann_kendall((1, 2, 1)).direction == "none"


def test_montgomerys_example() -> None:
    found = cusum(10, 1, 0.5, 5, MONTGOMERY)
    assert (found.signal_index, found.n_plus) == (29, 7)
    assert found.value == found.c_plus == pytest.approx(5.28)
    mean = ewma(10, 1, 0.1, 2.7, MONTGOMERY)
    assert mean.signal_index == 29
    assert mean.value > mean.upper and mean.upper + mean.lower == pytest.approx(20)


def test_without_a_signal_it_is_the_end_that_is_told() -> None:
    found = cusum(10, 1, 0.5, 5, MONTGOMERY[:10])
    assert (found.signal_index, found.c_minus) == (None, pytest.approx(max(found.value, found.c_plus), abs=9))
    mean = ewma(10, 1, 0.1, 2.7, MONTGOMERY[:1])
    assert (mean.signal_index, mean.value) == (None, pytest.approx(9.945))
    assert (mean.lower, mean.upper) == (pytest.approx(9.73), pytest.approx(10.27))


def test_the_lower_side_signals_too() -> None:
    found = cusum(10, 1, 0.5, 5, [20 - value for value in MONTGOMERY])
    assert (found.signal_index, found.n_minus, found.value) == (29, 7, found.c_minus)


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda: mann_kendall((1,)), "number of values is 1 – allowed: 2 to 2000"),
        (lambda: mann_kendall((1,) * (MOST_VALUES + 1)), "number of values is 2001"),
        (lambda: mann_kendall((1, NAN)), "value 2 is nan"),
        (lambda: theil_sen((1, 2), (1, 2, 3)), "one for each of 2 times"),
        (lambda: theil_sen((1, 1), (1, 2)), "step from one time to the next is 0"),
        (lambda: theil_sen((2, 1), (1, 2)), "step from one time to the next is -1"),
        (lambda: theil_sen((NAN, 1), (1, 2)), "time 1 is nan"),
        (lambda: theil_sen((1, 2), (1, 2), NAN), "limit is nan"),
        (lambda: cusum(10, 0, 0.5, 5, (1,)), "sigma is 0"),
        (lambda: cusum(NAN, 1, 0.5, 5, (1,)), "mu is nan"),
        (lambda: cusum(10, 1, -0.5, 5, (1,)), "k is -0.5"),
        (lambda: ewma(10, 1, 0, 2.7, (1,)), "lambda is 0"),
        (lambda: ewma(10, 1, 0.1, 2.7, (float("inf"),)), "value 1 is inf"),
    ],
)
def test_what_is_refused(ask: Callable[[], object], said: str) -> None:
    with pytest.raises(OutOfRange) as caught:
        ask()
    assert said in caught.value.line()


ANY = st.lists(st.one_of(st.floats(), st.floats(-1e9, 1e9), st.floats(-10, 10)), max_size=12)
NUMBER = st.one_of(st.floats(), st.floats(0, 5))


@given(times=ANY, values=ANY, four=st.tuples(NUMBER, NUMBER, NUMBER, NUMBER))
def test_any_series_gives_finite_numbers_or_the_error(
    times: list[float], values: list[float], four: tuple[float, float, float, float]
) -> None:
    for ask in (
        lambda: mann_kendall(values), lambda: theil_sen(sorted(times), values[: len(times)], four[0]),
        lambda: cusum(*four, values), lambda: ewma(*four, values),
    ):  # fmt: skip
        try:
            found = ask()
        except OutOfRange:
            continue
        assert all(isfinite(value) for value in astuple(found) if isinstance(value, float)), found  # type: ignore[call-overload]
