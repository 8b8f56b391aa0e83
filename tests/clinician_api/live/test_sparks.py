"""The last ten minutes of a unit's venous pressure: extremes of ten seconds, whatever comes in whatever order."""

from __future__ import annotations

from math import nan

from hypothesis import given
from hypothesis import strategies as st

from clinician_api.live.sparks import SIGNAL, STEP_S, STEPS, Sparks
from clinician_api.live.views import moment
from tests.clinician_api.builders import NOW, SECOND, live_reading

STEP = NOW // (STEP_S * SECOND)


def test_a_step_has_the_least_and_the_greatest_and_a_gap_is_a_gap() -> None:
    sparks = Sparks()
    for at_s, value in ((0, 120.0), (3, 80.0), (7, 150.0), (31, 121.0)):
        sparks.put_reading(live_reading(at_s=at_s, values={SIGNAL: value}))
    view = sparks.view("u-1")
    assert view is not None
    assert view["end"] == moment((STEP + 4) * STEP_S * SECOND)
    assert (view["low"][-4:], view["high"][-4:]) == ([80.0, None, None, 121.0], [150.0, None, None, 121.0])
    assert (len(view["low"]), view["low"][:-4]) == (STEPS, [None] * (STEPS - 4))


def test_without_the_signal_or_a_number_there_is_nothing() -> None:
    sparks = Sparks()
    sparks.put_reading(live_reading(values={"blood_flow": 300.0}))
    sparks.put_reading(live_reading(values={SIGNAL: nan}))
    assert sparks.view("u-1") is None


def test_a_reading_lies_where_its_age_is_counted_from() -> None:
    sparks = Sparks()
    sparks.put_reading(live_reading(at_s=3600, received_us=NOW))
    view = sparks.view("u-1")
    assert view is not None
    assert view["end"] == moment((STEP + 1) * STEP_S * SECOND)


def test_units_that_are_gone_are_forgotten() -> None:
    sparks = Sparks()
    sparks.put("u-1", STEP, 1, 2)
    sparks.put("u-2", STEP, 1, 2)
    sparks.keep({"u-2": ()})
    assert sparks.view("u-1") is None
    assert sparks.view("u-2") is not None


@given(st.lists(st.tuples(st.integers(0, 200), st.floats(0, 500)), min_size=1, max_size=40))
def test_it_is_the_extremes_of_the_steps_that_are_still_shown(put: list[tuple[int, float]]) -> None:
    sparks = Sparks()
    newest = 0
    kept: dict[int, list[float]] = {}
    for step, value in put:
        sparks.put("u", step, value, value)
        newest = max(newest, step)
        kept = {at: values for at, values in kept.items() if at > newest - STEPS}
        if step > newest - STEPS:
            kept.setdefault(step, []).append(value)
    view = sparks.view("u")
    assert view is not None
    steps = range(newest - STEPS + 1, newest + 1)
    wanted_low = [min(kept[step]) if step in kept else None for step in steps]
    wanted_high = [max(kept[step]) if step in kept else None for step in steps]
    assert [None if v is None else round(v, 3) for v in view["low"]] == [
        None if v is None else round(float(f"{v:.7g}"), 3) for v in wanted_low
    ]
    assert [None if v is None else round(v, 3) for v in view["high"]] == [
        None if v is None else round(float(f"{v:.7g}"), 3) for v in wanted_high
    ]
