from __future__ import annotations

from alerts.between import weights
from telemetry.care import Measured
from telemetry.past import PastTreatment
from tests.alerts.between.building import NOW_US, past, treated

TOLD = treated(18, weight_before_kg=73.0, weight_after_kg=70.0)


def test_what_people_enter_near_it_goes_before_what_the_machine_was_told() -> None:
    entered = past(TOLD, measured=((Measured.WEIGHT_BEFORE, 72.5, 17), (Measured.WEIGHT_AFTER, 70.4, 23)))
    assert (weights.before(entered, 0), weights.after(entered, 0)) == (72.5, 70.4)
    assert (weights.before(past(TOLD), 0), weights.after(past(TOLD), 0)) == (73.0, 70.0)


def test_a_weight_of_another_time_is_none_of_it() -> None:
    far = (
        (Measured.WEIGHT_BEFORE, 60.0, 11.9),
        (Measured.WEIGHT_BEFORE, 61.0, 19.1),
        (Measured.WEIGHT_AFTER, 62.0, 29),
    )
    assert (weights.before(past(TOLD, measured=far), 0), weights.after(past(TOLD, measured=far), 0)) == (73.0, 70.0)


def test_of_two_the_later_taken_and_of_one_time_the_later_entered() -> None:
    twice = (
        (Measured.WEIGHT_BEFORE, 71.0, 17.5),
        (Measured.WEIGHT_BEFORE, 99.0, 17),
        (Measured.WEIGHT_BEFORE, 72.0, 17.5),
    )
    assert weights.before(past(TOLD, measured=twice), 0) == 72.0


def test_there_is_none_after_what_goes_on() -> None:
    assert weights.after(past(PastTreatment(1, 1, NOW_US, weight_after_kg=70.0)), 0) is None


def test_exactly_how_far_off_a_weight_may_be_entered() -> None:
    # The treatment begins at 18 h and ends at 22 h.
    for what, at, counts in (
        (Measured.WEIGHT_BEFORE, 12, True),
        (Measured.WEIGHT_BEFORE, 11.99, False),
        (Measured.WEIGHT_BEFORE, 19, True),
        (Measured.WEIGHT_BEFORE, 19.01, False),
        (Measured.WEIGHT_AFTER, 21, True),
        (Measured.WEIGHT_AFTER, 20.99, False),
        (Measured.WEIGHT_AFTER, 28, True),
        (Measured.WEIGHT_AFTER, 28.01, False),
    ):
        entered = past(TOLD, measured=((what, 99.0, at),))
        found = weights.before(entered, 0) if what is Measured.WEIGHT_BEFORE else weights.after(entered, 0)
        assert (found == 99.0) is counts, (what, at)
