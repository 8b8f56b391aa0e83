"""Patient and Organization. A patient is a number unless the receiver may see names."""

from __future__ import annotations

from typing import Final

from interop.fhir.datatypes import OURS, Json, coding, identifier, reference, tidy

_PSEUDONYM: Final = coding("http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "PSEUDED", "pseudonymized")


def patient(patient_id: int, clinic_id: int | None, name: str | None) -> Json:
    """Patient. `name` None: pseudonymous, and its security label says so."""
    return tidy(
        {
            "resourceType": "Patient",
            "id": str(patient_id),
            "meta": {"security": [_PSEUDONYM] if name is None else []},
            "identifier": [identifier("patient", str(patient_id))],
            "active": True,
            "name": [] if name is None else [{"use": "usual", "text": name}],
            "managingOrganization": None if clinic_id is None else reference("Organization", str(clinic_id)),
        }
    )


def organization(clinic_id: int, name: str) -> Json:
    """Organization: a clinic."""
    return {
        "resourceType": "Organization",
        "id": str(clinic_id),
        "identifier": [{"system": OURS + "clinic", "value": str(clinic_id)}],
        "active": True,
        "name": name,
    }
