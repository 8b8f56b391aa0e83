"""Where a treatment stands, and what has changed since it was signed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from evaluation.signing import Change, ReviewState, figures, review
from store.sign_offs import Evidence, SignOff, SignOffKind
from tests.evaluation.reviewed import END_US, FOUND, GOOD


def signed(number: int, kind: SignOffKind = SignOffKind.SIGNED, revision: int = 3, **seen: Any) -> SignOff:
    return SignOff(number, kind, END_US + number, 1, "Dr Weber", "nephrologist", "", False, revision, "1.0.0", seen)


def test_states() -> None:
    assert review(GOOD).state is ReviewState.UNSIGNED
    done = replace(GOOD, marks=(), sign_offs=(signed(1, figures=figures(GOOD), reasons=[]),))
    assert review(done).state is ReviewState.SIGNED
    assert review(replace(done, marks=(9,))).state is ReviewState.EARLIER
    assert review(replace(done, found=replace(FOUND, revision=4))).state is ReviewState.EARLIER
    treatment = replace(FOUND.treatment, end_us=None, end_known=None)
    assert review(replace(done, found=replace(FOUND, treatment=treatment))).state is ReviewState.GOES_ON


def test_a_call_for_a_doctor_counts_until_it_is_signed() -> None:
    call = signed(1, SignOffKind.NEEDS_A_DOCTOR)
    one: Evidence = replace(GOOD, sign_offs=(call,))
    assert (review(one).called, review(one).state) == (call, ReviewState.UNSIGNED)
    assert review(replace(one, sign_offs=(call, signed(2)))).called is None


def test_what_has_changed_since() -> None:
    reason = {"code": "dose", "about": "", "text": "spKt/V 1 of 1.4"}
    then = signed(1, figures={**figures(GOOD), "spktv": 1.0}, reasons=[reason])
    found = review(replace(GOOD, weight_after_kg=None, sign_offs=(then,)))
    assert found.changes == [Change("spktv", 1.0, 1.45), Change("weight_after_kg", 70.4, None)]
    assert [one.about for one in found.new] == ["weight"]
    assert found.gone == ["spKt/V 1 of 1.4"]
