"""FHIR's data types: how times, numbers, codes and references are written.

FHIR knows neither null nor an empty list: `tidy` leaves out what is not there, so that a resource is built in one go.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

Json = dict[str, Any]

UCUM: Final = "http://unitsofmeasure.org"
LOINC: Final = "http://loinc.org"
MDC: Final = "urn:iso:std:iso:11073:10101"
# Words of our own, for which no published code system has a code.
OURS: Final = "urn:homehd:"

_FIGURES: Final = 7  # what a float32 holds


def tidy(value: Mapping[str, Any]) -> Json:
    """The same without None, empty lists and empty objects, all the way down."""
    kept = {key: _tidy(inner) for key, inner in value.items()}
    return {key: inner for key, inner in kept.items() if not _is_empty(inner)}


def _tidy(value: Any) -> Any:
    if isinstance(value, Mapping):
        return tidy(value)
    if isinstance(value, list | tuple):
        return [inner for inner in map(_tidy, value) if not _is_empty(inner)]
    return value


def _is_empty(value: Any) -> bool:
    return value is None or value == "" or (isinstance(value, list | dict) and not value)


def instant(time_us: int) -> str:
    """Microseconds since 1970 as `instant` and `dateTime`: UTC, to the millisecond."""
    time = datetime.fromtimestamp(time_us // 1_000_000, UTC)
    return f"{time:%Y-%m-%dT%H:%M:%S}.{time_us % 1_000_000 // 1000:03d}Z"


def period(start_us: int, end_us: int | None) -> Json:
    """From start to end; no end: it goes on."""
    return tidy({"start": instant(start_us), "end": None if end_us is None else instant(end_us)})


def decimal(value: float) -> float:
    """A number with the figures it has: 1.35 stays 1.35, though a float32 held it."""
    return float(f"{value:.{_FIGURES}g}") + 0.0  # zero has no sign


def plain(value: float) -> str:
    """The same as text without an exponent, for SampledData."""
    return f"{Decimal(repr(decimal(value))).normalize():f}"


def quantity(value: float, ucum: str, unit: str | None = None) -> Json:
    """A value and its unit; the word for people is the UCUM code where there is no other."""
    return {"value": decimal(value), "unit": unit or ucum, "system": UCUM, "code": ucum}


def coding(system: str, code: str, display: str | None = None) -> Json:
    """One code of one system."""
    return tidy({"system": system, "code": code, "display": display})


def concept(text: str, *codings: Json) -> Json:
    """What is meant, in codes where there are any and always in words."""
    return tidy({"coding": list(codings), "text": text})


def own(kind: str, code: str, text: str) -> Json:
    """A concept of our own: `kind` names the list of words, `code` the word."""
    return concept(text, coding(OURS + kind, code, text))


def identifier(kind: str, value: str) -> Json:
    """What the same thing is called with us."""
    return {"system": OURS + kind, "value": value}


def reference(kind: str, of: str, display: str | None = None) -> Json:
    """To another resource of the same export."""
    return tidy({"reference": f"{kind}/{of}", "display": display})


def person(user_id: int, name: str | None) -> Json:
    """To somebody of the staff, by the number of the account: no resource of theirs goes out."""
    return tidy({"type": "Practitioner", "identifier": identifier("user", str(user_id)), "display": name})


def meta(changed_us: int, version: int | str | None = None, security: Sequence[Json] = ()) -> Json:
    """When the resource last changed, and which version of it this is."""
    return tidy(
        {
            "lastUpdated": instant(changed_us),
            "versionId": None if version is None else str(version),
            "security": list(security),
        }
    )
