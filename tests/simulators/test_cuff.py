from __future__ import annotations

import itertools
from random import Random

from simulators.cuff import Cuff
from simulators.faults import NOTHING, Effects
from simulators.patient import Patient, PatientParameters


def times(minutes: int, effects: Effects = NOTHING) -> list[float]:
    """When readings came, in minutes, with the effects beginning after twenty minutes."""
    cuff, patient, seen = Cuff(900.0), Patient(PatientParameters(), Random(5)), []
    for second in range(minutes * 60):
        count = cuff.count
        patient.step(1.0, 8.0, 0.0, effects if second > 1200 else NOTHING)
        cuff.step(1.0, float(second), patient)
        if cuff.count > count:
            seen.append(second / 60)
    return seen


def test_it_measures_on_schedule_and_takes_its_time() -> None:
    seen = times(60)
    assert 0.5 < seen[0] < 0.7
    assert all(15.0 < b - a < 16.0 for a, b in itertools.pairwise(seen))


def test_it_measures_soon_when_the_patient_is_faint_and_again_after_a_low_reading() -> None:
    seen = times(60, Effects(reserve_factor=0.0, vasodilation=0.3))
    low = [minute for minute in seen if minute > 20.0]
    assert low[0] < 24.0
    assert all(b - a < 4.0 for a, b in itertools.pairwise(low))
