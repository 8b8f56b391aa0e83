"""What pressures a patient's last treatments had at each blood flow: ground for limits that a person signs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from store.pool import Connection
from store.queries import run
from telemetry.signals import BY_NAME
from telemetry.treatment import Phase

# Within 25 mL/min pressures differ by less than they do from day to day [D].
BAND_ML_MIN: Final = 50
# Fewer minutes are a passage from one flow to another.
LEAST_MINUTES: Final = 30

Spread = tuple[float | None, float | None, float | None]


@dataclass(frozen=True, slots=True)
class Band:
    """One blood flow, to the nearest 50 mL/min.

    Attributes:
        treatments, minutes: how many had it, and for how long together.
        venous, arterial, transmembrane: median, and what 95 % and 99 % of readings do not pass towards the limit (for
            the arterial pressure that is the more negative side), mmHg; None where nobody measured it.
    """

    flow_ml_min: int
    treatments: int
    minutes: int
    venous: Spread
    arterial: Spread
    transmembrane: Spread


def bands(conn: Connection, patient_id: int, treatments: int) -> list[Band]:
    """Over so many of their last treatments that are over, by rising flow; implausible values are left out."""
    parameters = {
        "patient": patient_id, "limit": treatments, "phase": int(Phase.TX), "band": BAND_ML_MIN, "least": LEAST_MINUTES,
        "flow": BY_NAME["blood_flow"].number, "venous": BY_NAME["venous_pressure"].number,
        "arterial": BY_NAME["arterial_pressure"].number, "transmembrane": BY_NAME["transmembrane_pressure"].number,
    }  # fmt: skip
    return [
        Band(flow, count, minutes, _spread(venous), _spread(arterial), _spread(transmembrane))
        for flow, count, minutes, venous, arterial, transmembrane in run(conn, "own_baseline", parameters)
    ]


def _spread(found: list[float] | None) -> Spread:
    if found is None:
        return None, None, None
    median, most, nearly_all = found
    return median, most, nearly_all
