from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.rota.local_time import UnknownZone
from alerts.rota.rotation import BEGINNING_US, END_US
from alerts.rota.shifts import Shift, named_by, shift_at, shifts, whole_shifts
from telemetry.rota import Rota, Source
from tests.alerts.rota.rotas import ANN, BOB, DEE, MOMENTS, any_rota, override, rota, rotation, stretches, us


def test_each_shift_says_who_and_why() -> None:
    one = rota(
        rotation(ANN, BOB),
        overrides=(
            override(1, "2026-03-04T00:00", "2026-03-05T00:00", BOB),
            override(2, "2026-03-04T12:00", "2026-03-04T18:00", None, Source.SWAP),
            override(3, "2026-03-04T06:00", "2026-03-10T00:00", DEE, Source.CALENDAR),
        ),
    )
    start, end = us("2026-03-03T00:00"), us("2026-03-12T00:00")
    assert shifts(one, start, end) == [
        Shift(start, us("2026-03-04T00:00"), ANN, Source.ROTATION),
        Shift(us("2026-03-04T00:00"), us("2026-03-04T12:00"), BOB, Source.OVERRIDE),
        Shift(us("2026-03-04T12:00"), us("2026-03-04T18:00"), None, Source.SWAP),
        Shift(us("2026-03-04T18:00"), us("2026-03-05T00:00"), BOB, Source.OVERRIDE),
        # What was written by hand counts before the calendar, which was entered later.
        Shift(us("2026-03-05T00:00"), us("2026-03-10T00:00"), DEE, Source.CALENDAR),
        Shift(us("2026-03-10T00:00"), end, BOB, Source.ROTATION),
    ]


def test_a_turn_is_a_shift_of_its_own_also_when_one_person_has_all() -> None:
    found = shifts(rota(rotation(ANN)), us("2026-03-03T00:00"), us("2026-03-17T00:00"))
    assert [(one.start_us, one.user_id) for one in found] == [
        (us("2026-03-03T00:00"), ANN), (us("2026-03-09T07:00"), ANN), (us("2026-03-16T07:00"), ANN),
    ]  # fmt: skip


def test_a_shift_is_known_from_its_own_beginning_to_its_own_end() -> None:
    one = rota(rotation(ANN, BOB), overrides=(override(1, "2026-03-04T00:00", "2026-03-05T00:00", DEE),))
    assert shift_at(one, us("2026-03-06T00:00")) == Shift(
        us("2026-03-05T00:00"), us("2026-03-09T07:00"), ANN, Source.ROTATION
    )
    assert shift_at(rota(), us("2026-03-06T00:00")) == Shift(BEGINNING_US, END_US, None, Source.ROTATION)


def test_what_is_no_stretch_and_what_is_no_zone() -> None:
    for start, end in ((-1, 1), (2, 1), (0, END_US + 1)):
        with pytest.raises(ValueError, match="no stretch"):
            shifts(rota(), start, end)
    with pytest.raises(UnknownZone):
        shift_at(rota(rotation(ANN), zone="Mars/Base"), us("2026-03-06T00:00"))


@given(any_rota(), stretches())
def test_shifts_tile_a_stretch_with_neither_overlap_nor_hole(one: Rota, stretch: tuple[int, int]) -> None:
    found = shifts(one, *stretch)
    assert [found[0].start_us, *(shift.end_us for shift in found)] == [
        *(shift.start_us for shift in found), stretch[1],
    ]  # fmt: skip
    assert found[0].start_us == stretch[0] and all(shift.start_us < shift.end_us for shift in found)


@given(any_rota(), stretches(), st.data())
def test_whoever_is_on_call_at_a_moment_is_the_person_of_the_shift_that_contains_it(
    one: Rota, stretch: tuple[int, int], data: st.DataObject
) -> None:
    edges = [edge for o in one.overrides for edge in (o.start_us, o.end_us - 1) if stretch[0] <= edge < stretch[1]]
    at_us = data.draw(st.one_of(st.integers(stretch[0], stretch[1] - 1), *map(st.just, edges)))
    holder = next(shift for shift in shifts(one, *stretch) if shift.start_us <= at_us < shift.end_us)
    now = shift_at(one, at_us)
    assert (holder.user_id, holder.source) == (now.user_id, now.source)
    above = named_by(one, at_us)
    if above is not None:
        assert (now.user_id, now.source) == (above.user_id, above.source)
        by_hand = [o for o in one.overrides if o.start_us <= at_us < o.end_us and o.source is not Source.CALENDAR]
        assert above == max(by_hand, key=lambda o: o.number) if by_hand else above.source is Source.CALENDAR


@given(any_rota(), stretches(), MOMENTS)
def test_a_shift_is_the_same_from_wherever_it_is_seen(one: Rota, stretch: tuple[int, int], at_us: int) -> None:
    seen = shift_at(one, at_us)
    assert seen.start_us <= at_us < seen.end_us
    assert shift_at(one, seen.start_us) == shift_at(one, seen.end_us - 1) == seen
    whole = whole_shifts(one, *stretch)
    cut = [(max(s.start_us, stretch[0]), min(s.end_us, stretch[1]), s.user_id, s.source) for s in whole]
    assert cut == [(s.start_us, s.end_us, s.user_id, s.source) for s in shifts(one, *stretch)]
