from __future__ import annotations

from dataclasses import replace

import pytest

from alerts.rota.able import ANSWERS, Unable, why_not, why_not_for
from clinician_api.access import ACROSS_CLINICS, MAY, Action, Role
from telemetry.rota import Audience
from tests.alerts.rota.rotas import ANN, BOB, CY, DEE, NORTH, PEOPLE, SOUTH, TEC, rota


@pytest.mark.parametrize(
    ("user_id", "reason"),
    [(ANN, None), (BOB, None), (None, Unable.NOBODY), (99, Unable.UNKNOWN), (CY, Unable.DISABLED),
     (DEE, Unable.CLINIC), (TEC, Unable.ROLE)],
)  # fmt: skip
def test_who_cannot_answer_and_why(user_id: int | None, reason: Unable | None) -> None:
    assert why_not(rota(), user_id, PEOPLE) is reason


def test_a_technician_without_clinic_looks_after_all_and_a_nurse_without_one_sees_nothing() -> None:
    assert why_not_for(NORTH, Audience.TECHNICAL, PEOPLE[TEC]) is None
    assert why_not_for(None, Audience.OPERATIONS, PEOPLE[TEC]) is None
    of_south = replace(PEOPLE[TEC], clinic_id=SOUTH)
    assert why_not_for(NORTH, Audience.TECHNICAL, of_south) is Unable.CLINIC
    assert why_not_for(None, Audience.TECHNICAL, of_south) is Unable.CLINIC
    assert why_not_for(NORTH, Audience.CLINICAL, replace(PEOPLE[ANN], clinic_id=None)) is Unable.CLINIC


def test_those_who_answer_are_those_whom_the_api_lets() -> None:
    assert ANSWERS[Audience.CLINICAL] == {str(role) for role in Role if Action.ACKNOWLEDGE in MAY[role]}
    for audience in (Audience.TECHNICAL, Audience.OPERATIONS):
        assert ANSWERS[audience] <= {str(role) for role in ACROSS_CLINICS}
