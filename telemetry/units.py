"""The UCUM units we use, how each is printed, and the only conversions we do."""

from __future__ import annotations

from typing import Final

# UCUM code -> what a clinician reads on a screen.
PRINTED: Final[dict[str, str]] = {
    "mL/min": "mL/min",
    "mL/h": "mL/h",
    "mL": "mL",
    "L": "L",
    "mm[Hg]": "mmHg",
    "mS/cm": "mS/cm",
    "Cel": "°C",
    "min": "min",
    "%": "%",
    "1": "",
    "{beats}/min": "/min",
    "kg": "kg",
}

MILLILITRES_PER_LITRE: Final = 1000.0


def litres_to_millilitres(value: float) -> float:
    """Litres (or L/h) to millilitres (or mL/h), rounded to a hundredth so that 0.63 L/h is 630, not 629.9999."""
    return round(value * MILLILITRES_PER_LITRE, 2)


def millilitres_to_litres(value: float) -> float:
    """Millilitres (or mL/h) to litres (or L/h)."""
    return round(value / MILLILITRES_PER_LITRE, 5)
