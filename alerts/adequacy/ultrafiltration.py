"""Water removed: how fast, and where it will end."""

from __future__ import annotations

from dataclasses import dataclass

from alerts.adequacy.ranges import check
from telemetry.units import litres_to_millilitres


@dataclass(frozen=True, slots=True)
class Projection:
    """Where ultrafiltration will end.

    Attributes:
        value: volume at the end in mL. excess_ml, excess_percent: beyond the goal; negative when it will fall short.
    """

    value: float
    excess_ml: float
    excess_percent: float


def uf_rate(uf_l: float, hours: float, weight_kg: float) -> float:
    """Ultrafiltration rate of a treatment in mL/kg/h: removed mL / hours / weight after.

    `uf_l` 0…20, `hours` 0.1…24, `weight_kg` 10…300. Source: Assimon 2016 (PMC5123913) [C], for limits of 10 and 13.
    """
    check("UF rate", uf_l=uf_l, hours=hours, weight_kg=weight_kg)
    # Rounded far below what can be measured, so that exactly 13 is never 13.000000000000002 and above a limit of 13.
    return round(litres_to_millilitres(uf_l) / (hours * weight_kg), 9)


def projection(removed_ml: float, rate_ml_h: float, minutes_left: float, goal_ml: float) -> Projection:
    """Volume at the end of the treatment in mL at the present rate: UFV + UFR × time left.

    `removed_ml` 0…20000, `rate_ml_h` 0…4000, `minutes_left` 0…1440, `goal_ml` 100…20000. Source: definition [D].
    """
    name = "UF projection"
    check(name, removed_ml=removed_ml, rate_ml_h=rate_ml_h, minutes=minutes_left, goal_ml=goal_ml)
    end = removed_ml + rate_ml_h * minutes_left / 60.0
    return Projection(end, end - goal_ml, 100.0 * (end - goal_ml) / goal_ml)
