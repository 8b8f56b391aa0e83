"""Blood flow through the vascular access, from what exchanged lines do to the measurement."""

from __future__ import annotations

from alerts.adequacy.ranges import check, check_as
from alerts.out_of_range import OutOfRange

_NAME = "access flow"


def reversed_lines(qb: float, ratio: float, uf_ml_min: float = 0.0) -> float:
    """Access flow in mL/min with the lines exchanged: Qb (1/R − 1), with ultrafiltration (Qb − UF)(1 − R)/R.

    `qb` blood flow 0…700 mL/min, more than the ultrafiltration; `ratio` R, the share that recirculates, 0.01…0.99;
    `uf_ml_min` 0…100. Source: Krivitski's dilution [M].
    """
    check(_NAME, qb=qb, ratio=ratio, uf_ml_min=uf_ml_min)
    if uf_ml_min >= qb:
        raise OutOfRange(_NAME, "qb", qb, f"more than the ultrafiltration, {uf_ml_min:g} mL/min")
    return (qb - uf_ml_min) * (1.0 - ratio) / ratio


def by_dialysance(k: float, cn: float, cr: float) -> float:
    """Access flow in mL/min from dialysance with normal and with exchanged lines: K Cr/(Cn − Cr).

    `k` clearance of the dialyser, `cn` and `cr` measured with lines normal and exchanged, all 1…1000 mL/min; `cn` at
    least 1 mL/min above `cr`, or the measurement's noise would be the answer. Source: Goldau/Gagel [C].
    """
    for what, value in (("k", k), ("cn", cn), ("cr", cr)):
        check_as(_NAME, what, "clearance", value)
        if value < 1.0:
            raise OutOfRange(_NAME, what, value, "at least 1 mL/min")
    if cn - cr < 1.0:
        raise OutOfRange(_NAME, "cn − cr", cn - cr, "at least 1 mL/min: were the lines exchanged?")
    return k * cr / (cn - cr)
