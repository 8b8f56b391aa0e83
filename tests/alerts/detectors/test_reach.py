from __future__ import annotations

import numpy as np
import pytest

from alerts.detectors.base import Group
from alerts.detectors.reach import Reaches
from alerts.records import Context
from alerts.table import Table
from tests.alerts.building import RULES

AT = slice(0, 1)


def test_the_limit_and_its_deadband_move_together() -> None:
    reaches = Reaches("x", Group([RULES.rule("R10")], 0, 0))
    table = Table(reaches.fields, 1)
    for own, limit in ((None, 20.0), (12.0, 12.0), (None, 20.0)):
        limits = {} if own is None else {"R10 high": own}
        reaches.set_context(table, 0, Context(limits=limits))
        reach = reaches.of(table, AT)
        assert reach.out[0, 0] == pytest.approx(limit, abs=0.01)
        assert reach.near[0, 0] == pytest.approx(limit - 5.0, abs=0.01)
        assert (reach.least[0, 0], reach.back[0, 0]) == (reach.out[0, 0], np.float32(limit - 5.0))
        assert reaches.at(table, 0, 0) == limit


def test_twenty_is_twenty_in_float32_too() -> None:
    reaches = Reaches("x", Group([RULES.rule("R10")], 0, 0))
    reach = reaches.of(Table(reaches.fields, 1), AT)
    assert np.float32(130.1) - np.float32(110.1) >= reach.out[0, 0]
