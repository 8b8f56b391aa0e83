"""The written rights: complete, and the document says the same."""

from __future__ import annotations

import pytest

from clinician_api.access import ACROSS_CLINICS, MAY, Action, Role, scope_of


def test_every_role_has_a_row_and_every_action_somebody() -> None:
    assert set(MAY) == set(Role)
    assert set().union(*MAY.values()) == set(Action)


def test_who_answers_alerts_also_sees_them_and_their_readings() -> None:
    for actions in MAY.values():
        if Action.ACKNOWLEDGE in actions:
            assert {Action.SEE_ALERTS, Action.SEE_READINGS, Action.SEE_PATIENTS, Action.SEE_UNITS} <= actions


def test_who_may_answer_or_set_aside_has_a_task_that_asks_for_it() -> None:
    assert {role for role in Role if Action.SHELVE in MAY[role]} == {Role.NEPHROLOGIST, Role.NURSE, Role.ON_CALL}
    for actions in MAY.values():
        assert (Action.ANSWER_NOTICES in actions) <= (Action.SEE_NOTICES in actions)
        # Of notices one sees those of homes, or those of the system, or has at least to answer what one is asked.
        sees = actions & {Action.SEE_ALERTS, Action.SEE_TROUBLES, Action.ANSWER_NOTICES}
        assert (Action.SEE_NOTICES in actions) is bool(sees)


@pytest.mark.parametrize("role", [Role.TECHNICIAN, Role.OPERATIONS, Role.PATIENT])
def test_nobody_without_a_clinical_task_sees_names_or_readings(role: Role) -> None:
    clinical = {Action.SEE_PATIENTS, Action.SEE_READINGS, Action.SEE_TREATMENTS, Action.SEE_ALERTS, Action.ACKNOWLEDGE}
    assert not MAY[role] & clinical


@pytest.mark.parametrize("role", list(Role))
def test_a_clinic_bounds_every_role(role: Role) -> None:
    scope = scope_of(role, 1)
    assert scope.sees_clinic(1)
    assert not scope.sees_clinic(2)
    assert not scope.sees_clinic(None)


@pytest.mark.parametrize("role", list(Role))
def test_without_a_clinic_only_those_who_work_across_see_anything(role: Role) -> None:
    scope = scope_of(role, None)
    for clinic in (1, 2, None):
        assert scope.sees_clinic(clinic) is (role in ACROSS_CLINICS)
