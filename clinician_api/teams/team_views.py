"""Teams and broken glasses to what is told of them. Pure: the time is handed in."""

from __future__ import annotations

from typing import Final

from clinician_api.access import Action, Scope
from clinician_api.live.views import View, moment
from clinician_api.people.sessions import Session
from store.break_glass import Glass
from store.teams import Team

OVERDUE_US: Final = 72 * 3600 * 1_000_000


def sees_team(session: Session, team: Team) -> bool:
    """Whether it is of the session's clinic, or one it belongs to."""
    return session.scope.sees_clinic(team.clinic_id) or _belongs(session, team)


def may_change(session: Session, lasting: Scope, team: Team) -> bool:
    """Whether who belongs to a team is the session's to say; `lasting`: what it sees by what does not pass.

    Of its own clinic; and who sees the patients of their teams only, changes those teams only: nobody gives away, or
    takes, sight of somebody they do not see themselves. Nor of somebody they see for a while: a shift, a broken glass,
    a notice or a membership until a day would become access that stays.
    """
    if not (lasting.may(Action.CHANGE_TEAMS) and lasting.sees_clinic(team.clinic_id)):
        return False
    return lasting.sees_all_of_clinic or any(
        one.user_id == session.user_id and one.until_us is None for one in team.members
    )


def team_view(team: Team, session: Session, lasting: Scope) -> View:
    """A `TeamView`; `lasting` as with `may_change`."""
    return {
        "team_id": str(team.team_id),
        "name": team.name,
        "clinic": team.clinic,
        "members": [
            {
                "user_id": str(one.user_id), "name": one.name, "email": one.email, "role": one.role,
                "clinic": one.clinic, "until": moment(one.until_us) if one.until_us is not None else None,
            }
            for one in team.members
        ],
        "patients": [
            {"patient_id": str(patient_id), "name": name}
            for patient_id, name in team.patients
            if session.scope.sees(team.clinic_id, patient_id)
        ],
        "may_change": may_change(session, lasting, team),
    }  # fmt: skip


def sees_glass(session: Session, glass: Glass) -> bool:
    """Whether it is the session's to look at afterwards: to a patient of its own clinic whom it sees."""
    return session.scope.sees_clinic(glass.clinic_id) and session.scope.sees(glass.clinic_id, glass.patient_id)


def glass_view(glass: Glass, session: Session, now_us: int) -> View:
    """A `GlassView`."""
    judged = glass.reviewed_us is not None
    return {
        "glass_id": str(glass.glass_id),
        "who": glass.name,
        "role": glass.role,
        "clinic": glass.clinic,
        "patient_id": str(glass.patient_id),
        "patient": glass.patient,
        "reason": glass.reason,
        "opened_at": moment(glass.opened_us),
        "until": moment(glass.until_us),
        "ended_at": None if glass.ended_us is None else moment(glass.ended_us),
        "open": glass.ended_us is None and now_us < glass.until_us,
        "deeds": glass.deeds,
        "overdue": not judged and now_us - glass.opened_us > OVERDUE_US,
        "may_review": not judged and glass.user_id != session.user_id,
        "reviewer": glass.reviewer,
        "reviewed_at": None if glass.reviewed_us is None else moment(glass.reviewed_us),
        "right": glass.right,
        "note": glass.note,
    }


def _belongs(session: Session, team: Team) -> bool:
    return session.user_id in {one.user_id for one in team.members}
