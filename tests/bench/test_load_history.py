from __future__ import annotations

from dataclasses import replace

import pytest

from bench import load_history
from bench.history import QUICK
from store import pool
from store.partitions import DAY_US

NOW_US = 1_750_000_000_000_000


def test_the_same_seed_gives_the_same_rows_up_to_yesterday(database_url: str) -> None:
    loaded = load_history.load(database_url, QUICK, NOW_US)
    day_us = NOW_US // DAY_US * DAY_US
    with pool.connect(database_url) as conn:
        rows, homes, first, last = conn.execute(
            "SELECT count(*), count(DISTINCT unit_id), to_us(min(time)), to_us(max(time)) FROM reading"
        ).fetchall()[0]
        # A median told is the median of the rows stored.
        told = conn.execute(
            "SELECT (signals->'venous_pressure'->>'median')::float8, (signals->'venous_pressure'->>'count')::int,"
            " percentile_cont(0.5) WITHIN GROUP (ORDER BY venous_pressure), count(*)"
            " FROM treatment_summary JOIN treatment USING (treatment_id)"
            " JOIN reading ON reading.unit_id = treatment.unit_id AND time BETWEEN started_at AND ended_at"
            " GROUP BY treatment_id, signals"
        ).fetchall()
    assert (rows, homes) == (loaded.rows, QUICK.homes)
    assert day_us - QUICK.year_days * DAY_US <= first < last < day_us
    assert len(told) == loaded.treatments
    for median, count, stored_median, stored in told:
        assert (median, count) == (pytest.approx(stored_median, rel=1e-6), stored)
    again = [[part.values.tobytes() for part in load_history._day(QUICK, 20_000, QUICK.homes_on(1))] for _ in range(2)]
    other = [part.values.tobytes() for part in load_history._day(replace(QUICK, seed=2), 20_000, QUICK.homes_on(1))]
    assert again[0] == again[1] != other


def test_a_scale_takes_homes_of_every_kind() -> None:
    whole = load_history.Plan()
    assert (whole.scaled(1).homes, whole.scaled(1).full) == (1000, 20)
    tenth = whole.scaled(0.1)
    assert (tenth.homes, tenth.full, tenth.year_homes, tenth.days) == (100, 2, 1, 90)
    assert (whole.scaled(0.001).homes, whole.scaled(0.001).full) == (2, 2)
    with pytest.raises(ValueError, match="full"):
        load_history.Plan(homes=1)
