"""What is told of what was opened, and to whom."""

from __future__ import annotations

from dataclasses import replace

import pytest

from clinician_api.access import Role
from clinician_api.people.sessions import Session
from clinician_api.teams.sight import Sight
from clinician_api.teams.team_models import GlassView, TeamView
from clinician_api.teams.team_views import OVERDUE_US, glass_view, may_change, sees_glass, sees_team, team_view
from store.break_glass import Glass
from store.teams import Member, Team

DOCTOR = Session(b"", 2**60, 1, "d@example.org", "Dee", Role.NEPHROLOGIST, "North", 1)
LIMITED = replace(DOCTOR, sight=Sight(by_team=True, patients=frozenset({1})))
GLASS = Glass(5, 2, "Nia", "nurse", "North", 1, 1, "Ann", "x" * 10, 0, 100, None, None, None, None, "", 0)
TEAM = Team(
    1,
    "East",
    1,
    "North",
    True,
    (Member(1, "Dee", "d@example.org", "nephrologist", 1, "North", None),),
    ((1, "Ann"), (2, "Bob")),
)


@pytest.mark.parametrize(("now_us", "overdue"), [(OVERDUE_US, False), (OVERDUE_US + 1, True)])
def test_it_is_overdue_after_three_days(now_us: int, overdue: bool) -> None:
    view = glass_view(GLASS, DOCTOR, now_us)
    assert (view["overdue"], view["may_review"], view["open"]) == (overdue, True, False)
    judged = replace(GLASS, reviewer="A", reviewed_us=1, right=True)
    assert GlassView.model_validate(glass_view(judged, DOCTOR, now_us)).overdue is False


def test_one_s_own_is_seen_and_not_judged() -> None:
    own = replace(GLASS, user_id=1)
    assert not glass_view(own, DOCTOR, 0)["may_review"]
    assert sees_glass(DOCTOR, own)
    assert not sees_glass(replace(DOCTOR, clinic_id=2), own)
    assert not sees_glass(LIMITED, replace(GLASS, patient_id=2))


def test_patients_who_are_not_seen_are_not_told() -> None:
    assert [one["name"] for one in team_view(TEAM, LIMITED, LIMITED.scope)["patients"]] == ["Ann"]
    assert TeamView.model_validate(team_view(TEAM, DOCTOR, DOCTOR.scope)).may_change


def test_a_team_is_changed_by_its_members_and_by_who_sees_the_clinic_as_a_whole() -> None:
    strangers, guest = replace(TEAM, members=()), replace(DOCTOR, clinic_id=2)
    assert may_change(DOCTOR, DOCTOR.scope, strangers)
    assert not may_change(LIMITED, LIMITED.scope, strangers)
    assert not may_change(DOCTOR, LIMITED.scope, strangers), "all of the clinic is seen for the moment only"
    assert may_change(LIMITED, LIMITED.scope, TEAM)
    assert not may_change(guest, guest.scope, TEAM), "a guest sees it, and changes nothing"
    assert sees_team(guest, TEAM)
    assert not sees_team(guest, strangers)
    for_a_while = replace(TEAM, members=(replace(TEAM.members[0], until_us=100),))
    assert not may_change(LIMITED, LIMITED.scope, for_a_while), "who would set their own end"
