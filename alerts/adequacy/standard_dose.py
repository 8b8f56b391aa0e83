"""stdKt/V: the dose of a week as one number, so that different schedules can be compared."""

from __future__ import annotations

from dataclasses import dataclass
from math import expm1

from alerts.adequacy.ranges import check
from alerts.adequacy.urea_kinetics import ektv_tattersall_arterial
from alerts.out_of_range import OutOfRange

_HOURS_A_WEEK = 168.0
_NAME = "stdKt/V"


@dataclass(frozen=True, slots=True)
class WeeklyDose:
    """A standard Kt/V.

    Attributes:
        value: per week, ultrafiltration and residual function included.
        fixed_volume: the same without either. ektv: the equilibrated dose it was worked out from.
    """

    value: float
    fixed_volume: float
    ektv: float


def gotch_leypoldt(spktv: float, ektv: float, hours: float, per_week: float) -> float:
    """The form in print: [168 (1 − e^−e)/t] / [(1 − e^−e)/sp + 168/(N t) − 1], per week.

    `spktv`, `ektv` 0.01…5; `hours` of each of `per_week` (1…14) treatments, 0.1…24, together at most 168.
    Source: Gotch–Leypoldt, KDOQI 2006 [C].
    """
    check(_NAME, spktv=spktv)
    return _standard(ektv, spktv, hours, per_week)


def fixed_volume(ektv: float, hours: float, per_week: float, spktv: float | None = None) -> float:
    """The form of fixed-volume theory: e where the printed form has sp, per week.

    Ranges as `gotch_leypoldt`; `spktv` is not used, but must be possible when it is given. Source: Gotch 1998 [C].
    """
    if spktv is not None:
        check(_NAME, spktv=spktv)
    return _standard(ektv, ektv, hours, per_week)


def fhn(
    spktv: float, hours: float, per_week: float, uf_week_l: float, volume_l: float,
    kru_ml_min: float = 0.0, ektv: float | None = None,
) -> WeeklyDose:  # fmt: skip
    """FHN 2010, with ultrafiltration and residual function, per week.

    S/(1 − (0.74/N) UFw/V) + Kru (0.974/(sp + 1.62) + 0.4) 10.08/V. S is the printed Gotch–Leypoldt form; without
    `ektv`, e is Tattersall's for an arterial access.

    `uf_week_l` litres a week, 0…50; `volume_l` urea distribution volume, 5…100; `kru_ml_min` residual urea clearance,
    0…20; the others as `gotch_leypoldt`. (0.74/N) UFw/V must be less than 1.
    Source: FHN 2010 [M], against simulation 0.4 % without and 1.5 % with residual function.
    """
    check(_NAME, spktv=spktv, uf_week_l=uf_week_l, volume_l=volume_l, kru_ml_min=kru_ml_min)
    equilibrated = ektv_tattersall_arterial(spktv, hours) if ektv is None else ektv
    inner = _standard(equilibrated, spktv, hours, per_week)
    share = 0.74 / per_week * uf_week_l / volume_l
    if share >= 1.0:
        raise OutOfRange(_NAME, "(0.74/N) UFw/V", share, "less than 1: is UFw in litres?")
    residual = kru_ml_min * (0.974 / (spktv + 1.62) + 0.4) * 10.08 / volume_l
    return WeeklyDose(inner / (1.0 - share) + residual, inner, equilibrated)


def _standard(ektv: float, inner: float, hours: float, per_week: float) -> float:
    check(_NAME, ektv=ektv, hours=hours, per_week=per_week)
    if hours * per_week > _HOURS_A_WEEK:
        raise OutOfRange(_NAME, "hours of a week", hours * per_week, "at most 168 h")
    removed = -expm1(-ektv)
    return _HOURS_A_WEEK * removed / hours / (removed / inner + _HOURS_A_WEEK / (per_week * hours) - 1.0)
