"""What the hospital's provider says of a person, in our words. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from clinician_api.access import ACROSS_CLINICS, Role
from clinician_api.signin.options import ALL_CLINICS, HospitalOptions
from clinician_api.signin.reasons import Reason, Refused


@dataclass(frozen=True, slots=True)
class Person:
    """Who came from the provider.

    Attributes:
        email: "" unless the provider vouches for it. role, clinic: what the claims say; None: they do not say it, the
            account here does. clinic may be ALL_CLINICS.
    """

    subject: str
    email: str
    name: str
    role: Role | None
    clinic: str | None


def person(claims: Mapping[str, Any], options: HospitalOptions) -> Person:
    """The person of verified claims. Refused when a mapping is set and gives no role or no clinic."""
    email = claims.get("email")
    said = claims.get("email_verified")
    vouched = said is True or said == "true" or options.trust_email
    known = isinstance(email, str) and 3 <= len(email) <= 254 and "@" in email[1:-1] and "\0" not in email
    address = str(email).strip() if known and vouched else ""
    name = claims.get("name")
    role = _role(claims, options)
    return Person(
        subject=str(claims["sub"]),
        email=address,
        name=name.strip()[:200] if isinstance(name, str) and name.strip() else address,
        role=role,
        clinic=_clinic(claims, options, role),
    )


def values(claims: Mapping[str, Any], path: str) -> list[str]:
    """The texts of a claim, one or a list; `a.b` is b within a, unless a claim is called `a.b` itself."""
    found: Any = claims.get(path)
    if found is None:
        found = claims
        for part in path.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
    if isinstance(found, str):
        return [found]
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []


def _role(claims: Mapping[str, Any], options: HospitalOptions) -> Role | None:
    if not options.role_claim:
        return None
    said = set(values(claims, options.role_claim))
    for value, role in options.roles.items():
        if value in said and role in options.allowed_roles:
            return Role(role)
    raise Refused(Reason.NO_ROLE, f"{options.role_claim} has none of the values that are mapped")


def _clinic(claims: Mapping[str, Any], options: HospitalOptions, role: Role | None) -> str | None:
    if not options.clinic_claim:
        return None
    said = set(values(claims, options.clinic_claim))
    for value, clinic in options.clinics.items():
        if value in said and (clinic != ALL_CLINICS or role is None or role in ACROSS_CLINICS):
            return clinic
    # Of all clinics is who is said to be, never who is of none: a group that was forgotten must not make more of them.
    raise Refused(Reason.NO_CLINIC, f"{options.clinic_claim} has none of the values that are mapped")
