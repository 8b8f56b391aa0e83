"""Total body water, in which urea is distributed."""

from __future__ import annotations

from typing import Literal

from alerts.adequacy.ranges import check
from alerts.out_of_range import OutOfRange

Sex = Literal["m", "f"]


def watson(sex: Sex, age: float, height_cm: float, weight_kg: float) -> float:
    """Watson's volume in L.

    Men 2.447 − 0.09516 age + 0.1074 cm + 0.3362 kg; women −2.097 + 0.1069 cm + 0.2466 kg (age plays no part).

    `age` 18…100 years (adults only, for both), `height_cm` 120…230, `weight_kg` 10…300. A volume of more than 0.9 L/kg
    is no answer. Source: Watson 1980 [C].
    """
    name = "Watson volume"
    check(name, age=age, height_cm=height_cm, weight_kg=weight_kg)
    if sex == "m":
        litres = 2.447 - 0.09516 * age + 0.1074 * height_cm + 0.3362 * weight_kg
    else:
        litres = -2.097 + 0.1069 * height_cm + 0.2466 * weight_kg
    # A straight line through ordinary bodies: somebody of 230 cm and 30 kg would be more water than body.
    if litres > 0.9 * weight_kg:
        raise OutOfRange(name, "litres per kg", litres / weight_kg, "at most 0.9: check height and weight")
    return litres
