"""The written rights: complete, and the document says the same."""

from __future__ import annotations

import pytest

from clinician_api.access import ACROSS_CLINICS, MAY, Action, Role, Scope, scope_of
from clinician_api.teams.sight import Sight
from tests.clinician_api.conftest import Api
from tests.clinician_api.teams.world import World


def test_every_role_has_a_row_and_every_action_somebody() -> None:
    assert set(MAY) == set(Role)
    assert set().union(*MAY.values()) == set(Action)


def test_who_answers_alerts_also_sees_them_and_their_readings() -> None:
    for actions in MAY.values():
        if Action.ACKNOWLEDGE in actions:
            assert {Action.SEE_ALERTS, Action.SEE_READINGS, Action.SEE_PATIENTS, Action.SEE_UNITS} <= actions


def test_who_may_answer_or_set_aside_has_a_task_that_asks_for_it() -> None:
    assert {role for role in Role if Action.SHELVE in MAY[role]} == {Role.NEPHROLOGIST, Role.NURSE, Role.ON_CALL}
    for role, actions in MAY.items():
        assert (Action.ANSWER_NOTICES in actions) <= (Action.SEE_NOTICES in actions)
        # Of notices one sees those of homes, or those of the system, or has at least to answer what one is asked.
        sees = actions & {Action.SEE_ALERTS, Action.SEE_TROUBLES, Action.ANSWER_NOTICES}
        # A wall shows with each alert what became of it with people; the work list is theirs.
        assert (Action.SEE_NOTICES in actions) is (bool(sees) and role is not Role.KIOSK)


@pytest.mark.parametrize("role", [Role.TECHNICIAN, Role.OPERATIONS, Role.PATIENT])
def test_nobody_without_a_clinical_task_sees_names_or_readings(role: Role) -> None:
    clinical = {Action.SEE_PATIENTS, Action.SEE_READINGS, Action.SEE_TREATMENTS, Action.SEE_ALERTS, Action.ACKNOWLEDGE}
    assert not MAY[role] & clinical


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.PATIENT])
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


def test_a_patient_sees_nothing_of_the_clinic_they_belong_to() -> None:
    scope = scope_of(Role.PATIENT, 1, Sight(patients=frozenset({5})))
    assert not any(scope.sees_clinic(clinic) for clinic in (1, 2, None))
    assert [patient for patient in (4, 5, None) if scope.sees(1, patient)] == [5]


def test_with_the_first_wall_torn_down_the_second_holds(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the store is asked, as if every route had forgotten to ask whose it is."""
    units = {clinic: api.add_unit(f"u-{clinic}", f"Clinic {clinic}", f"Patient of {clinic}") for clinic in (1, 2)}
    alerts = {clinic: api.raise_alert(unit) for clinic, unit in units.items()}
    nurse = api.sign_in(Role.NURSE, 1)
    assert nurse.get(f"/api/alerts/{alerts[2]}").status_code == 404
    monkeypatch.setattr(Scope, "sees_clinic", lambda *_: True)
    assert api.services.room.entry(scope_of(Role.NURSE, 1), "u-2") is not None, "the first wall is down"
    assert nurse.get(f"/api/alerts/{alerts[1]}").status_code == 200
    for way in (
        f"/api/alerts/{alerts[2]}", "/api/patients/2/treatments", "/api/notices/2", "/api/treatments/2",
        f"/api/patients/{units[2].patient_id or 2}/treatments",
    ):  # fmt: skip
        answer = nurse.get(way)
        assert answer.status_code == 404, (way, answer.text)
    assert nurse.post(f"/api/alerts/{alerts[2]}/acknowledge", json={}).status_code == 404
    assert [view["alert_id"] for view in nurse.get("/api/alerts?state=recent").json()["alerts"]] == [alerts[1]]
    with api.database() as conn:
        assert conn.execute("SELECT count(*) FROM alert WHERE acknowledged_by IS NOT NULL").fetchall() == [(0,)]


def test_of_another_team_the_second_wall_holds_alone(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(api)
    world.join("west", Role.NURSE, 1)
    nurse = api.sign_in(Role.NURSE, 1)
    alerts = {unit: api.raise_alert(world.units[unit]) for unit in ("u-1", "u-2")}
    monkeypatch.setattr(Scope, "sees", lambda *_: True)
    assert api.services.room.entry(scope_of(Role.NURSE, 1), "u-5") is not None, "the first wall is down"
    assert nurse.get(f"/api/alerts/{alerts['u-2']}").status_code == 200
    for way in (f"/api/alerts/{alerts['u-1']}", f"/api/patients/{world.patients['Ann']}/treatments"):
        assert nurse.get(way).status_code == 404, way
    assert [view["alert_id"] for view in nurse.get("/api/alerts?state=recent").json()["alerts"]] == [alerts["u-2"]]
