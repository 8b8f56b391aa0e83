"""Provenance: who made these resources, in which version, by which versions of which rules."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from interop.fhir.datatypes import OURS, Json, coding, concept, instant, reference, tidy
from interop.fhir.devices import OURSELVES

_ASSEMBLER = concept(
    "Assembler",
    coding("http://terminology.hl7.org/CodeSystem/provenance-participant-type", "assembler", "Assembler"),
)


def provenance(
    provenance_id: str, resources: Sequence[Json], rules: Iterable[tuple[str, str]], version: str, now_us: int
) -> Json:
    """Provenance of all these resources; `rules`: (rule, version) of every finding among them."""
    return tidy(
        {
            "resourceType": "Provenance",
            "id": provenance_id,
            "target": [reference(one["resourceType"], one["id"]) for one in resources],
            "recorded": instant(now_us),
            "agent": [{"type": _ASSEMBLER, "who": reference("Device", OURSELVES, f"homehd {version}")}],
            "entity": [
                {
                    "role": "source",
                    "what": {
                        "identifier": {"system": f"{OURS}rule-version", "value": f"{rule}/{of}"},
                        "display": f"rule {rule}, version {of}",
                    },
                }
                for rule, of in sorted(set(rules))
            ],
        }
    )
