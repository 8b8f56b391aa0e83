"""AuditEvent: who looked at a patient, or did something about them, as the chained record has it."""

from __future__ import annotations

import re
from typing import Final

from interop.fhir.datatypes import Json, coding, identifier, instant, meta, own, person, reference, tidy
from interop.fhir.devices import OURSELVES
from store.audit import Looked

_RECORD: Final = coding("http://dicom.nema.org/resources/ontology/DCM", "110110", "Patient Record")
_ACTOR: Final = re.compile(r"(user|kiosk):([0-9]{1,9})")
_LOOK: Final = "look at "


def event_id(patient_id: int, number: int) -> str:
    """A row that lists several patients is a resource of each: none of them is told of the others."""
    return f"{patient_id}.{number}"


def audit_event(row: Looked, patient_id: int, names: bool) -> Json:
    """AuditEvent: one row of the record, as far as it is about this patient."""
    return tidy(
        {
            "resourceType": "AuditEvent",
            "id": event_id(patient_id, row.event_id),
            "meta": meta(row.at_us),
            "type": _RECORD,
            "subtype": [coding("urn:homehd:deed", row.action, row.action)],
            "action": "R" if row.action.startswith(_LOOK) else "E",
            "recorded": instant(row.at_us),
            "outcome": "0",
            "agent": [
                {
                    "role": [own("role", row.role, row.role)] if row.role else [],
                    "who": _who(row, names),
                    "requestor": True,
                }
            ],
            "source": {"observer": reference("Device", OURSELVES)},
            "entity": [{"what": reference("Patient", str(patient_id))}],
        }
    )


def _who(row: Looked, names: bool) -> Json:
    name = row.name if names else None
    found = _ACTOR.fullmatch(row.actor)
    if found is None:
        return {"display": name or "the command line"}  # its user's name may be a person's
    if found[1] == "user":
        return person(int(found[2]), name)
    return tidy({"type": "Device", "identifier": identifier("kiosk", found[2]), "display": name})
