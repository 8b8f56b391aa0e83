"""Who may do what: role × action, and routes as rows of one table.

Everything a session sees is further filtered by its clinic. A user without a clinic is bound to none: an administrator,
a technician or an operator without clinic sees all clinics; a clinical role without clinic sees nothing.

The written matrix is `docs/access.md`, generated from `MAY` and `ROUTES`; a test walks every route and the socket with
every role of two clinics and anonymously, and fails when a route is not in the table.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from clinician_api.teams.sight import OPEN, Sight
from store.viewers import Viewer


class Role(StrEnum):
    """What a person is here for."""

    NEPHROLOGIST = "nephrologist"
    NURSE = "nurse"
    ON_CALL = "on-call"
    TECHNICIAN = "technician"
    OPERATIONS = "operations"
    ADMINISTRATOR = "administrator"
    PATIENT = "patient"
    KIOSK = "kiosk"  # no person: a screen on a wall


class Action(StrEnum):
    """What can be done."""

    SEE_OWN_SESSION = "see own session"
    SIGN_OUT = "sign out"
    KEEP_SIGN_IN = "keep sign-in"  # one's own: passkeys and sessions
    SEE_UNITS = "see units"  # which there are and their technical status
    SEE_PATIENTS = "see patients"  # names
    SEE_READINGS = "see readings"  # the newest ones
    SEE_HISTORY = "see history"  # earlier ones
    SEE_TREATMENTS = "see treatments"  # when they were, whose, and what they came to
    CALL_DOCTOR = "call doctor"  # to a treatment that is over
    SIGN_TREATMENTS = "sign treatments"  # that they were seen, by who is answerable for them
    SEE_ALERTS = "see alerts"
    ACKNOWLEDGE = "acknowledge"
    SEE_NOTICES = "see notices"  # what was made of alerts, for whoever sees those; and troubles of the system
    SEE_TROUBLES = "see troubles"  # notices that are of no home: our own servers, the rota
    SEE_TECHNICAL = "see technical"  # of these, those for technicians: a home's link, its box
    ANSWER_NOTICES = "answer notices"  # of those one sees
    SHELVE = "shelve"  # set an alert aside, and bring it back
    WRITE_NOTES = "write notes"  # about a patient, at a moment of a treatment
    SEE_WHO_LOOKED = "see who looked"  # at a patient
    KEEP_CHANNELS = "keep channels"  # one's own: by what one is reached
    TRY_LIMITS = "try limits"  # on stored treatments; changes nothing
    SEE_PRESCRIPTION = "see prescription"  # and limits of the patient's own, with their history
    CHANGE_PRESCRIPTION = "change prescription"  # and limits: propose, sign, reject; see what waits for a signature
    SEE_COVERAGE = "see coverage"  # who is on call now, and whether the way to people works, in a line
    SEE_ROTA = "see rota"
    SEE_SELFTEST = "see self-test"  # by person and channel
    ACCEPT_SHIFTS = "accept shifts"  # one's own, and decline them
    CHANGE_ROTA = "change rota"  # clinical duty of one's own clinic
    SEE_LOAD = "see load"  # what alerts ask of oneself, and which rules ask for nothing
    SEE_LOAD_OF_OTHERS = "see load of others"  # by name
    MANAGE_USERS = "manage users"  # accounts of one's clinic, and none above oneself
    SEE_AUDIT = "see audit"  # the record of who did what
    SEE_SYSTEM = "see system"  # how the services are
    SEE_INSTALLATIONS = "see installations"  # boxes, their links, settings and certificates
    CHANGE_INSTALLATIONS = "change installations"  # whom a unit serves; retire it; new patients
    SEE_TEAMS = "see teams"  # who belongs to them, and which of the patients one sees
    CHANGE_TEAMS = "change teams"  # of one's own clinic, with patients one sees
    BREAK_GLASS = "break glass"  # open access to a patient who is not among one's own, with a reason, for hours
    REVIEW_BREAK_GLASS = "review break glass"  # of patients of one's own clinic, never one's own
    READ_FHIR = "read as FHIR"  # what one sees besides, in the words of other systems
    SEE_HOME = "see home"  # the treatment of the patient whose account it is, and who looks after them
    SPEAK_FROM_HOME = "speak from home"  # ask for help, say how one is
    OPEN_HOMES = "open homes"  # say whose treatment the account of a person at home is shown
    END_HELP = "end help"  # say that a patient who asked for help has had it


_OWN: Final = frozenset({Action.SEE_OWN_SESSION, Action.SIGN_OUT, Action.KEEP_SIGN_IN})
# All of them can be on call for somebody (alerts.rota.able).
_TECHNICAL: Final = _OWN | {
    Action.SEE_UNITS, Action.SEE_COVERAGE, Action.SEE_ROTA, Action.ACCEPT_SHIFTS, Action.KEEP_CHANNELS,
}  # fmt: skip
_READS: Final = _TECHNICAL | {
    Action.SEE_PATIENTS, Action.SEE_READINGS, Action.SEE_HISTORY, Action.SEE_TREATMENTS, Action.SEE_ALERTS,
    Action.SEE_NOTICES, Action.SEE_LOAD, Action.SEE_PRESCRIPTION, Action.READ_FHIR,
}  # fmt: skip
_ANSWERS: Final = _READS | {
    Action.ACKNOWLEDGE, Action.ANSWER_NOTICES, Action.SHELVE, Action.CALL_DOCTOR, Action.WRITE_NOTES,
    Action.BREAK_GLASS, Action.END_HELP,
}  # fmt: skip
_TEAMS: Final = frozenset({Action.SEE_TEAMS, Action.CHANGE_TEAMS, Action.REVIEW_BREAK_GLASS})

MAY: Final[dict[Role, frozenset[Action]]] = {
    Role.NEPHROLOGIST: _ANSWERS
    | _TEAMS
    | {
        Action.TRY_LIMITS, Action.CHANGE_PRESCRIPTION, Action.SEE_WHO_LOOKED, Action.CHANGE_ROTA,
        Action.SEE_LOAD_OF_OTHERS, Action.SEE_SELFTEST, Action.SIGN_TREATMENTS,
    },
    Role.NURSE: _ANSWERS,
    Role.ON_CALL: _ANSWERS,
    # Of notices the technical ones, and troubles they were asked about.
    Role.TECHNICIAN: _TECHNICAL
    | {Action.SEE_NOTICES, Action.SEE_TECHNICAL, Action.ANSWER_NOTICES, Action.SEE_SELFTEST, Action.SEE_SYSTEM}
    | {Action.SEE_INSTALLATIONS},
    # Troubles of the system are for operations: no other notice is seen, so no other is answered.
    Role.OPERATIONS: _TECHNICAL
    | {Action.SEE_NOTICES, Action.SEE_TROUBLES, Action.ANSWER_NOTICES, Action.SEE_SELFTEST, Action.SEE_SYSTEM}
    | {Action.SEE_INSTALLATIONS},
    # Runs the accounts, reads what is his clinic's; answers nothing.
    Role.ADMINISTRATOR: _READS
    | _TEAMS
    | {Action.SEE_TROUBLES, Action.SEE_WHO_LOOKED, Action.SEE_LOAD_OF_OTHERS, Action.SEE_SELFTEST}
    | {Action.MANAGE_USERS, Action.SEE_AUDIT, Action.SEE_SYSTEM}
    | {Action.SEE_INSTALLATIONS, Action.CHANGE_INSTALLATIONS, Action.OPEN_HOMES},
    Role.PATIENT: _OWN | {Action.SEE_HOME, Action.SPEAK_FROM_HOME},
    # What a wall shows and no more; whoever passes by must not be able to darken it.
    Role.KIOSK: frozenset({
        Action.SEE_OWN_SESSION, Action.SEE_UNITS, Action.SEE_PATIENTS, Action.SEE_READINGS, Action.SEE_ALERTS,
        Action.SEE_COVERAGE,
    }),
}  # fmt: skip

# Roles that may look after several clinics at once; for the others a missing clinic means nothing to see.
ACROSS_CLINICS: Final = frozenset({Role.TECHNICIAN, Role.OPERATIONS, Role.ADMINISTRATOR})

# Roles that see the patients of their teams only, where their clinic goes by team.
BY_TEAM: Final = frozenset({Role.NEPHROLOGIST, Role.NURSE, Role.ON_CALL})

# (method, path) -> what is needed; None: anybody, also without a session.
ROUTES: Final[dict[tuple[str, str], Action | None]] = {
    ("POST", "/api/session"): None,
    ("GET", "/api/session"): Action.SEE_OWN_SESSION,
    ("DELETE", "/api/session"): Action.SIGN_OUT,
    ("POST", "/api/session/passkey"): None,  # the step itself is the permission
    ("POST", "/api/session/first-passkey"): None,
    ("GET", "/api/sign-in"): None,
    ("GET", "/api/oidc/start"): None,
    ("GET", "/api/oidc/callback"): None,
    ("POST", "/api/kiosk"): None,  # the code itself is the permission
    ("GET", "/api/demo-accounts"): None,
    ("GET", "/api/signals"): Action.SEE_OWN_SESSION,
    ("GET", "/api/rules"): Action.SEE_OWN_SESSION,
    ("GET", "/api/units"): Action.SEE_UNITS,
    ("GET", "/api/units/{unit}"): Action.SEE_UNITS,
    ("GET", "/api/units/{unit}/readings"): Action.SEE_HISTORY,
    ("GET", "/api/units/{unit}/timeline"): Action.SEE_HISTORY,
    ("GET", "/api/units/{unit}/treatments"): Action.SEE_TREATMENTS,
    ("GET", "/api/patients/{patient_id}/treatments"): Action.SEE_TREATMENTS,
    ("GET", "/api/patients/{patient_id}/trends"): Action.SEE_TREATMENTS,
    ("GET", "/api/units/{unit}/trends"): Action.SEE_TREATMENTS,
    ("GET", "/api/patients/{patient_id}/usual"): Action.SEE_HISTORY,
    ("GET", "/api/units/{unit}/notes"): Action.SEE_TREATMENTS,
    ("POST", "/api/patients/{patient_id}/notes"): Action.WRITE_NOTES,
    ("POST", "/api/patients/{patient_id}/what-if"): Action.TRY_LIMITS,
    ("GET", "/api/patients/{patient_id}/prescription"): Action.SEE_PRESCRIPTION,
    ("GET", "/api/units/{unit}/prescription"): Action.SEE_PRESCRIPTION,
    ("GET", "/api/patients/{patient_id}/prescription/history"): Action.SEE_PRESCRIPTION,
    ("POST", "/api/patients/{patient_id}/prescription/replay"): Action.CHANGE_PRESCRIPTION,
    ("POST", "/api/patients/{patient_id}/prescription/proposals"): Action.CHANGE_PRESCRIPTION,
    ("GET", "/api/proposals"): Action.CHANGE_PRESCRIPTION,
    ("POST", "/api/proposals/{proposal_id}/sign"): Action.CHANGE_PRESCRIPTION,
    ("POST", "/api/proposals/{proposal_id}/reject"): Action.CHANGE_PRESCRIPTION,
    ("POST", "/api/proposals/{proposal_id}/withdraw"): Action.CHANGE_PRESCRIPTION,
    ("GET", "/api/patients/{patient_id}/audit"): Action.SEE_WHO_LOOKED,
    ("GET", "/api/units/{unit}/audit"): Action.SEE_WHO_LOOKED,
    ("GET", "/api/treatments/{treatment_id}"): Action.SEE_TREATMENTS,
    ("GET", "/api/treatments/{treatment_id}/review"): Action.SEE_TREATMENTS,
    ("GET", "/api/treatments/{treatment_id}/report"): Action.SEE_TREATMENTS,
    ("POST", "/api/treatments/{treatment_id}/sign"): Action.SIGN_TREATMENTS,
    ("POST", "/api/treatments/{treatment_id}/call-doctor"): Action.CALL_DOCTOR,
    ("GET", "/api/reviews"): Action.SEE_TREATMENTS,
    ("GET", "/api/reviews/counts"): Action.SEE_TREATMENTS,
    ("POST", "/api/reviews/sign"): Action.SIGN_TREATMENTS,
    ("GET", "/api/alerts"): Action.SEE_ALERTS,
    ("GET", "/api/alerts/{alert_id}"): Action.SEE_ALERTS,
    ("GET", "/api/alerts/{alert_id}/before"): Action.SEE_HISTORY,
    ("POST", "/api/alerts/{alert_id}/acknowledge"): Action.ACKNOWLEDGE,
    ("POST", "/api/low-alerts/acknowledge"): Action.ACKNOWLEDGE,
    ("POST", "/api/alerts/{alert_id}/shelve"): Action.SHELVE,
    ("DELETE", "/api/alerts/{alert_id}/shelve"): Action.SHELVE,
    ("POST", "/api/alerts/{alert_id}/helped"): Action.END_HELP,
    ("GET", "/api/notices"): Action.SEE_NOTICES,
    ("GET", "/api/notices/{notice_id}"): Action.SEE_NOTICES,
    ("GET", "/api/deliveries/{delivery_id}"): Action.SEE_NOTICES,
    ("POST", "/api/notices/{notice_id}/accept"): Action.ANSWER_NOTICES,
    ("POST", "/api/notices/{notice_id}/reject"): Action.ANSWER_NOTICES,
    ("POST", "/api/notices/{notice_id}/release"): Action.ANSWER_NOTICES,
    ("POST", "/api/notices/{notice_id}/take-over"): Action.ANSWER_NOTICES,
    ("GET", "/api/coverage"): Action.SEE_COVERAGE,
    ("GET", "/api/screens"): Action.SEE_COVERAGE,
    ("GET", "/api/rota"): Action.SEE_ROTA,
    ("GET", "/api/rota.ics"): Action.SEE_ROTA,
    ("POST", "/api/rota/shifts/{shift_id}/accept"): Action.ACCEPT_SHIFTS,
    ("POST", "/api/rota/shifts/{shift_id}/decline"): Action.ACCEPT_SHIFTS,
    ("POST", "/api/rota/shifts/{shift_id}/override"): Action.CHANGE_ROTA,
    ("POST", "/api/rota/shifts/{shift_id}/swap"): Action.CHANGE_ROTA,
    ("POST", "/api/rota/overrides/{override_id}/withdraw"): Action.CHANGE_ROTA,
    ("GET", "/api/teams"): Action.SEE_TEAMS,
    ("POST", "/api/teams"): Action.CHANGE_TEAMS,
    ("DELETE", "/api/teams/{team_id}"): Action.CHANGE_TEAMS,
    ("POST", "/api/teams/{team_id}/members"): Action.CHANGE_TEAMS,
    ("DELETE", "/api/teams/{team_id}/members/{user_id}"): Action.CHANGE_TEAMS,
    ("POST", "/api/teams/{team_id}/patients"): Action.CHANGE_TEAMS,
    ("DELETE", "/api/teams/{team_id}/patients/{patient_id}"): Action.CHANGE_TEAMS,
    ("POST", "/api/break-glass"): Action.BREAK_GLASS,
    ("GET", "/api/break-glass"): Action.REVIEW_BREAK_GLASS,
    ("POST", "/api/break-glass/{glass_id}/end"): Action.BREAK_GLASS,
    ("POST", "/api/break-glass/{glass_id}/review"): Action.REVIEW_BREAK_GLASS,
    ("GET", "/api/selftest"): Action.SEE_SELFTEST,
    ("GET", "/api/load"): Action.SEE_LOAD,
    ("GET", "/api/handover"): Action.SEE_LOAD,
    ("GET", "/api/me/sessions"): Action.KEEP_SIGN_IN,
    ("DELETE", "/api/me/sessions/{session_id}"): Action.KEEP_SIGN_IN,
    ("GET", "/api/me/passkeys"): Action.KEEP_SIGN_IN,
    ("POST", "/api/me/passkeys"): Action.KEEP_SIGN_IN,
    ("POST", "/api/me/passkey-options"): Action.KEEP_SIGN_IN,
    ("DELETE", "/api/me/passkeys/{passkey_id}"): Action.KEEP_SIGN_IN,
    ("GET", "/api/me/channels"): Action.KEEP_CHANNELS,
    ("POST", "/api/me/channels"): Action.KEEP_CHANNELS,
    ("POST", "/api/me/channels/{channel_id}/test"): Action.KEEP_CHANNELS,
    ("DELETE", "/api/me/channels/{channel_id}"): Action.KEEP_CHANNELS,
    ("GET", "/api/me/push-key"): Action.KEEP_CHANNELS,
    ("POST", "/api/me/language"): Action.KEEP_CHANNELS,
    ("GET", "/api/users"): Action.MANAGE_USERS,
    ("POST", "/api/users"): Action.MANAGE_USERS,
    ("GET", "/api/users/{user_id}"): Action.MANAGE_USERS,
    ("POST", "/api/users/{user_id}/change"): Action.MANAGE_USERS,
    ("POST", "/api/users/{user_id}/disable"): Action.MANAGE_USERS,
    ("POST", "/api/users/{user_id}/enable"): Action.MANAGE_USERS,
    ("POST", "/api/users/{user_id}/password"): Action.MANAGE_USERS,
    ("POST", "/api/users/{user_id}/sign-out"): Action.MANAGE_USERS,
    ("GET", "/api/audit"): Action.SEE_AUDIT,
    ("GET", "/api/audit/actions"): Action.SEE_AUDIT,
    ("GET", "/api/audit/export"): Action.SEE_AUDIT,
    ("GET", "/api/audit/chain"): Action.SEE_AUDIT,
    ("POST", "/api/audit/verify"): Action.SEE_AUDIT,
    ("GET", "/api/system"): Action.SEE_SYSTEM,
    ("GET", "/api/administration/units"): Action.SEE_INSTALLATIONS,
    ("GET", "/api/administration/units/{unit}"): Action.SEE_INSTALLATIONS,
    ("POST", "/api/administration/units/{unit}/bind"): Action.CHANGE_INSTALLATIONS,
    ("POST", "/api/administration/units/{unit}/unbind"): Action.CHANGE_INSTALLATIONS,
    ("POST", "/api/administration/units/{unit}/retire"): Action.CHANGE_INSTALLATIONS,
    ("POST", "/api/administration/patients"): Action.CHANGE_INSTALLATIONS,
    ("GET", "/fhir/metadata"): None,
    ("GET", "/fhir/{kind}"): Action.READ_FHIR,
    ("GET", "/fhir/{kind}/{resource_id}"): Action.READ_FHIR,
    ("GET", "/fhir/Procedure/{treatment_id}/$export"): Action.READ_FHIR,
    ("GET", "/fhir/Patient/{patient_id}/$summary"): Action.READ_FHIR,
    ("GET", "/api/home"): Action.SEE_HOME,
    ("POST", "/api/home/help"): Action.SPEAK_FROM_HOME,
    ("POST", "/api/home/helped"): Action.SPEAK_FROM_HOME,
    ("POST", "/api/home/alerts/{alert_id}/handling"): Action.SPEAK_FROM_HOME,
    ("POST", "/api/home/symptoms"): Action.SPEAK_FROM_HOME,
    ("POST", "/api/users/{user_id}/patient"): Action.OPEN_HOMES,
    ("POST", "/api/receipts/{receipt}"): None,  # the word itself is the permission
    ("GET", "/problems/{name}"): None,
    ("GET", "/healthz"): None,
    ("GET", "/openapi.json"): None,
    ("GET", "/docs"): None,
    ("WS", "/ws"): Action.SEE_UNITS,
}


_ADDRESSES: Final = [
    (method, re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path)))) for method, path in ROUTES if method != "WS"
]


def methods_of(path: str) -> list[str]:
    """The methods that an address of the API takes; empty: there is no such address. HEAD goes with GET."""
    found = {method for method, address in _ADDRESSES if address.fullmatch(path)}
    return sorted(found | {"HEAD"} if "GET" in found else found)


@dataclass(frozen=True, slots=True)
class Scope:
    """All that decides what a session sees: two sessions of equal scope get the same bytes.

    Attributes:
        clinic_id: the only clinic visible, or None.
        all_clinics: whether every clinic is visible; then `clinic_id` is None.
        actions: what the role may do.
        sight: single patients that are seen beside, or instead of, that clinic (decision 43).
    """

    clinic_id: int | None
    all_clinics: bool
    actions: frozenset[Action]
    sight: Sight = OPEN

    def sees_clinic(self, clinic_id: int | None) -> bool:
        """Whether things of that clinic (None: bound to no clinic) are visible."""
        return self.all_clinics or (clinic_id is not None and clinic_id == self.clinic_id)

    def sees(self, clinic_id: int | None, patient_id: int | None) -> bool:
        """Whether a patient of that clinic is visible, or (None) a home of it that serves nobody."""
        if patient_id in self.sight.patients:
            return True
        return self.sees_clinic(clinic_id) and (patient_id is None or not self.sight.by_team)

    @property
    def sees_all_of_clinic(self) -> bool:
        """Whether every patient of its clinic is visible."""
        return not self.sight.by_team

    @property
    def clinics_of_queries(self) -> tuple[int | None, bool]:
        """What to ask the store for: the clinic, or True where a patient of another may be visible, too."""
        return self.clinic_id, self.all_clinics or bool(self.sight.patients)

    def is_as(self, other: Scope) -> bool:
        """Whether it is of the same role and clinic: the same person with other patients at most."""
        return (self.clinic_id, self.all_clinics, self.actions) == (other.clinic_id, other.all_clinics, other.actions)

    @property
    def viewer(self) -> Viewer:
        """The same for the database, which does not take our word for a single row (the second wall)."""
        sight = self.sight
        return Viewer(self.clinic_id, everything=self.all_clinics, by_team=sight.by_team, patients=sight.patients)

    def may(self, action: Action) -> bool:
        """Whether the role may do it at all."""
        return action in self.actions


def scope_of(role: Role, clinic_id: int | None, sight: Sight = OPEN, *, hides_names: bool = False) -> Scope:
    """The scope of a user, or of a screen on a wall; `hides_names`: no patient is named, whatever the role may."""
    actions = MAY[role] - {Action.SEE_PATIENTS} if hides_names else MAY[role]
    if role is Role.PATIENT:
        clinic_id = None  # of the clinic they belong to they see nothing but their own treatment
    return Scope(clinic_id, clinic_id is None and role in ACROSS_CLINICS, actions, sight)
