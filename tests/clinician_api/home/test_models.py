"""What is said from home, as it is taken."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from pydantic import ValidationError

from clinician_api.home.models import Symptom, TellSymptom

SAID = "01234567-89ab-cdef-0123-456789abcdef"


def test_every_symptom_is_taken_with_words_or_without() -> None:
    for what in get_args(Symptom):
        assert TellSymptom.model_validate({"said": SAID, "what": what}).words == ""
        assert TellSymptom.model_validate({"said": SAID, "what": what, "words": "a little"}).what == what


@pytest.mark.parametrize(
    "wrong",
    [{"said": "once"}, {"what": "fine"}, {"words": "x" * 501}, {"at": "2026-01-01T00:00:00"}, {"patient_id": "1"}],
    ids=str,
)
def test_what_is_no_saying_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        TellSymptom.model_validate({"said": SAID, "what": "cramps", **wrong})
