"""Any input whatever: a finite number, or the error that names it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from math import isfinite

import pytest
from hypothesis import strategies as st

from alerts.adequacy.ranges import RANGES
from alerts.out_of_range import OutOfRange


def anything(name: str) -> st.SearchStrategy[float]:
    """Mostly within the range of `name`, its edges often, and anything a float can be."""
    allowed = RANGES[name]
    edges = st.sampled_from([allowed.low, allowed.high, 0.0, -0.0, -1.0, float("nan"), float("inf"), 5e-324, 1.8e308])
    return st.one_of(within(name), within(name), edges, st.floats())


def within(name: str) -> st.SearchStrategy[float]:
    """A value of the range."""
    return st.floats(RANGES[name].low, RANGES[name].high)


def number_or_error(ask: Callable[[], object]) -> object | None:
    """What `ask` gives, checked to be finite throughout; None when it raises the error."""
    try:
        answer = ask()
    except OutOfRange:
        return None
    numbers = [getattr(answer, field.name) for field in fields(answer)] if is_dataclass(answer) else [answer]
    assert all(isfinite(number) for number in numbers if isinstance(number, float)), answer
    return answer


def refused(ask: Callable[[], object], what: str, allowed: str) -> None:
    """`ask` raises, names `what`, and says what would have been right."""
    with pytest.raises(OutOfRange) as caught:
        ask()
    assert what in caught.value.what
    assert allowed in caught.value.allowed
    assert caught.value.exit_code == 1
