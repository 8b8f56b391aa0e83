"""Symptoms: that one was told, and for how long it counts."""

from __future__ import annotations

import numpy as np

from alerts.detectors import symptom
from alerts.inputs import Round
from alerts.table import NEVER, Field, Table
from tests.alerts.building import SECOND


def now(second: int) -> Round:
    zeros = np.zeros(3, np.int64)
    time, phase, no = np.full(3, second * SECOND, np.int64), zeros.astype(np.uint8), zeros.astype(np.bool_)
    nothing = np.zeros((3, 1), np.float32)
    return Round(slice(0, 3), time, zeros, phase, phase, no, nothing, nothing.astype(np.uint8))


def test_it_counts_for_less_than_the_span_and_never_where_none_was_told() -> None:
    table = Table([Field("unit.symptom", "i8", NEVER)], 3)
    table["unit.symptom"][:] = [NEVER, 0, 100 * SECOND]
    span = np.array([900 * SECOND, 0], np.int64)
    assert symptom.told(now(500), table).tolist() == [False, True, True]
    assert symptom.within(now(899), table, span).tolist() == [[False, False], [True, False], [True, False]]
    assert symptom.within(now(900), table, span).tolist() == [[False, False], [False, False], [True, False]]
