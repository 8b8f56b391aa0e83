"""How resources go out together: one a line, a Bundle that a receiver can resolve by itself, a page of a search."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID, uuid5

from interop.fhir.datatypes import Json, instant


def lines(resources: Sequence[Json]) -> Iterator[bytes]:
    """NDJSON as FHIR Bulk Data has it: references are relative, `Patient/7`."""
    for resource in resources:
        yield text(resource)


def bundle(resources: Sequence[Json], namespace: UUID, now_us: int, kind: str = "collection") -> Json:
    """A Bundle of type collection; or a document, whose first resource is its Composition.

    There is no server at which `Patient/7` could be asked for, and another installation has a Patient/7 of its own: so
    each entry has a `urn:uuid:` made from `namespace`, new for each export, and references are those.
    """
    place = {
        f"{one['resourceType']}/{one['id']}": f"urn:uuid:{uuid5(namespace, one['resourceType'] + '/' + one['id'])}"
        for one in resources
    }
    return {
        "resourceType": "Bundle",
        **({"identifier": {"system": "urn:ietf:rfc:3986", "value": namespace.urn}} if kind == "document" else {}),
        "type": kind,
        "timestamp": instant(now_us),
        "entry": [
            {"fullUrl": place[f"{one['resourceType']}/{one['id']}"], "resource": _with(one, place)} for one in resources
        ],
    }


def searchset(base: str, found: Sequence[Json], own: str, following: str | None, said: Json | None = None) -> Json:
    """A page of a search at the server `base`: `own` is what was asked for, as understood, `following` the next page.

    `said`: an OperationOutcome about the search itself.
    """
    links = [{"relation": "self", "url": own}]
    links += [] if following is None else [{"relation": "next", "url": following}]
    entries: list[Json] = [
        {"fullUrl": f"{base}/{one['resourceType']}/{one['id']}", "resource": one, "search": {"mode": "match"}}
        for one in found
    ]
    entries += [] if said is None else [{"resource": said, "search": {"mode": "outcome"}}]
    return {
        "resourceType": "Bundle", "type": "searchset", "link": links, **({"entry": entries} if entries else {}),
    }  # fmt: skip


def stamped(resource: Json) -> Json:
    """The same with the digest of its content as its version: whatever of it changes, the version does."""
    held = {key: value for key, value in resource.get("meta", {}).items() if key != "versionId"}
    bare = {**resource, "meta": held}
    digest = hashlib.sha256(json.dumps(bare, sort_keys=True, allow_nan=False).encode()).hexdigest()[:32]
    front = {key: value for key, value in resource.items() if key in ("resourceType", "id")}
    return {**front, "meta": {"versionId": digest, **held}, **{k: v for k, v in resource.items() if k != "meta"}}


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
