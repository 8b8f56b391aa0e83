from __future__ import annotations

import numpy as np

from alerts.records import Context
from bench.rules_naive import LIMITS, Naive
from telemetry import signals
from telemetry.treatment import Phase

CONTEXT = Context(target_weight_kg=70, prescribed_conductivity_ms_cm=14.0, heparin_stop_min=30)
NORMAL = {
    "venous_pressure": 140.0, "arterial_pressure": -120.0, "transmembrane_pressure": 80.0, "systolic": 130.0,
    "dialysate_conductivity": 14.0, "dialysate_temperature": 36.5, "ultrafiltration_rate": 500.0,
    "ultrafiltration_volume": 100.0, "ultrafiltration_target": 2000.0, "heparin_rate": 1.0, "blood_pump_running": 1.0,
    "treatment_elapsed": 60.0, "treatment_remaining": 180.0,
}  # fmt: skip


class Bedside:
    """One treatment, seconds in, names of the limits crossed out."""

    def __init__(self) -> None:
        self._naive = Naive([CONTEXT], [90.0])
        self._now = 0
        for _ in range(60):
            assert not self.second(treatment_elapsed=4.5)

    def second(self, *, safety: bool = False, phase: Phase = Phase.TX, **changed: float) -> list[tuple[str, str]]:
        self._now += 1
        values = np.full((1, signals.COUNT), np.nan, np.float32)
        for name, value in (NORMAL | changed).items():
            values[0, signals.BY_NAME[name].number] = value
        alarms = np.array([[safety, False]])
        crossed = self._naive.step(self._now, np.array([0], np.intp), np.array([phase], np.uint8), values, alarms)
        return [(LIMITS[limit].name, LIMITS[limit].priority) for _, limit in crossed]

    def silent(self) -> list[str]:
        self._now += 1
        nothing = np.zeros((0, signals.COUNT), np.float32)
        crossed = self._naive.step(
            self._now, np.zeros(0, np.intp), np.zeros(0, np.uint8), nothing, np.zeros((0, 2), np.bool_)
        )
        return [LIMITS[limit].name for _, limit in crossed]


def test_each_limit_speaks_at_its_first_reading_beyond_and_at_no_other() -> None:
    beyond = {
        "venous pressure low": {"venous_pressure": 119.0},
        "arterial pressure low": {"arterial_pressure": -201.0},
        "transmembrane pressure high": {"transmembrane_pressure": 301.0},
        "systolic low": {"systolic": 89.0},
        "systolic high": {"systolic": 180.0},
        "conductivity off": {"dialysate_conductivity": 14.4},
        "dialysate temperature": {"dialysate_temperature": 39.1},
        "ultrafiltration rate high": {"ultrafiltration_rate": 701.0},
        "ultrafiltration overrun": {"ultrafiltration_volume": 2101.0},
        "heparin stopped": {"heparin_rate": 0.0},
        "blood pump stopped": {"blood_pump_running": 0.0},
        "value implausible": {"arterial_pressure": 900.0},
    }
    for name, changed in beyond.items():
        bedside = Bedside()
        assert not bedside.second()
        assert [crossed for crossed, _ in bedside.second(**changed)] == [name]
        assert not bedside.second(**changed)
    at_limit = Bedside()
    assert not at_limit.second(
        venous_pressure=250.0, arterial_pressure=-200.0, transmembrane_pressure=300.0, systolic=90
    )


def test_a_value_that_hovers_about_a_limit_alerts_at_every_crossing() -> None:
    bedside = Bedside()
    told = [bedside.second(venous_pressure=251.0 - second % 2) for second in range(6)]
    assert told == [[("venous pressure high", "medium")], []] * 3


def test_values_are_watched_in_the_treatment_proper_only_and_alarms_while_a_patient_is_connected() -> None:
    bedside = Bedside()
    assert not bedside.second(venous_pressure=90.0, treatment_remaining=0.0)
    assert not bedside.second(venous_pressure=300.0, treatment_elapsed=4.9)
    assert not bedside.second(safety=True, phase=Phase.DIS)
    assert bedside.second(safety=True, treatment_remaining=0.0) == [("machine alarm, safety", "high")]


def test_silence_is_told_after_two_seconds_of_a_treatment_and_not_after_it() -> None:
    bedside = Bedside()
    assert [bedside.silent() for _ in range(3)] == [[], ["silence"], []]
    bedside.second(phase=Phase.POSTTX)
    assert [bedside.silent() for _ in range(3)] == [[], [], []]
