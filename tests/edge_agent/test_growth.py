from __future__ import annotations

from edge_agent.growth import Growth


def test_nothing_has_no_age() -> None:
    growth = Growth(0, 100.0)
    assert growth.age_s(0, 5000.0) is None


def test_its_age_begins_anew_with_each_more() -> None:
    growth = Growth(0, 100.0)
    assert growth.age_s(2, 200.0) == 0.0
    assert growth.age_s(2, 260.0) == 60.0
    assert growth.age_s(3, 300.0) == 0.0
    assert growth.age_s(3, 100_000.0) == 99_700.0


def test_what_was_there_before_counts_from_the_start() -> None:
    growth = Growth(7, 100.0)
    assert growth.age_s(7, 101.0) == 1.0
