"""What holds, what is to be tried, how a proposal stands: the part of prescribing that needs no database.

Proposing and signing with one are in `tests/clinician_api/routes/test_prescriptions.py` and `test_proposals.py`.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts import ruleset
from alerts.prescribing import changes
from alerts.prescribing.changes import Held, Wanted
from evaluation import prescribing
from evaluation.prescribing import Impossible
from store.patients import Prescription
from store.prescriptions import Patient, Proposal
from telemetry.care import Arranged, Limits, Prescribed, TargetWeight

RULES = ruleset.load()
PATIENT = Patient(
    "Ann", 1, Prescription(target_weight_kg=70.0, prescribed_spktv=1.4),
    (
        Arranged(10, Limits(rule="R13", limits={"high": 320.0})), Arranged(20, TargetWeight(kg=72.0)),
        Arranged(20, Prescribed(item="prescribed_spktv", value=None)), Arranged(30, Limits(rule="R13", limits={})),
        Arranged(20, Prescribed(item="of a later release", value=1.0)),
    ), 5,
)  # fmt: skip
PROPOSAL = Proposal(
    1, 1, "Ann", 1, "u-1", 5, (), [], "dangerous widening", "why", 1, "Dr 1", 100, 200,
    None, None, None, None, None, False,
)  # fmt: skip


def test_what_holds_at_a_time() -> None:
    assert prescribing.held(PATIENT, 9).items["target_weight_kg"] == 70.0
    now = prescribing.held(PATIENT, 25)
    assert (now.limits, now.items["target_weight_kg"], now.items["prescribed_spktv"]) == (
        {"R13": {"high": 320.0}}, 72.0, None,
    )  # fmt: skip
    assert prescribing.held(PATIENT, 30).limits == {"R13": {}}
    assert "of a later release" not in now.items


def test_a_step_is_held_against_what_two_people_signed_last_and_the_last_known_value() -> None:
    item = "prescribed_conductivity_ms_cm"
    arranged = tuple(
        Arranged(since, Prescribed(item=item, value=value)) for since, value in ((0, 14.0), (40, 14.6), (41, None))
    )
    patient = Patient("Ann", 1, Prescription(), arranged, 5)
    # However long ago the first was: nobody besides has signed anything since.
    assert prescribing.held(patient, 9_000 * 24 * prescribing.HOUR_US).earlier[item] == (14.0, 14.6)
    assert prescribing.held(replace(patient, signed=arranged[1:2]), 42).earlier[item] == (14.6, 14.6)
    assert prescribing.held(replace(patient, signed=arranged[1:2]), 39).earlier[item] == (14.0, 14.0)
    assert prescribing.held(PATIENT, 25).earlier["target_weight_kg"] == (70.0, 72.0)
    assert prescribing.held(Patient("Bo", 1, Prescription(), (), 0), 25).earlier[item] == ()


@given(st.sampled_from(["target_weight_kg", "prescribed_conductivity_ms_cm"]), st.data())
def test_no_sequence_of_steps_that_one_person_may_take_leads_far_from_what_two_signed(
    item: str, data: st.DataObject
) -> None:
    first = 70.0 if item == "target_weight_kg" else 14.0
    entered = Prescription(**{item: first})
    anchor, patient = first, Patient("Ann", 1, entered, (), 0)
    for now_us in range(1, data.draw(st.integers(1, 12)) + 1):
        held = prescribing.held(patient, now_us)
        current = held.items[item]
        assert current is not None
        value = round(current * data.draw(st.floats(0.9, 1.1)), 2)
        (change,) = changes.judge(RULES, held, Wanted({}, {item: value}))
        content = TargetWeight(kg=value) if item == "target_weight_kg" else Prescribed(item=item, value=value)
        one = Arranged(now_us, content)
        second = changes.needs_second(change.verdict)
        if second and not data.draw(st.booleans()):
            continue  # nobody signs
        signed = (*patient.signed, one) if second else patient.signed
        patient = replace(patient, arranged=(*patient.arranged, one), signed=signed, version=now_us)
        anchor = value if second else anchor
        # Less weight than signed is told more of; either way is far for the conductivity.
        away = value - anchor if item == "target_weight_kg" else abs(value - anchor)
        assert away / max(value, anchor) <= 0.05 + 1e-9


def test_what_is_tried_and_what_is_arranged_is_the_whole_of_a_changed_rule() -> None:
    now = Held({"R13": {"high": 320.0, "medium": 280.0}, "R14": {"high": -260.0}}, {})
    wanted = Wanted({"R13": {"high": None}}, {"prescribed_spktv": 1.2, "target_weight_kg": 71.0})
    assert prescribing.to_try(now, wanted) == {"R13 high": None, "R13 medium": 280.0}
    assert prescribing.contents(now, wanted) == [
        Limits(rule="R13", limits={"medium": 280.0}), Prescribed(item="prescribed_spktv", value=1.2),
        TargetWeight(kg=71.0),
    ]  # fmt: skip
    assert prescribing.asked(now, wanted)["limits"] == {"R13": {"medium": 280.0}}


def test_how_a_proposal_stands() -> None:
    assert prescribing.state(PROPOSAL, 199) == "waiting"
    assert prescribing.state(PROPOSAL, 200) == "expired"
    assert prescribing.state(replace(PROPOSAL, is_overtaken=True), 199) == "overtaken"
    assert prescribing.state(replace(PROPOSAL, outcome="in force", is_overtaken=True), 300) == "in force"


@pytest.mark.parametrize(
    "wanted", [Wanted({}, {}), Wanted({"R13": {"high": 320.0}}, {}), Wanted({"R13": {"high": 1.0}}, {})]
)
def test_what_changes_nothing_or_cannot_be_is_no_change(wanted: Wanted) -> None:
    with pytest.raises(Impossible):
        prescribing.judged(ruleset.load(), Held({"R13": {"high": 320.0}}, {}), wanted)
