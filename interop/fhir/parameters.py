"""What `/fhir` can be asked for: search parameters of each type, as one table; the CapabilityStatement is made of it.

Names and kinds are FHIR R4's own but for those marked `ours`, which the specification has for other types or in its
next release. A test compares with HL7's definitions.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Sort(StrEnum):
    """How a parameter's value is read."""

    TOKEN = "token"
    REFERENCE = "reference"
    DATE = "date"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One search parameter of a type.

    Attributes:
        paths: where in the resource its values are, by members' names.
        of: of references the only type that counts; empty: any.
        ours: not of R4 for this type.
    """

    name: str
    sort: Sort
    paths: tuple[str, ...]
    of: str = ""
    ours: bool = False


def _token(name: str, *paths: str, ours: bool = False) -> Parameter:
    return Parameter(name, Sort.TOKEN, paths or (name,), ours=ours)


def _date(name: str, *paths: str) -> Parameter:
    return Parameter(name, Sort.DATE, paths)


def _reference(name: str, *paths: str, of: str = "") -> Parameter:
    return Parameter(name, Sort.REFERENCE, paths or (name,), of)


_ID: Final = _token("_id", "id")
_UPDATED: Final = _date("_lastUpdated", "meta.lastUpdated")
_IDENTIFIER: Final = _token("identifier")
_SUBJECT: Final = (_reference("patient", "subject", of="Patient"), _reference("subject"))

PARAMETERS: Final[dict[str, tuple[Parameter, ...]]] = {
    "Patient": (_ID, _IDENTIFIER, _token("active"), _reference("organization", "managingOrganization")),
    "Organization": (_ID, _IDENTIFIER, _token("active")),
    "Device": (
        _ID, _IDENTIFIER, _token("status"), _token("type"), _reference("patient", of="Patient"),
        _reference("organization", "owner"),
    ),
    "DeviceMetric": (_ID, _IDENTIFIER, _token("category"), _token("type"), _reference("source")),
    "Procedure": (_ID, _UPDATED, *_SUBJECT, _date("date", "performedPeriod"), _token("code"), _token("status")),
    "Observation": (
        _ID, _UPDATED, *_SUBJECT, _date("date", "effectivePeriod"), _token("code"), _token("category"),
        _token("status"), _token("method"), _reference("device"), _reference("part-of", "partOf"),
    ),
    "DetectedIssue": (
        _ID, _UPDATED, _reference("patient", of="Patient"), _date("identified", "identifiedPeriod"), _token("code"),
        _reference("implicated"), _reference("author"), _token("status", ours=True),
    ),
    "Flag": (
        _ID, _UPDATED, *_SUBJECT, _date("date", "period"), _reference("author"), _token("status", ours=True),
        _token("category", ours=True), _token("code", ours=True),
    ),
    "Communication": (
        _ID, _UPDATED, *_SUBJECT, _date("sent", "sent"), _date("received", "received"), _token("category"),
        _token("medium"), _token("status"),
    ),
    "CarePlan": (_ID, *_SUBJECT, _date("date", "period"), _token("status"), _token("intent")),
    "AuditEvent": (
        _ID, _UPDATED, _reference("patient", "entity.what", of="Patient"), _date("date", "recorded"), _token("action"),
        _token("type"), _token("subtype"), _reference("entity", "entity.what"),
    ),
    "Provenance": (
        _ID, _reference("patient", "target", of="Patient"), _reference("target"), _date("recorded", "recorded"),
    ),
}  # fmt: skip

# What changes how an answer looks and not what is found.
COUNT, PAGE, FORMAT, NAMES = "_count", "_page", "_format", "names"
OF_THE_ANSWER: Final = (COUNT, PAGE, FORMAT, NAMES)
# By what a search is bounded: parameter -> types of what it may name. Nobody asks for everything of everybody.
_OF_TREATMENT: Final = ("Patient", "Procedure", "Observation", "CarePlan")
BOUNDS: Final[dict[str, tuple[str, ...]]] = {
    "patient": ("Patient",), "subject": ("Patient", "Device"), "part-of": ("Procedure",), "device": ("DeviceMetric",),
    "target": _OF_TREATMENT, "entity": ("Patient",),
}  # fmt: skip
OF_NOBODY: Final = frozenset({"Patient", "Organization", "Device", "DeviceMetric"})


def parameter(kind: str, name: str) -> Parameter | None:
    """A parameter of a type by its name."""
    return next((one for one in PARAMETERS[kind] if one.name == name), None)
