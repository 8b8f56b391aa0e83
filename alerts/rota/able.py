"""Whether a person who is named can answer at all: known, let in, of a role and a clinic whose alerts they may take."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from telemetry.rota import Audience, Person, Rota

# Roles of clinician_api.access.Role; a test holds the clinical ones to be those that may acknowledge.
ANSWERS: Final[dict[Audience, frozenset[str]]] = {
    Audience.CLINICAL: frozenset({"nephrologist", "nurse", "on-call"}),
    Audience.TECHNICAL: frozenset({"technician", "operations"}),
    Audience.OPERATIONS: frozenset({"operations", "technician", "administrator"}),
}


class Unable(StrEnum):
    """Why nobody would answer a shift."""

    NOBODY = "nobody is named"
    UNKNOWN = "there is no account of the person named"
    DISABLED = "the account of the person named is disabled"
    ROLE = "the role of the person named may not answer"
    CLINIC = "the person named is of another clinic"


def why_not(rota: Rota, user_id: int | None, people: Mapping[int, Person]) -> Unable | None:
    """Why a person named on a rota cannot answer; None when they can."""
    if user_id is None:
        return Unable.NOBODY
    person = people.get(user_id)
    return Unable.UNKNOWN if person is None else why_not_for(rota.clinic_id, rota.audience, person)


def why_not_for(clinic_id: int | None, audience: Audience, person: Person) -> Unable | None:
    """Why a person cannot answer an audience's alerts of a clinic, or of all (None).

    A clinical role without clinic sees nothing; technical and operations roles without one look after all.
    """
    if person.disabled:
        return Unable.DISABLED
    if person.role not in ANSWERS[audience]:
        return Unable.ROLE
    bound_elsewhere = person.clinic_id is not None and person.clinic_id != clinic_id
    sees_nothing = person.clinic_id is None and audience is Audience.CLINICAL
    return Unable.CLINIC if bound_elsewhere or sees_nothing else None
