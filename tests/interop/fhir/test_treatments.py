from __future__ import annotations

import pytest

from interop.fhir import treatments
from interop.fhir.treatments import Course
from telemetry.signals import BY_NAME
from tests.interop.fhir.records import MINUTE, START, found

NAN = float("nan")


def test_a_gap_stays_a_gap() -> None:
    made = treatments.course(found(), Course(BY_NAME["venous_pressure"], START, MINUTE, [150.25, NAN, -0.0000123, 1e7]))
    data = made["valueSampledData"]
    assert data["data"] == "150.25 E -0.0000123 10000000"
    assert (data["period"], data["dimensions"], data["origin"]["code"]) == (60_000, 1, "mm[Hg]")
    assert made["effectivePeriod"] == {"start": "2025-06-15T15:06:40.000Z", "end": "2025-06-15T15:10:40.000Z"}


def test_totals_are_what_the_machine_said_and_nothing_else() -> None:
    made = {one["id"]: one for one in treatments.totals(found())}
    assert "12.online-ektv.total" not in made
    assert made["12.online-spktv.total"]["valueQuantity"] == {
        "value": 1.4, "unit": "1", "system": "http://unitsofmeasure.org", "code": "1",
    }  # fmt: skip
    # How much nobody saw goes with them.
    assert made["12.unseen.total"]["valueQuantity"]["value"] == 60
    assert {one["status"] for one in made.values()} == {"final"}
    assert {one["status"] for one in treatments.totals(found(current=False))} == {"preliminary"}


@pytest.mark.parametrize(("end", "status"), [(4, "completed"), (None, "in-progress")])
def test_what_is_doubtful_is_said(end: int | None, status: str) -> None:
    made = treatments.procedure(found(end=end))
    assert made["status"] == status
    said = " / ".join(note["text"] for note in made["note"])
    assert "inferred" in said and "no readings" in said
    assert ("derived" in said) == (end is not None)


def test_a_treatment_of_nobody_is_the_units() -> None:
    made = treatments.procedure(found(patient_id=None))
    assert made["subject"] == {"display": "nobody was bound to the unit"}
    assert treatments.totals(found(patient_id=None))[0]["subject"] == {"reference": "Device/h0000000a"}
