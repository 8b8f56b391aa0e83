"""`homehd export hl7`, as a person runs it, on a treatment as it is stored; judged by others."""

from __future__ import annotations

import os
from pathlib import Path

from store import patients, pool, registry
from store.patients import Prescription
from tests import command
from tests.evaluation.treated import START_US, treated
from tests.interop.hl7.parsers import judged
from tests.store.test_treatment_record import alert


def test_a_stored_treatment_goes_out_whole(database_url: str, tmp_path: Path) -> None:
    with pool.connect(database_url) as conn:
        unit = registry.add_unit(conn, "Home 1", "North", START_US)
        patient = patients.add_patient(conn, "Ada Example", unit.clinic_id, Prescription(target_weight_kg=70))
        patients.bind(conn, unit.unit_id, patient, START_US - 9)
        alert(conn, unit, 100, 130)
        number = treated(conn, unit.unit_id, 0, [150.0] * 60 + [float("nan")] * 60 + [140.0] * 60).treatment_id
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HOMEHD_")}
    environment = {**clean, "HOMEHD_HOME": str(tmp_path), "HOMEHD_DATABASE": database_url}
    file = tmp_path / "treatment.hl7"
    words = ("export", "hl7", "--treatment", str(number), "--output", str(file))

    done = command.homehd(*words, environment=environment)
    assert done.returncode == 0, done.stderr
    whole = file.read_bytes().decode()
    found = ["MSH" + one for one in whole.split("MSH")[1:]]
    assert done.stderr.strip().endswith(f"{len(found)} messages of treatment {number}, without names")
    for text in found:
        judged(text)
    assert "Ada" not in whole and "|150.5|" in whole and "|start|" in whole and "|end|" in whole
    named = command.homehd(*words, "--names", environment=environment)
    assert named.returncode == 0 and "Ada Example" in file.read_text()

    nothing = command.homehd("export", "hl7", "--treatment", "99", environment=environment)
    assert nothing.returncode == 1 and "treatment 99" in nothing.stderr and "Traceback" not in nothing.stderr
