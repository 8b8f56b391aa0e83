"""When a disk is low, and when full."""

from __future__ import annotations

import pytest

from telemetry.disk_limits import FULL, LOW, Limits


def test_those_that_ship_make_sense() -> None:
    assert Limits() == Limits(LOW, FULL)


@pytest.mark.parametrize(("low", "full"), [(0.1, 0.1), (0.05, 0.1), (1.0, 0.5), (0.5, 0.0)])
def test_limits_that_make_no_sense_are_refused(low: float, full: float) -> None:
    with pytest.raises(ValueError, match="database_disk_full < database_disk_low"):
        Limits(low, full)
