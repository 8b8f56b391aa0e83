"""VDP0: the venous pressure that needle and line alone would show, without an access behind them.

Frinak's coefficients are not public. So a clinic measures its own needles: pressure at several blood flows into an
open vessel, one series per gauge, and VDP0 = a Qb + b Qb² is fitted to them [C for the shape, D for the fit].
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import hypot, isfinite

from alerts.adequacy.ranges import check_as
from alerts.out_of_range import OutOfRange

_NAME = "VDP0"
# Flows whose quotients differ by less than a part in a thousand do not tell a from b.
_LEAST_SPREAD = 1e-3


@dataclass(frozen=True, slots=True)
class Calibration:
    """One gauge of needle.

    Attributes:
        value: VDP0 at the blood flow asked for, mmHg. a, b: its coefficients, mmHg per mL/min and per its square.
        rms: root of the mean square by which the measured pressures differ from the curve, mmHg.
    """

    value: float
    a: float
    b: float
    rms: float


def vdp0(qb: float, flows: Sequence[float], pressures: Sequence[float]) -> Calibration:
    """VDP0 in mmHg at blood flow `qb`, by least squares through the calibration's points and through zero.

    `flows` 1…700 mL/min, at least three of them different enough; `pressures` 0…500 mmHg; `qb` within the flows that
    were measured: nothing is extrapolated. A curve that falls below zero there is an error.
    """
    _check(qb, flows, pressures)
    # In units of the largest flow, so that neither tiny nor huge numbers arise.
    top = max(flows)
    u = [flow / top for flow in flows]
    uu, uuu, uuuu = (sum(x**power for x in u) for power in (2, 3, 4))
    up = sum(x * p for x, p in zip(u, pressures, strict=True))
    uup = sum(x * x * p for x, p in zip(u, pressures, strict=True))
    determinant = uu * uuuu - uuu * uuu
    if determinant <= _LEAST_SPREAD**2 * uu * uuuu:
        raise OutOfRange(_NAME, "spread of flows", max(u) - min(u), "flows further apart, at least three")
    a, b = (up * uuuu - uup * uuu) / determinant, (uu * uup - uuu * up) / determinant
    x = qb / top
    value = a * x + b * x * x
    if not isfinite(value) or value < 0:
        raise OutOfRange(_NAME, "VDP0", value, "at least 0 mmHg: check the calibration's points")
    off = hypot(*(p - a * x - b * x * x for x, p in zip(u, pressures, strict=True)))
    return Calibration(value, a / top, b / top**2, off / len(u) ** 0.5)


def _check(qb: float, flows: Sequence[float], pressures: Sequence[float]) -> None:
    if len(flows) < 3 or len(flows) != len(pressures):
        raise OutOfRange(_NAME, "number of points", min(len(flows), len(pressures)), "at least 3, a pressure per flow")
    for flow, pressure in zip(flows, pressures, strict=True):
        check_as(_NAME, "flow", "qb", flow)
        check_as(_NAME, "pressure", "vdp0", pressure)
        if flow < 1:
            raise OutOfRange(_NAME, "flow", flow, "at least 1 mL/min")
    if not min(flows) <= qb <= max(flows):
        raise OutOfRange(_NAME, "qb", qb, f"within what was measured, {min(flows):g} to {max(flows):g} mL/min")
