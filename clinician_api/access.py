"""Who may do what: role × action, and routes as rows of one table.

Everything a session sees is further filtered by its clinic. A user without a clinic is bound to none: an administrator,
a technician or an operator without clinic sees all clinics; a clinical role without clinic sees nothing.

The written matrix is `docs/access.md`, generated from `MAY` and `ROUTES`; a test walks every route and the socket with
every role of two clinics and anonymously, and fails when a route is not in the table.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """What a person is here for."""

    NEPHROLOGIST = "nephrologist"
    NURSE = "nurse"
    ON_CALL = "on-call"
    TECHNICIAN = "technician"
    OPERATIONS = "operations"
    ADMINISTRATOR = "administrator"
    PATIENT = "patient"


class Action(StrEnum):
    """What can be done."""

    SEE_OWN_SESSION = "see own session"
    SEE_UNITS = "see units"  # which there are and their technical status
    SEE_PATIENTS = "see patients"  # names
    SEE_READINGS = "see readings"
    SEE_TREATMENTS = "see treatments"  # when they were, whose, and what they came to
    SEE_ALERTS = "see alerts"
    ACKNOWLEDGE = "acknowledge"
    SEE_NOTICES = "see notices"  # what was made of alerts, for whoever sees those; and troubles of the system
    SEE_TROUBLES = "see troubles"  # notices that are of no home: our own servers, the rota
    ANSWER_NOTICES = "answer notices"  # of those one sees
    SHELVE = "shelve"  # set an alert aside, and bring it back
    KEEP_CHANNELS = "keep channels"  # one's own: by what one is reached
    TRY_LIMITS = "try limits"  # on stored treatments; changes nothing


_OWN: Final = frozenset({Action.SEE_OWN_SESSION})
# All of them can be on call for somebody (alerts.rota.able).
_TECHNICAL: Final = _OWN | {Action.SEE_UNITS, Action.KEEP_CHANNELS}
_READS: Final = _TECHNICAL | {
    Action.SEE_PATIENTS, Action.SEE_READINGS, Action.SEE_TREATMENTS, Action.SEE_ALERTS, Action.SEE_NOTICES,
}  # fmt: skip
_ANSWERS: Final = _READS | {Action.ACKNOWLEDGE, Action.ANSWER_NOTICES, Action.SHELVE}

MAY: Final[dict[Role, frozenset[Action]]] = {
    Role.NEPHROLOGIST: _ANSWERS | {Action.TRY_LIMITS},
    Role.NURSE: _ANSWERS,
    Role.ON_CALL: _ANSWERS,
    # Of notices only the troubles they were asked about.
    Role.TECHNICIAN: _TECHNICAL | {Action.SEE_NOTICES, Action.ANSWER_NOTICES},
    # Troubles of the system are for operations: no other notice is seen, so no other is answered.
    Role.OPERATIONS: _TECHNICAL | {Action.SEE_NOTICES, Action.SEE_TROUBLES, Action.ANSWER_NOTICES},
    # Runs the accounts, reads what is his clinic's; answers nothing.
    Role.ADMINISTRATOR: _READS | {Action.SEE_TROUBLES},
    Role.PATIENT: _OWN,  # the patient's own page comes with its own routes
}

# Roles that may look after several clinics at once; for the others a missing clinic means nothing to see.
ACROSS_CLINICS: Final = frozenset({Role.TECHNICIAN, Role.OPERATIONS, Role.ADMINISTRATOR})

# (method, path) -> what is needed; None: anybody, also without a session.
ROUTES: Final[dict[tuple[str, str], Action | None]] = {
    ("POST", "/api/session"): None,
    ("GET", "/api/session"): Action.SEE_OWN_SESSION,
    ("DELETE", "/api/session"): Action.SEE_OWN_SESSION,
    ("GET", "/api/demo-accounts"): None,
    ("GET", "/api/signals"): Action.SEE_OWN_SESSION,
    ("GET", "/api/units"): Action.SEE_UNITS,
    ("GET", "/api/units/{unit}"): Action.SEE_UNITS,
    ("GET", "/api/units/{unit}/readings"): Action.SEE_READINGS,
    ("GET", "/api/units/{unit}/treatments"): Action.SEE_TREATMENTS,
    ("GET", "/api/patients/{patient_id}/treatments"): Action.SEE_TREATMENTS,
    ("POST", "/api/patients/{patient_id}/what-if"): Action.TRY_LIMITS,
    ("GET", "/api/treatments/{treatment_id}"): Action.SEE_TREATMENTS,
    ("GET", "/api/alerts"): Action.SEE_ALERTS,
    ("GET", "/api/alerts/{alert_id}"): Action.SEE_ALERTS,
    ("POST", "/api/alerts/{alert_id}/acknowledge"): Action.ACKNOWLEDGE,
    ("POST", "/api/alerts/{alert_id}/shelve"): Action.SHELVE,
    ("DELETE", "/api/alerts/{alert_id}/shelve"): Action.SHELVE,
    ("GET", "/api/notices"): Action.SEE_NOTICES,
    ("GET", "/api/notices/{notice_id}"): Action.SEE_NOTICES,
    ("GET", "/api/deliveries/{delivery_id}"): Action.SEE_NOTICES,
    ("POST", "/api/notices/{notice_id}/accept"): Action.ANSWER_NOTICES,
    ("POST", "/api/notices/{notice_id}/reject"): Action.ANSWER_NOTICES,
    ("POST", "/api/notices/{notice_id}/release"): Action.ANSWER_NOTICES,
    ("POST", "/api/notices/{notice_id}/take-over"): Action.ANSWER_NOTICES,
    ("GET", "/api/me/channels"): Action.KEEP_CHANNELS,
    ("POST", "/api/me/channels"): Action.KEEP_CHANNELS,
    ("POST", "/api/me/channels/{channel_id}/test"): Action.KEEP_CHANNELS,
    ("DELETE", "/api/me/channels/{channel_id}"): Action.KEEP_CHANNELS,
    ("GET", "/api/me/push-key"): Action.KEEP_CHANNELS,
    ("POST", "/api/receipts/{receipt}"): None,  # the word itself is the permission
    ("GET", "/healthz"): None,
    ("GET", "/openapi.json"): None,
    ("WS", "/ws"): Action.SEE_UNITS,
}


@dataclass(frozen=True, slots=True)
class Scope:
    """All that decides what a session sees: two sessions of equal scope get the same bytes.

    Attributes:
        clinic_id: the only clinic visible, or None.
        all_clinics: whether every clinic is visible; then `clinic_id` is None.
        actions: what the role may do.
    """

    clinic_id: int | None
    all_clinics: bool
    actions: frozenset[Action]

    def sees_clinic(self, clinic_id: int | None) -> bool:
        """Whether things of that clinic (None: bound to no clinic) are visible."""
        return self.all_clinics or (clinic_id is not None and clinic_id == self.clinic_id)

    def may(self, action: Action) -> bool:
        """Whether the role may do it at all."""
        return action in self.actions


def scope_of(role: Role, clinic_id: int | None) -> Scope:
    """The scope of a user."""
    return Scope(clinic_id, clinic_id is None and role in ACROSS_CLINICS, MAY[role])
