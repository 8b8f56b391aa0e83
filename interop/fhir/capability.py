"""CapabilityStatement: what `/fhir` does, made of the table that decides it."""

from __future__ import annotations

from typing import Final

from interop.fhir.datatypes import Json, tidy
from interop.fhir.parameters import OF_NOBODY, PARAMETERS, Parameter

# When what it says last changed.
DATE: Final = "2026-11-30"
_STANDARD: Final = "http://hl7.org/fhir/SearchParameter/"
_SHARED: Final = {"_id": "Resource-id", "_lastUpdated": "Resource-lastUpdated"}
# name of the standard's definition, where several types share it
_CLINICAL: Final = {
    "patient": {
        "Procedure", "Observation", "DetectedIssue", "Flag", "CarePlan",
    },
    "date": {"Procedure", "Observation", "Flag", "CarePlan"},
    "code": {"Procedure", "Observation"},
}  # fmt: skip
_ABOUT: Final = (
    "Read-only, and no live view: that nothing is found says nothing of a patient's health. Where nothing is stored at "
    "the moment, and the newest is missing, a search says so (search mode outcome). "
    "What there is of a patient who is treated at home: machine, treatments, alerts, pages to staff, prescription, who "
    "looked. Patients and staff are numbers and typed text is left out, unless `names=true` is asked for, by who sees "
    "names on the dashboard; that is on record apart. A search of anything that is a patient's says whose (`patient`, "
    "`subject`, `_id`; `part-of` and a DeviceMetric as `device` of an Observation, `target` of a Provenance, `entity` "
    "of an AuditEvent), by one value. Newest first; no `_sort`, `_include`, `_revinclude`, modifiers or chains; no "
    "`total`. A page may hold fewer entries than asked for, also none, and have a `next`. "
    "What is nobody's is not found, but for a Procedure, an Observation and a Device. "
    "Not served, since nothing of it is kept here: MedicationRequest, Consent, Practitioner, Encounter, Condition."
)
_SECURITY: Final = (
    "The session of the dashboard: POST /api/session with the Origin of this server, then the cookie. Everybody sees "
    "what they see there: roles, clinics, care teams, members until a day. Each look at a patient is on record. No "
    "OAuth, no SMART."
)


def capability_statement(base: str, version: str) -> Json:
    """For the server at `base`, in the version that answers."""
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": DATE,
        "kind": "instance",
        "software": {"name": "homehd", "version": version},
        "implementation": {"description": "Remote monitoring of home hemodialysis", "url": base},
        "fhirVersion": "4.0.1",
        "format": ["json", "application/fhir+json"],
        "rest": [
            {
                "mode": "server",
                "documentation": _ABOUT,
                "security": {"description": _SECURITY},
                "resource": [_resource(kind) for kind in PARAMETERS],
            }
        ],
    }


def _resource(kind: str) -> Json:
    return tidy(
        {
            "type": kind,
            "interaction": [{"code": "read"}, {"code": "search-type"}],
            # The version of a resource is the digest of its content, and the ETag; earlier versions are not kept.
            "versioning": "versioned",
            "conditionalRead": "full-support",
            "documentation": None if kind in OF_NOBODY else "A search says whose.",
            "searchParam": [
                tidy({"name": one.name, "definition": definition(kind, one), "type": str(one.sort)})
                for one in PARAMETERS[kind]
            ],
            "operation": _OPERATIONS.get(kind, []),
        }
    )


_OPERATIONS: Final[dict[str, list[Json]]] = {
    "Patient": [
        {
            "name": "summary",
            "definition": "urn:homehd:operation:summary",
            "documentation": "GET Patient/7/$summary: a Bundle of type document for who takes over, or is asked: "
            "prescription, last treatments, alerts of 30 days. Not an International Patient Summary.",
        }
    ],
    "Procedure": [
        {
            "name": "export",
            "definition": "urn:homehd:operation:export",
            "documentation": "GET Procedure/12/$export: everything of a treatment as application/fhir+ndjson, at once.",
        }
    ],
}


def definition(kind: str, one: Parameter) -> str | None:
    """Where HL7 says what a parameter means; None of ours."""
    if one.ours:
        return None
    if one.name in _SHARED:
        return _STANDARD + _SHARED[one.name]
    shared = kind in _CLINICAL.get(one.name, ())
    return f"{_STANDARD}{'clinical' if shared else kind}-{one.name}"
