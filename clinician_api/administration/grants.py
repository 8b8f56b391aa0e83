"""Who may do what with whose account. Pure: asked again inside the transaction that changes it.

Nobody gives what lies above or beside them: an administrator of a clinic has to do with the accounts of that clinic
alone, and makes none that works for the whole system. Nobody locks the door behind themselves.
"""

from __future__ import annotations

from typing import Final

from clinician_api.access import ACROSS_CLINICS, Role
from clinician_api.web.errors import ApiError
from store.account_admin import ManagedAccount

# Roles of people. Operations runs the servers and answers for the troubles of all clinics: no clinic's to give.
GIVEN_BY_ALL: Final = frozenset(Role) - {Role.KIOSK}
GIVEN_BY_CLINIC: Final = GIVEN_BY_ALL - {Role.OPERATIONS}


def given_by(actor: ManagedAccount) -> frozenset[Role]:
    """The roles this administrator may give and take; none for whoever is no administrator now."""
    if actor.role != Role.ADMINISTRATOR or actor.disabled_us is not None:
        return frozenset()
    return GIVEN_BY_ALL if actor.clinic_id is None else GIVEN_BY_CLINIC


def may_see(actor: ManagedAccount, account: ManagedAccount) -> bool:
    """Whether the account is any business of theirs."""
    return actor.clinic_id is None or account.clinic_id == actor.clinic_id


def check_change(actor: ManagedAccount, account: ManagedAccount, *, others: int, closes: bool) -> None:
    """Nothing, or ApiError 403 or 409.

    `closes`: afterwards they are no administrator where they were one. `others`: administrators there would still be.
    """
    if account.role not in given_by(actor):
        hint = "an administrator of all clinics can do this"
        raise ApiError(403, "not yours to change", where=account.role, hint=hint)
    if closes and account.user_id == actor.user_id:
        raise ApiError(409, "that would lock yourself out", where="user", hint="ask another administrator")
    active = account.role == Role.ADMINISTRATOR and account.disabled_us is None
    if closes and active and not others:
        hint = "make another administrator first"
        raise ApiError(409, "that is the last administrator", where="user", hint=hint)


def check_grant(actor: ManagedAccount, role: Role, clinic_id: int | None) -> None:
    """Nothing, or ApiError: 403 for a role or clinic that is not theirs to give, 422 for one that sees nothing."""
    if role not in given_by(actor):
        hint = "an administrator of all clinics can give it"
        raise ApiError(403, "not yours to give", where="body.role", hint=hint)
    if actor.clinic_id is not None and clinic_id != actor.clinic_id:
        raise ApiError(403, "not yours to give", where="body.clinic", hint="accounts of your own clinic only")
    if clinic_id is None and role not in ACROSS_CLINICS:
        raise ApiError(422, "this role needs a clinic", where="body.clinic", hint="without one it would see nothing")
