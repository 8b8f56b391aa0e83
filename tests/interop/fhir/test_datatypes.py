from __future__ import annotations

import numpy as np
import pytest

from interop.fhir import datatypes


def test_tidy_knows_no_null_and_nothing_empty() -> None:
    given = {"a": None, "b": [], "c": {"d": None}, "e": [None, {}, {"f": 0}], "g": False, "h": ""}
    assert datatypes.tidy(given) == {"e": [{"f": 0}], "g": False}


def test_times_are_utc_to_the_millisecond_also_before_1970() -> None:
    assert datatypes.instant(1_750_000_000_123_999) == "2025-06-15T15:06:40.123Z"
    assert datatypes.instant(-1) == "1969-12-31T23:59:59.999Z"


@pytest.mark.parametrize(
    ("value", "text"), [(float(np.float32(1.35)), "1.35"), (1e-7, "0.0000001"), (4e6, "4000000"), (-0.0, "0")]
)
def test_numbers_have_the_figures_they_have(value: float, text: str) -> None:
    assert datatypes.plain(value) == text


def test_staff_are_numbers_unless_named() -> None:
    assert "display" not in datatypes.person(4, None)
    assert datatypes.person(4, "Bo")["display"] == "Bo"
