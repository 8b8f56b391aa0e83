"""A day of data on a small box: 128 MB, a fifth of a core, and nothing grows, dies or comes late.

The short form is 45 simulated minutes in 45 seconds and looks at what a loaded machine cannot spoil: memory. The long
form (HOMEHD_CHAOS=long) is the whole day in 24 minutes.
"""

from __future__ import annotations

import os

import pytest

from bench import edge
from bench.cage import available

LONG = os.environ.get("HOMEHD_CHAOS") == "long"


@pytest.fixture
def walls() -> None:
    if not available():
        pytest.skip("a control group with limits needs root: run as root")


@pytest.mark.chaos
@pytest.mark.timeout(1800)
def test_memory_stays_flat_and_small_over_a_day_of_data(walls: None) -> None:
    edge.import_s(1)  # compiles, as the installation of the package does
    shown = edge.soak(24 * 60 if LONG else 45, 1 / edge.SPEED, caged=True)
    assert shown.kills == 0
    assert shown.peak < 40e6
    assert shown.growth < (1e6 if LONG else 3e6)
    assert shown.cage_peak <= edge.MEMORY
    assert shown.cpu_share < edge.CPU_SHARE
    assert shown.readings > 0.1 * shown.polls
    if LONG:
        assert shown.readings > 0.98 * shown.polls
        assert shown.delay_s(0.99) < 5.0
        assert shown.rows_left < 600


@pytest.mark.chaos
def test_the_first_reading_is_out_soon_after_the_start() -> None:
    edge.import_s(1)
    best = min(edge.soak(6, 1.0, caged=False).first_reading_s or 99.0 for _ in range(2))
    assert best < 3.0 * float(os.environ.get("HOMEHD_SLOWNESS", "2"))
