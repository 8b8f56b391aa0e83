from __future__ import annotations

from telemetry.care import Access, Arranged, Limits, Measured, Measurement, TargetWeight
from telemetry.past import Past

FISTULA, GRAFT = Access(kind="fistula"), Access(kind="graft")


def past(*arranged: Arranged, measured: tuple[Measurement, ...] = ()) -> Past:
    return Past(now_us=100, bound_us=0, arranged=arranged, measured=measured, target_weight_kg=80.0)


def test_what_holds_is_the_last_to_begin_whatever_the_order_of_entry() -> None:
    entered = past(Arranged(50, GRAFT), Arranged(10, FISTULA))
    assert [entered.holding(Access, at) for at in (9, 10, 49, 50)] == [None, FISTULA, FISTULA, GRAFT]
    assert entered.since(Access, 70) == (50, GRAFT)
    corrected = past(Arranged(50, GRAFT), Arranged(50, FISTULA))
    assert corrected.holding(Access, 50) is FISTULA, "of one moment the later entry"


def test_the_target_weight_arranged_goes_before_the_prescriptions() -> None:
    entered = past(Arranged(50, TargetWeight(kg=70)))
    assert (entered.target_kg(49), entered.target_kg(50)) == (80.0, 70.0)


def test_own_limits_are_one_rules_and_an_empty_entry_takes_them_back() -> None:
    entered = past(
        Arranged(10, Limits(rule="R25", limits={"low_min": 20.0})),
        Arranged(20, Limits(rule="R26", limits={"low_percent": 5.0})),
        Arranged(30, Limits(rule="R25", limits={})),
    )
    assert [entered.own_limits("R25", at) for at in (9, 10, 25, 30)] == [{}, {"low_min": 20.0}, {"low_min": 20.0}, {}]


def test_measurements_are_in_order_of_time_and_a_later_entry_corrects() -> None:
    entered = past(
        measured=(
            Measurement(1, Measured.ACCESS_FLOW, 900, 50),
            Measurement(2, Measured.WEIGHT_BEFORE, 70, 60),
            Measurement(3, Measured.ACCESS_FLOW, 800, 20),
            Measurement(4, Measured.ACCESS_FLOW, 950, 50),
        )
    )
    assert [one.number for one in entered.of(Measured.ACCESS_FLOW)] == [3, 4]
