"""`homehd export fhir`, as a person runs it, on a treatment as it is stored; judged by others."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from store import patients, pool, registry
from store.patients import Prescription
from tests import command
from tests.evaluation.treated import START_US, treated
from tests.interop import checkers
from tests.store.test_treatment_record import alert


@pytest.fixture(scope="module")
def judges(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return checkers.install(tmp_path_factory.mktemp("judges"))


def test_a_stored_treatment_goes_out_whole(database_url: str, tmp_path: Path, judges: Path) -> None:
    with pool.connect(database_url) as conn:
        unit = registry.add_unit(conn, "Home 1", "North", START_US)
        patient = patients.add_patient(conn, "Ada Example", unit.clinic_id, Prescription(target_weight_kg=70))
        patients.bind(conn, unit.unit_id, patient, START_US - 9)
        alert(conn, unit, 100)
        number = treated(conn, unit.unit_id, 0, [150.0] * 60 + [float("nan")] * 60 + [140.0] * 60).treatment_id
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HOMEHD_")}
    environment = {**clean, "HOMEHD_HOME": str(tmp_path), "HOMEHD_DATABASE": database_url}
    words = ("export", "fhir", "--treatment", str(number))

    done = command.homehd(*words, environment=environment)
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.stderr.strip().endswith(f"{len(found)} resources of treatment {number}, without names")
    assert checkers.complaints(judges, found) == []
    assert checkers.dangling(found, [f"{one['resourceType']}/{one['id']}" for one in found]) == []
    assert "Ada" not in done.stdout
    courses = {one["id"]: one["valueSampledData"]["data"] for one in found if "valueSampledData" in one}
    assert courses[f"{number}.venous-pressure.course"] == "150.5 E 140.5"
    kinds = {one["resourceType"] for one in found}
    assert {"Procedure", "DetectedIssue", "Flag", "CarePlan", "Provenance"} <= kinds

    file = tmp_path / "x.json"
    more = command.homehd(*words, "--format", "bundle", "--names", "--output", str(file), environment=environment)
    assert more.returncode == 0, more.stderr
    whole = json.loads(file.read_text())
    assert checkers.complaints_about_bundle(judges, whole) == []
    inside = [entry["resource"] for entry in whole["entry"]]
    assert checkers.dangling(inside, [entry["fullUrl"] for entry in whole["entry"]]) == []
    assert "Ada Example" in file.read_text()

    nothing = command.homehd("export", "fhir", "--treatment", "99", "--output", str(file), environment=environment)
    assert nothing.returncode == 1
    assert "treatment 99" in nothing.stderr and "Traceback" not in nothing.stderr
    assert json.loads(file.read_text()) == whole
