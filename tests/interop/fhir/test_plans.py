from __future__ import annotations

from dataclasses import fields

from interop.fhir import plans
from store.patients import Prescription
from tests.interop.fhir.records import START, record


def test_what_held_when_it_began() -> None:
    of = record()
    # 100 kg hold only later; Kt/V was taken back; the limit is as entered.
    assert plans.in_force(of.entered, of.arranged, START) == {
        "target_weight_kg": 68.5, "transmembrane_limit_mmhg": 300.0, "duration_min": 240.0,
    }  # fmt: skip
    assert plans.in_force(of.entered, of.arranged, START + 5)["target_weight_kg"] == 100
    assert plans.in_force(of.entered, of.arranged, START - 6)["target_weight_kg"] == 70
    assert plans.in_force(of.entered, of.arranged, START - 6)["prescribed_spktv"] == 1.2


def test_of_one_moment_the_later_entry() -> None:
    entries = record().arranged
    both = [
        entries[0],
        entries[1].__class__(entries[0].arranged.__class__(START - 5, entries[1].arranged.content), "a", "b", 0),
    ]
    assert plans.in_force(Prescription(), both, START)["target_weight_kg"] == 100
    assert plans.in_force(Prescription(), both[::-1], START)["target_weight_kg"] == 68.5


def test_every_item_of_a_prescription_has_its_words() -> None:
    assert {field.name for field in fields(Prescription)} <= plans.ITEMS.keys()


def test_a_limit_is_a_range_and_a_goal_is_contained() -> None:
    plan = plans.care_plan("12", 7, {"target_weight_kg": 68.5, "transmembrane_limit_mmhg": 300.0}, START, None)
    weight, limit = plan["contained"]
    assert weight["target"][0]["detailQuantity"]["value"] == 68.5
    assert limit["target"][0]["detailRange"]["high"]["code"] == "mm[Hg]"
    assert [one["reference"] for one in plan["goal"]] == ["#target-weight-kg", "#transmembrane-limit-mmhg"]
    assert plan["status"] == "active"
