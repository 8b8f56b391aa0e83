from __future__ import annotations

from dataclasses import replace
from datetime import date, time
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from alerts.rota.rotation import BEGINNING_US, END_US, in_force, turn_at
from telemetry.rota import Rotation
from tests.alerts.rota.rotas import ANN, BOB, HAND_OVERS, MOMENTS, ZONES, rotation, us

BERLIN = ZoneInfo("Europe/Berlin")


def test_turns_change_by_the_clock_on_the_wall_the_week_the_clocks_change_too() -> None:
    weekly = (rotation(ANN, BOB),)
    turn = turn_at(weekly, us("2026-03-24T12:00"), BERLIN)
    assert (turn.start_us, turn.end_us, turn.user_id) == (us("2026-03-23T07:00"), us("2026-03-30T06:00"), BOB)
    following = turn_at(weekly, turn.end_us, BERLIN)
    assert (following.end_us, following.user_id) == (us("2026-04-06T06:00"), ANN)


def test_a_hand_over_on_the_night_it_does_not_exist_or_exists_twice_takes_place_once() -> None:
    nightly = (rotation(ANN, BOB, every=1, at=time(2, 30)),)
    for change in ("2026-03-29T01:30", "2026-10-25T00:30"):
        before, after = (turn_at(nightly, us(change) - step, BERLIN) for step in (1, 0))
        assert before.end_us == after.start_us == us(change) and before.user_id != after.user_id
    # The second 02:30 of that night changes nothing.
    assert turn_at(nightly, us("2026-10-25T01:30"), BERLIN) == turn_at(nightly, us("2026-10-25T00:30"), BERLIN)


def test_a_day_that_a_zone_left_out_has_no_turn_and_no_moment_without_one() -> None:
    daily = (Rotation(1, (1, 2, 3), 1, time(8), date(2011, 12, 28), 0),)
    zone = ZoneInfo("Pacific/Apia")
    assert turn_at(daily, us("2011-12-30T17:59"), zone).user_id == 2
    assert turn_at(daily, us("2011-12-30T18:00"), zone).user_id == 1  # the 30th, whose turn is 3, was never there


def test_before_the_anchor_turns_are_counted_backwards() -> None:
    assert turn_at((rotation(ANN, BOB),), us("2026-02-24T12:00"), BERLIN).user_id == BOB


def test_the_version_begun_last_holds_and_of_two_the_later_entry() -> None:
    old, planned, now = (
        rotation(ANN, number=1), rotation(BOB, number=2, since="2026-05-01T00:00"),
        rotation(3, number=3, since="2026-04-01T00:00"),
    )  # fmt: skip
    versions = (old, planned, now)
    assert in_force(versions, us("2025-12-31T00:00")) is None
    assert [in_force(versions, us(at)) for at in ("2026-03-01T00:00", "2026-04-01T00:00", "2026-05-01T00:00")] == [
        old, now, planned,
    ]  # fmt: skip
    corrected = replace(planned, number=4, people=(5,))
    assert in_force((*versions, corrected), us("2026-06-01T00:00")) == corrected


def test_a_turn_is_cut_where_another_version_begins_and_one_without_people_names_nobody() -> None:
    versions = (rotation(ANN, BOB), rotation(number=2, since="2026-03-05T00:00"))
    assert turn_at(versions, us("2026-03-03T00:00"), BERLIN).end_us == us("2026-03-05T00:00")
    ended = turn_at(versions, us("2026-03-06T00:00"), BERLIN)
    assert (ended.start_us, ended.end_us, ended.user_id) == (us("2026-03-05T00:00"), END_US, None)
    before = turn_at(versions, us("2025-03-06T00:00"), BERLIN)
    assert (before.start_us, before.end_us, before.user_id) == (BEGINNING_US, us("2026-01-01T00:00"), None)


@given(MOMENTS, HAND_OVERS, st.sampled_from([1, 2, 7, 13, 56]), st.dates(date(2024, 1, 1), date(2028, 1, 1)),
       st.sampled_from(ZONES))  # fmt: skip
def test_turns_follow_each_other_without_a_hole_in_the_order_of_people(
    at_us: int, hand_over: time, every: int, anchor: date, zone: str
) -> None:
    versions = (Rotation(1, (1, 2, 3), every, hand_over, anchor, 0),)
    turn = turn_at(versions, at_us, ZoneInfo(zone))
    assert turn.start_us <= at_us < turn.end_us
    following = turn_at(versions, turn.end_us, ZoneInfo(zone))
    assert following.start_us == turn.end_us
    assert turn.user_id is not None and following.user_id == turn.user_id % 3 + 1
