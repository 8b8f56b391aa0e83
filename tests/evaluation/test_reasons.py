"""Which treatments want a person's eyes: each limit just reached and just not, and nothing well for lack of data."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from evaluation.reasons import ReasonCode, judge
from store.sign_offs import AlarmOf, Evidence
from telemetry.alarms import Priority
from telemetry.treatment import EndKnown
from tests.evaluation.reviewed import FOUND, GOOD, MINUTE, START_US, SUMMARY, alert, cuff, summed

LEAK = "MDC_EVT_HDIALY_BLOOD_LEAK"
OTHER = "MDC_EVT_HDIALY_BLD_PRESS_VEN_HI"


def codes(one: Evidence) -> list[str]:
    return [f"{reason.code} {reason.about}".strip() for reason in judge(one)]


def alarms(name: str, seconds: int, count: int = 1) -> Evidence:
    events = [
        AlarmOf(START_US + n * MINUTE * 10 + s * 1_000_000, name, "", s == 0)
        for n in range(count)
        for s in (0, seconds)
    ]
    return replace(GOOD, alarms=tuple(events))


def test_all_known_and_within_its_limits_is_unremarkable() -> None:
    assert judge(GOOD) == []


@pytest.mark.parametrize(
    ("one", "code"),
    [
        (replace(GOOD, alerts=(alert("R13", Priority.LOW),)), None),
        (replace(GOOD, alerts=(alert("R13", Priority.MEDIUM),)), "alerts"),
        (replace(GOOD, alerts=(alert("R10", Priority.HIGH, late=True),)), "alerts"),
        (summed(spktv=1.26), None),
        (summed(spktv=1.259), "dose"),
        (summed(treated_s=230.01 * 60, machine_time_min=231.0), None),
        (summed(treated_s=230 * 60.0, machine_time_min=231.0), "shortened"),
        (summed(machine_time_min=229.0), "shortened"),
        (replace(GOOD, weight_after_kg=71.0), None),
        (replace(GOOD, weight_after_kg=71.1), "target weight"),
        (replace(GOOD, weight_after_kg=68.9), "target weight"),
        # clinical.md: 3.9 L / 4 h / 75 kg = 13.000, which is not above 13.
        (replace(summed(volume_removed_ml=3900.0), weight_after_kg=75.0, target_kg=75.0), None),
        (replace(summed(volume_removed_ml=3901.0), weight_after_kg=75.0, target_kg=75.0), "ultrafiltration rate"),
        (replace(summed(signals=cuff(90.0)), systolic_before=119.0), None),
        (summed(signals=cuff(89.0)), "low blood pressure"),
        (replace(summed(signals=cuff(100.0)), systolic_before=165.0), None),
        (replace(summed(signals=cuff(99.0)), systolic_before=160.0), "low blood pressure"),
        (replace(summed(signals=cuff(99.0)), systolic_before=129.0), "blood pressure fell"),
        (replace(summed(signals=cuff(99.0)), systolic_before=128.0), None),
        (summed(signals=cuff(112.0, 179.0, 109.0)), None),
        (summed(signals=cuff(112.0, 180.0)), "high blood pressure"),
        (summed(signals=cuff(112.0, 141.0, 110.0)), "high blood pressure"),
        (summed(unseen_s=299.0), None),
        (summed(unseen_s=300.0), "gaps"),
        (replace(GOOD, alerts=(alert("R34", Priority.LOW, 10, 19),)), None),
        # Two at once are not counted twice.
        (replace(GOOD, alerts=(alert("R34", Priority.LOW, 10, 19), alert("R33", Priority.LOW, 11, 19))), None),
        (replace(GOOD, alerts=(alert("R34", Priority.LOW, 10, 20),)), "rules blind"),
        (replace(GOOD, alerts=(alert("R12", Priority.LOW, 10, None),)), "rules blind"),
        (alarms(LEAK, 59), None),
        (alarms(LEAK, 60), "machine alarms"),
        (alarms(OTHER, 179), None),
        (alarms(OTHER, 180), "machine alarms"),
        (alarms(OTHER, 1, 4), None),
        (alarms(OTHER, 1, 5), "machine alarms"),
    ],
)  # fmt: skip
def test_each_limit(one: Evidence, code: str | None) -> None:
    assert codes(one) == ([] if code is None else [code])
    for reason in judge(one):
        assert any(char.isdigit() for char in reason.text), "with numbers"


@pytest.mark.parametrize(
    ("one", "about"),
    [
        (replace(GOOD, found=replace(FOUND, patient_id=None, patient=None)), ["patient"]),
        (replace(GOOD, found=replace(FOUND, summary=None)), ["summary"]),
        (replace(GOOD, unit_seen=False), ["alerts"]),
        (replace(GOOD, prescribed_spktv=None), ["dose"]),
        (summed(spktv=None), ["dose"]),
        (replace(GOOD, planned_min=None), ["duration"]),
        (replace(GOOD, target_kg=None), ["weight"]),
        (replace(GOOD, weight_after_kg=None), ["weight"]),
        (replace(GOOD, weight_after_kg=154.0), ["weight"]),
        (replace(GOOD, target_kg=None, weight_after_kg=None), ["weight", "ultrafiltration rate"]),
        (summed(volume_removed_ml=None), ["ultrafiltration rate"]),
        (summed(treated_s=0.0, machine_time_min=None), ["ultrafiltration rate"]),
        (summed(signals={}), ["blood pressure"]),
        (summed(readings=0), ["readings"]),
    ],
)  # fmt: skip
def test_what_is_not_known_is_a_reason(one: Evidence, about: list[str]) -> None:
    assert [reason.about for reason in judge(one) if reason.code is ReasonCode.NOT_JUDGED] == about


@pytest.mark.parametrize("known", [EndKnown.MACHINE_LOST, EndKnown.CLOCK_LIMIT])
def test_an_end_that_nobody_saw(known: EndKnown) -> None:
    one = replace(GOOD, found=replace(FOUND, treatment=replace(FOUND.treatment, end_known=known)))
    assert codes(one) == ["not judged duration"]


def test_no_figure_of_a_summary_can_be_missing_and_the_treatment_pass() -> None:
    """Whatever is asked of a summary: without it there is a reason."""
    asked = {"volume_removed_ml", "spktv"}
    for field in fields(SUMMARY):
        if field.name in asked:
            assert judge(summed(**{field.name: None})), field.name
    stale = replace(GOOD, found=replace(FOUND, summary=replace(FOUND.summary, is_current=False)))  # type: ignore[type-var]
    assert codes(stale) == ["not judged summary"]


def test_one_that_goes_on() -> None:
    treatment = replace(FOUND.treatment, end_us=None, end_known=None)
    assert codes(replace(GOOD, found=replace(FOUND, treatment=treatment))) == ["not judged treatment"]
