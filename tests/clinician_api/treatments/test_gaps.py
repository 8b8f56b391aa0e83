"""Gaps are found to the time of the rows, and each has a reason, cut where the reason changes."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from clinician_api.treatments import gaps
from clinician_api.treatments.gaps import Cause, Gap, Reason
from store.history import Buckets, SignalBuckets
from tests.clinician_api.builders import SECOND, bucketed

MINUTE = 60 * SECOND
TEN = 10 * SECOND


def found_at(*times_s: float, width_s: float = 1.0) -> Buckets:
    return bucketed([round(at * SECOND) for at in times_s], width_us=round(width_s * SECOND))


def spans(found: list[Gap]) -> list[tuple[float, float, Reason]]:
    return [(gap.start_us / SECOND, gap.end_us / SECOND, gap.reason) for gap in found]


def test_no_reading_at_all_is_one_gap() -> None:
    assert spans(gaps.find(found_at(), 0, MINUTE)) == [(0, 60, Reason.UNKNOWN)]
    assert gaps.find(found_at(), 0, 0) == []


def test_a_gap_lies_between_two_rows_and_at_either_end() -> None:
    found = gaps.find(found_at(20, 21, 22, 60, 61, 62, width_s=7), 0, 2 * MINUTE)
    assert spans(found) == [(0, 20, Reason.UNKNOWN), (22, 60, Reason.UNKNOWN), (62, 120, Reason.UNKNOWN)]
    assert [(gap.before_seq, gap.after_seq) for gap in found] == [(None, 0), (2, 3), (5, None)]


def test_buckets_narrower_than_the_pace_are_no_gaps() -> None:
    assert gaps.find(found_at(*range(0, 60, 5)), 0, MINUTE) == []


def test_a_slow_machine_is_not_full_of_gaps_and_five_minutes_are_a_gap_for_any() -> None:
    slow = found_at(*range(0, 6000, 60), 6600)
    assert gaps.patience_us(slow) == 150 * SECOND
    assert spans(gaps.find(slow, 0, 6600 * SECOND)) == [(5940, 6600, Reason.UNKNOWN)]
    assert gaps.patience_us(found_at(0, 10_000, 20_000)) == gaps.LONGEST_US


def test_a_gap_without_a_cause_is_unknown_and_is_not_dropped() -> None:
    gap = Gap(0, MINUTE)
    elsewhere = Cause(2 * MINUTE, 3 * MINUTE, Reason.MACHINE_OFF)
    assert gaps.explain([gap], [elsewhere], TEN) == [gap]


def test_a_gap_is_cut_where_its_reason_changes() -> None:
    causes = [Cause(3 * SECOND, 4 * MINUTE, Reason.LINK_DOWN), Cause(6 * MINUTE, 20 * MINUTE, Reason.MACHINE_OFF)]
    assert spans(gaps.explain([Gap(0, 10 * MINUTE)], causes, TEN)) == [
        (0, 240, Reason.LINK_DOWN), (240, 360, Reason.UNKNOWN), (360, 600, Reason.MACHINE_OFF),
    ]  # fmt: skip


def test_what_is_more_certain_wins() -> None:
    causes = [Cause(0, MINUTE, reason) for reason in reversed(Reason)]
    assert spans(gaps.explain([Gap(0, MINUTE)], causes, TEN)) == [(0, 60, Reason.ANOTHER_PATIENT)]


def test_a_refused_number_explains_only_the_gap_it_is_missing_from() -> None:
    refused = Cause(-(2**62), 2**62, Reason.REJECTED, "why", seq=50)
    one, other = Gap(0, MINUTE, before_seq=40, after_seq=60), Gap(0, MINUTE, before_seq=60, after_seq=70)
    edge = Gap(0, MINUTE, after_seq=70)
    assert [g.reason for g in gaps.explain([one, other, edge], [refused], TEN)] == [
        Reason.REJECTED, Reason.UNKNOWN, Reason.UNKNOWN,
    ]  # fmt: skip


def test_a_restart_explains_only_the_gap_before_it() -> None:
    restart = Cause(-(2**62), 10 * MINUTE, Reason.BOX_OFFLINE, known_at_us=10 * MINUTE)
    before, long_before = Gap(5 * MINUTE, 10 * MINUTE - SECOND), Gap(0, MINUTE)
    assert [g.reason for g in gaps.explain([long_before, before], [restart], TEN)] == [
        Reason.UNKNOWN, Reason.BOX_OFFLINE,
    ]  # fmt: skip


@given(
    st.lists(
        st.tuples(st.integers(-50, 150), st.integers(0, 100), st.sampled_from(list(Reason)), st.booleans()), max_size=6
    ),
    st.integers(0, 20),
)
def test_pieces_cover_the_gap_whatever_its_causes(drawn: list[tuple[int, int, Reason, bool]], patience: int) -> None:
    causes = [Cause(at, at + long, reason, known_at_us=at + long if told else None) for at, long, reason, told in drawn]
    pieces = gaps.explain([Gap(0, 100)], causes, patience)
    assert (pieces[0].start_us, pieces[-1].end_us) == (0, 100)
    assert all(one.end_us == other.start_us for one, other in itertools.pairwise(pieces))
    assert all(piece.start_us < piece.end_us for piece in pieces)


def test_a_signal_sent_and_not_believed_is_a_gap_of_its_own() -> None:
    found = found_at(0, 1, 2, 3)
    nan = np.float32(np.nan)
    values = np.array([1, nan, nan, nan], np.float32)
    found.series["venous_pressure"] = SignalBuckets(values, values, values)
    found.series["systolic"] = SignalBuckets(values, values, values)
    found.invalid[:] = [1 << 3, 1 << 3, 1 << 3, 0]
    (one,) = gaps.rejected(found, ["venous_pressure", "systolic"], 10 * SECOND)
    # The first bucket has a value beside the one not believed, the last has none that was sent.
    assert (one.start_us, one.end_us, one.reason, one.signal) == (
        SECOND,
        3 * SECOND,
        Reason.REJECTED,
        "venous_pressure",
    )


def test_runs() -> None:
    assert gaps.runs(np.array([], np.bool_)) == []
    assert gaps.runs(np.array([True, False, True, True])) == [(0, 0), (2, 3)]
