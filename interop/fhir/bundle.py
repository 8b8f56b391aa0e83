"""The two forms of an export: one resource a line, or one Bundle that a receiver can resolve by itself."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID, uuid5

from interop.fhir.datatypes import Json, instant


def lines(resources: Sequence[Json]) -> Iterator[bytes]:
    """NDJSON as FHIR Bulk Data has it: references are relative, `Patient/7`."""
    for resource in resources:
        yield text(resource)


def bundle(resources: Sequence[Json], namespace: UUID, now_us: int) -> Json:
    """A Bundle of type collection.

    There is no server at which `Patient/7` could be asked for, and another installation has a Patient/7 of its own: so
    each entry has a `urn:uuid:` made from `namespace`, new for each export, and references are those.
    """
    place = {
        f"{one['resourceType']}/{one['id']}": f"urn:uuid:{uuid5(namespace, one['resourceType'] + '/' + one['id'])}"
        for one in resources
    }
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "timestamp": instant(now_us),
        "entry": [
            {"fullUrl": place[f"{one['resourceType']}/{one['id']}"], "resource": _with(one, place)} for one in resources
        ],
    }


def text(resource: Json) -> bytes:
    """As one line of UTF-8. ValueError for a number JSON has no word for."""
    return json.dumps(resource, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode() + b"\n"


def _with(value: Any, place: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {
            key: place.get(inner, inner) if key == "reference" and isinstance(inner, str) else _with(inner, place)
            for key, inner in value.items()
        }
    return [_with(inner, place) for inner in value] if isinstance(value, list) else value
