from __future__ import annotations

from pathlib import Path

from interop.fhir.capability import capability_statement
from interop.fhir.parameters import PARAMETERS
from tests.interop import checkers


def test_it_is_made_of_the_table_and_stands_before_the_judges(judges: Path) -> None:
    made = capability_statement("https://dialysis.example/fhir", "9.9")
    assert checkers.complaints(judges, [made]) == []
    (rest,) = made["rest"]
    told = {one["type"]: [inner["name"] for inner in one["searchParam"]] for one in rest["resource"]}
    assert told == {kind: [one.name for one in some] for kind, some in PARAMETERS.items()}
    assert made["implementation"]["url"] == "https://dialysis.example/fhir"
    assert (made["software"]["version"], made["fhirVersion"]) == ("9.9", "4.0.1")
