"""What a screen is told of a past: plausible figures of what holds, of the time asked for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from clinician_api.trends.models import Trends
from clinician_api.trends.views import trends_view
from store.patients import Prescription
from store.prescriptions import Patient
from store.trends import ActiveFinding, Beside, Looked
from telemetry.alarms import Priority
from telemetry.care import DAY_US, Access, Content, Limits, Measured, Prescribed, TargetWeight
from telemetry.past import Past, Served
from tests.alerts.between.building import EVERY_EVENING, NOW_US, past, treated

NEEDLE = ((200.0, 40.0), (300.0, 80.0), (400.0, 130.0))


def shown(now: Past, start_us: int = NOW_US, end_us: int = NOW_US + 7 * DAY_US, **fields: Any) -> dict[str, Any]:
    entered = Patient("Ada", 1, Prescription(prescribed_spktv=1.2), now.arranged, 0)
    beside = {one.treatment_id: Beside("u-1", 2600.0, 96.0, 71.0, signed=True) for one in now.treatments}
    looked = Looked(entered, "u-1", now, (Served(0, None, now.now_us, None),), beside, ())
    view = trends_view(7, replace(looked, **fields), start_us, end_us, lambda rule: f"Title of {rule}")
    return Trends.model_validate(view).model_dump(mode="json")


def figures(now: Past, **fields: Any) -> dict[str, Any]:
    (one,) = shown(now, **fields)["treatments"]
    found: dict[str, Any] = one
    return found


def test_what_was_prescribed_stands_beside_what_was_delivered() -> None:
    arranged: tuple[Content, ...] = (
        EVERY_EVENING, Prescribed(item="prescribed_spktv", value=1.4), TargetWeight(kg=70),
        Prescribed(item="prescribed_ultrafiltration_ml", value=2400.0),
        Access(kind="fistula", needle=NEEDLE),
    )  # fmt: skip
    one = treated(
        18, minutes=231, unseen_min=4.0, removed_ml=2510.0, spktv=1.31, ektv=1.12, systolic_before=142.0,
        systolic_after=128.0, diastolic=74.0, mean_pressure=98.0, flow=300.0, venous=121.0, arterial=-149.0,
    )  # fmt: skip
    weights = ((Measured.WEIGHT_BEFORE, 72.6, 17.0), (Measured.WEIGHT_AFTER, 70.3, 22.5))
    found = figures(past(one, now_h=40, arranged=arranged, measured=weights))
    ratio = found.pop("access_ratio")
    assert 0 < ratio < 1
    assert found == {
        "treatment_id": "1", "unit": "u-1", "start": "2026-03-02T18:00:00Z", "end": "2026-03-02T21:51:00Z",
        "course": "treated", "planned_min": 240.0, "treated_min": 231.0, "unseen_min": 4.0, "goal_ml": 2600.0,
        "removed_ml": 2510.0, "spktv": 1.31, "ektv": 1.12, "prescribed_spktv": 1.4, "weight_before_kg": 72.6,
        "weight_after_kg": 70.3, "target_weight_kg": 70.0, "systolic_before": 142.0, "systolic_after": 128.0,
        "systolic_low": 96.0, "diastolic": 74.0, "pulse_rate": 71.0, "prescribed_ml": 2400.0,
        "blood_flow": 300.0, "venous_pressure": 121.0, "arterial_pressure": -149.0,
        "signed": True,
    }  # fmt: skip


def test_what_cannot_be_or_is_of_an_older_revision_is_no_figure() -> None:
    odd = treated(18, spktv=99.0, systolic_before=9.0, venous=9999.0)
    found = figures(past(odd, now_h=40))
    assert (found["spktv"], found["systolic_before"], found["venous_pressure"]) == (None, None, None)
    assert found["prescribed_spktv"] == 1.2, "as the patient was entered"
    old = figures(past(treated(18, spktv=1.3, removed_ml=2000.0, summarised=False), now_h=40))
    assert (old["spktv"], old["removed_ml"], old["treated_min"], old["goal_ml"], old["pulse_rate"]) == (None,) * 5
    going = figures(past(replace(treated(18), end_us=None), now_h=19), beside={})
    assert (going["course"], going["end"], going["unit"], going["signed"]) == ("under way", None, None, False)


def test_only_the_time_asked_for_and_counts_only_where_it_reaches_now() -> None:
    now = past(treated(-80), treated(18), treated(66), now_h=24 * 6)
    found = shown(now, NOW_US, NOW_US + 2 * DAY_US)
    assert [one["treatment_id"] for one in found["treatments"]] == ["2"]
    assert [day["date"] for day in found["days"]] == ["2026-03-02", "2026-03-03"]
    assert found["recent"] is None
    reaches = shown(now, NOW_US, NOW_US + 7 * DAY_US)["recent"]
    assert (reaches["treated"], reaches["planned"]) == (3, reaches["missed"] + 3)


def test_findings_name_their_treatment_or_none() -> None:
    found = (
        ActiveFinding("R25", Priority.LOW, NOW_US, "treatment 1", "Treatment shortened by 12 min"),
        ActiveFinding("R28", Priority.MEDIUM, NOW_US + DAY_US, "week 2026-W10", "Weekly standard Kt/V 1.6"),
        ActiveFinding("R24", Priority.LOW, NOW_US + 30 * DAY_US, "planned x", "later than asked for"),
    )
    told = shown(past(now_h=24), findings=found)["findings"]
    assert [(one["rule"], one["title"], one["treatment_id"]) for one in told] == [
        ("R25", "Title of R25", "1"), ("R28", "Title of R28", None),
    ]  # fmt: skip


def test_the_limit_of_the_ratio_is_the_patients_own_and_one_that_cannot_be_is_not() -> None:
    assert shown(past())["access_ratio_limit"] == 0.55
    assert shown(past(arranged=(Limits(rule="R30", limits={"ratio": 0.6}),)))["access_ratio_limit"] == 0.6
    assert shown(past(arranged=(Limits(rule="R30", limits={"ratio": 7.0}),)))["access_ratio_limit"] == 0.55
