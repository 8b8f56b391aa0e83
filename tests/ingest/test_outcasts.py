from __future__ import annotations

from ingest.outcasts import BURST, PER_S, STRANGERS_BURST, Budget


def test_a_unit_gone_mad_is_kept_ten_times_and_then_once_a_minute() -> None:
    budget = Budget()
    kept = sum(budget.take("u1", 0.0) for _ in range(1000))

    assert kept == BURST
    assert not budget.take("u1", 0.5 / PER_S)
    assert budget.take("u1", 1.1 / PER_S)


def test_units_have_allowances_of_their_own() -> None:
    budget = Budget()
    for _ in range(100):
        budget.take("u1", 0.0)

    assert budget.take("u2", 0.0)


def test_strangers_share_one() -> None:
    budget = Budget()

    assert sum(budget.take("", 0.0) for _ in range(1000)) == STRANGERS_BURST
