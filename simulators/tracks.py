"""A few treatments computed once, to be told by many homes at once: realistic values at the price of a table."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

from simulators.scenario import Beginning, build, load_scenario
from telemetry import signals

_SHOWN: Final = tuple(
    signals.BY_NAME[name]
    for name in (
        "blood_flow", "blood_flow_setting", "arterial_pressure", "venous_pressure", "prefilter_pressure",
        "transmembrane_pressure", "dialysate_pressure", "dialysate_flow", "dialysate_conductivity",
        "dialysate_temperature", "ultrafiltration_rate", "ultrafiltration_volume", "ultrafiltration_target",
        "ultrafiltration_time_left", "treatment_elapsed", "treatment_remaining", "heparin_rate", "heparin_total",
        "blood_processed", "relative_blood_volume", "online_spktv", "systolic", "diastolic", "pulse_rate",
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sample:
    """One second of one treatment, ready for the wire.

    Attributes:
        phase: number of the phase. columns: catalogue number -> one little-endian float32.
    """

    phase: int
    columns: dict[int, bytes]

    def readings(self) -> dict[str, float]:
        """Signal name -> value exactly as sent."""
        return {signals.CATALOGUE[n].name: struct.unpack("<f", column)[0] for n, column in self.columns.items()}


def compute(seed: int, count: int, seconds: int) -> list[list[Sample]]:
    """`count` steady treatments of `seconds` samples, one a second, from different minutes of different patients."""
    scenario = load_scenario("steady")
    tracks = []
    for index in range(count):
        machine = build(scenario, seed * 1000 + index, Beginning(minute=10.0 + 200.0 * index / count))
        track = []
        for _ in range(seconds):
            machine.step(1.0)
            values = machine.values
            columns = {s.number: struct.pack("<f", values[s.name]) for s in _SHOWN if s.name in values}
            track.append(Sample(int(machine.phase), columns))
        tracks.append(track)
    return tracks
