"""Which readings stay: extremes, ends of phases, words that changed; and where thinning goes on."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from edge_agent.thinning import UNTHINNED, keep, levels
from telemetry.messages import Reading
from telemetry.signals import BY_NAME

PRESSURE, FLOW = BY_NAME["venous_pressure"].number, BY_NAME["blood_flow"].number
STATE = BY_NAME["blood_pump_running"].number


def readings(values: Sequence[dict[int, float]], phases: Sequence[int] | None = None) -> list[Reading]:
    return [Reading(i, i, i, 1, 3 if phases is None else phases[i], v) for i, v in enumerate(values)]


def test_the_ends_and_every_peak_and_dip_stay_and_nothing_else() -> None:
    pressures = [140.0, 141, 139, 180, 142, 90, 140, 141, 140, 140]
    assert keep(readings([{PRESSURE: p, FLOW: 200.0} for p in pressures])) == {0, 3, 5, 9}


def test_of_a_plateau_one_reading_stays() -> None:
    assert keep(readings([{PRESSURE: p} for p in (1.0, 9, 9, 9, 5, 5, 1)])) == {0, 1, 6}


def test_a_value_already_shown_by_another_kept_reading_needs_none_of_its_own() -> None:
    assert keep(readings([{PRESSURE: p, FLOW: f} for p, f in [(5, 5), (9, 1), (9, 5), (5, 1), (5, 5)]])) == {0, 1, 4}


def test_the_first_and_the_last_reading_of_each_phase_stay() -> None:
    assert keep(readings([{PRESSURE: 1.0}] * 9, [3, 3, 3, 4, 4, 4, 4, 5, 5])) == {0, 2, 3, 6, 7, 8}


def test_of_a_state_each_value_stays_not_only_the_least_and_the_greatest() -> None:
    assert keep(readings([{STATE: v} for v in (0.0, 0, 1, 2, 1, 2, 0, 0)])) == {0, 2, 3, 7}


def test_the_last_word_of_each_extra_stays() -> None:
    rows = readings([{}] * 6)
    for i, extras in ((1, {"a": "1"}), (2, {"a": "2", "b": "1"}), (3, {"a": "3"})):
        rows[i] = Reading(i, i, i, 1, 3, {}, 0, extras)
    assert keep(rows) == {0, 2, 3, 5}


def test_what_is_not_a_number_hides_no_extreme() -> None:
    nan = float("nan")
    assert keep(readings([{PRESSURE: p} for p in (nan, 7.0, nan, 3.0, 5.0, nan)])) == {0, 1, 3, 5}


def test_nothing_of_nothing() -> None:
    assert keep([]) == set()


numbers = st.dictionaries(
    st.sampled_from([0, 2, 3, 4, PRESSURE, STATE]), st.floats(-500, 500, allow_nan=False, width=32), max_size=5
)


@given(st.lists(st.tuples(numbers, st.sampled_from([3, 4])), max_size=40))
def test_the_curve_of_what_stays_has_the_extremes_of_the_curve_of_all(rows: list[tuple[dict[int, float], int]]) -> None:
    all_of_them = readings([values for values, _ in rows], [phase for _, phase in rows])
    kept = sorted(keep(all_of_them))
    for number in {n for values, _ in rows for n in values}:
        column = [r.values[number] for r in all_of_them if number in r.values]
        left = [all_of_them[i].values[number] for i in kept if number in all_of_them[i].values]
        assert (min(left), max(left)) == (min(column), max(column))
    # Thinning what was thinned takes no more at the same step, so a stretch may be met twice.
    assert len(keep([all_of_them[i] for i in kept])) <= len(kept)


def reached(*upto: int) -> tuple[int, ...]:
    return (*upto, *UNTHINNED[len(upto) :])


def first_of(*upto: int, oldest: int = 1, newest: int = 1601) -> tuple[int, int] | None:
    return next(levels(reached(*upto), oldest, newest), None)


def test_the_old_part_is_thinned_once_before_any_of_it_is_thinned_again() -> None:
    assert first_of() == (0, 1)
    assert first_of(500) == (0, 501)
    assert first_of(1201) == (1, 1), "the newest quarter is left alone"
    assert first_of(1201, 1201) == (2, 1)
    assert first_of(1201, 700, 100) == (1, 701), "each step in its turn"


def test_then_the_newest_quarter_has_its_turn_but_not_the_newest_sixteenth() -> None:
    assert first_of(*[1201] * 4) == (0, 1202)
    assert first_of(1501, *[1201] * 3) == (1, 1202)
    assert first_of(*[1501] * 4) is None, "now the oldest have to go"


def test_where_one_step_has_to_wait_the_next_is_tried() -> None:
    assert list(levels(reached(500), 1, 1601)) == [(0, 501), (1, 1)]


def test_where_time_goes_on_thinning_goes_on() -> None:
    done = [1501] * 4
    assert first_of(*done, newest=2500) == (0, 1502)
    assert first_of(*done, oldest=1600, newest=5000) == (0, 1600), "not below the oldest there is"
