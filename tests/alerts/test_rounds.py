"""Samples of one call cut into rounds."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from alerts.engine import Samples
from alerts.rounds import as_indexes, portions, row_numbers
from tests.alerts.building import alarm, one, together


def order(samples: Samples) -> list[list[tuple[int, int]]]:
    return [
        list(zip(samples.row[p.samples].tolist(), samples.time_us[p.samples].tolist(), strict=True))
        for p in portions(samples)
    ]


@given(st.lists(st.integers(0, 4), min_size=1, max_size=40))
def test_the_kth_sample_of_every_unit_is_in_round_k(rows: list[int]) -> None:
    count = dict.fromkeys(range(5), 0)
    parts = []
    for row in rows:
        parts.append(one(row, count[row]))
        count[row] += 1
    rounds = order(together(parts))
    for number, chosen in enumerate(rounds):
        assert [time for _, time in chosen] == [number * 1_000_000] * len(chosen)
        assert [row for row, _ in chosen] == [row for row in range(5) if count[row] > number]
    assert sum(map(len, rounds)) == len(rows)


def test_one_sample_each_is_one_round_without_sorting() -> None:
    [portion] = portions(together([one(row, 0) for row in (2, 5, 7)]))
    assert portion.samples == slice(0, 3)


def test_events_go_before_the_first_sample_of_their_time_or_later() -> None:
    samples = together([one(3, t) for t in (0, 1, 2)] + [one(1, t) for t in (0, 1)])
    early, middle, late = alarm(-1, "UF_LO"), alarm(1, "UF_HI"), alarm(2.5, "UF_NEG")
    with_events = replace(samples, events=[(3, late), (3, early), (1, middle), (9, middle)])
    placed = [list(p.events) for p in portions(with_events)]
    assert placed == [[(3, early)], [(1, middle)], [], [(3, late), (9, middle)]]


def test_a_sample_out_of_order_does_not_push_an_event_behind_a_newer_one() -> None:
    leak = alarm(5, "BLOOD_LEAK")
    placed = [list(p.events) for p in portions(replace(together([one(0, 5), one(0, 4)]), events=[(0, leak)]))]
    assert placed == [[(0, leak)], []]


def test_events_without_samples() -> None:
    one_sample = one(0, 0)
    columns = {f.name: getattr(one_sample, f.name)[:0] for f in fields(Samples) if f.name != "events"}
    none = Samples(**columns, events=[(0, alarm(0, "X"))])
    [portion] = portions(none)
    assert len(none.row[portion.samples]) == 0 and len(portion.events) == 1


def test_rows_side_by_side_are_a_slice() -> None:
    assert as_indexes(np.array([4, 5, 6])) == slice(4, 7)
    apart = np.array([4, 6])
    assert as_indexes(apart) is apart
    assert row_numbers(slice(4, 7)).tolist() == [4, 5, 6]
    assert row_numbers(apart) is apart
