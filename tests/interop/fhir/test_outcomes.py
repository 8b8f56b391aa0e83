from __future__ import annotations

from pathlib import Path

from clinician_api.web.problems import statuses
from interop.fhir.outcomes import issue_type, outcome
from tests.interop import checkers


def test_every_status_of_ours_is_a_word_of_fhirs(judges: Path) -> None:
    made = [outcome("error", issue_type(status), "said", "http.date") for status in sorted(statuses() | {406, 418})]
    assert checkers.complaints(judges, made) == []
    assert (issue_type(401), issue_type(500)) == ("login", "exception")
    assert "expression" not in outcome("warning", "invalid", "said")["issue"][0]
