from __future__ import annotations

from alerts.between.words import count, moment, quantity
from tests.alerts.between.building import NOW_US


def test_times_numbers_and_counts_as_people_write_them() -> None:
    assert moment(NOW_US + 90_061_000_000) == "2026-03-03 01:01 UTC"
    assert quantity(-1.249, "kg") == "−1.2 kg"
    assert quantity(30.0, "min") == "30 min"
    assert quantity(0.5512, "", 2) == "0.55"
    assert (count(1, "treatment"), count(2, "treatment")) == ("1 treatment", "2 treatments")
