from __future__ import annotations

from dataclasses import replace

from clinician_api.live.views import moment
from clinician_api.treatments.models import TreatmentView
from clinician_api.treatments.treatment_views import treatment_view
from store.treatment_queries import FoundTreatment, KeptSummary
from store.treatment_summaries import Span, Summary
from store.treatments import Interruption, Treatment
from telemetry.treatment import Cause, EndKnown
from tests.clinician_api.builders import NOW, SECOND

PAUSES = (
    Interruption(NOW + SECOND, NOW + 2 * SECOND, Cause.PHASE, "PRETX"),
    Interruption(NOW + 3 * SECOND, None, Cause.MACHINE_LOST),
)
TREATMENT = Treatment(NOW, NOW + 60 * SECOND, EndKnown.DERIVED, PAUSES, derived=True, unusual=2)
SUMMARY = Summary(60, 59.0, 1.0, None, 12.300000190734863, 1.5, None, 1.2, {"blood_flow": Span(3, 300.5, 290.0, 310.0)})
FOUND = FoundTreatment(
    7, "u-1", 1, 4, "Ada Example", 3, NOW, TREATMENT, KeptSummary(SUMMARY, 1, NOW, is_current=True, of_revision=3)
)


def test_all_that_is_known_is_told_as_described() -> None:
    view = treatment_view(FOUND)
    assert TreatmentView.model_validate(view).model_dump() == view
    assert view["patient"] == {"patient_id": "4", "name": "Ada Example"}
    assert (view["start"], view["end"], view["end_known"]) == (moment(NOW), moment(NOW + 60 * SECOND), "derived")
    assert [pause["phase"] for pause in view["interruptions"]] == ["PRETX", None]
    assert [pause["until"] for pause in view["interruptions"]] == [moment(NOW + 2 * SECOND), None]
    assert view["summary"]["volume_removed_ml"] == 12.3
    assert view["summary"]["signals"] == {"blood_flow": {"count": 3, "median": 300.5, "min": 290.0, "max": 310.0}}


def test_nobody_was_on_it() -> None:
    assert treatment_view(replace(FOUND, patient_id=None, patient=None))["patient"] is None


def test_one_that_goes_on_has_no_summary_whatever_was_thought_before() -> None:
    view = treatment_view(replace(FOUND, treatment=Treatment(NOW)))
    assert (view["end"], view["end_known"], view["summary"]) == (None, None, None)
    assert TreatmentView.model_validate(view)
    assert treatment_view(replace(FOUND, summary=None))["summary"] is None
