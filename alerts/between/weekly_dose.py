"""R28: the dose of a week, as standard Kt/V of what was really delivered.

Judged once a week, of the weeks before: on every second day weeks of three and of four treatments take turns, so one
alone would say more about the calendar than about the dose.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from alerts.adequacy import standard_dose, urea_kinetics
from alerts.between.plausible import plausible, refused
from alerts.between.schema import Answer, Numbers, Verdict, active, missing, normal
from alerts.between.words import count, quantity
from alerts.out_of_range import OutOfRange
from telemetry.alarms import Priority
from telemetry.care import DAY_US, Access
from telemetry.past import Past, PastTreatment

_WEEK_US: Final = 7 * DAY_US
# 1970-01-01 was a Thursday: Mondays lie four days after multiples of a week.
_MONDAY_US: Final = 4 * DAY_US
# So many equal doses to the digit are one figure that stands still.
_STUCK: Final = 4


class WeeklyDoseLimits(Numbers, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Standard Kt/V below which it counts, over the last `weeks` whole weeks."""

    low: float
    medium: float
    weeks: float

    def check(self) -> None:
        """The levels in their order."""
        if not 0 < self.medium < self.low or not 1 <= self.weeks <= 8:
            raise ValueError("low: above medium, and that above 0; weeks 1 to 8")


def judge(limits: WeeklyDoseLimits, past: Past) -> Verdict:
    """The weeks (Monday to Sunday, UTC) that ended last."""
    end_us = (past.now_us - _MONDAY_US) // _WEEK_US * _WEEK_US + _MONDAY_US
    span_us = round(limits.weeks) * _WEEK_US
    within = [one for one in past.treatments if end_us - span_us <= one.start_us < end_us]
    answer = _answer(limits, past, within, end_us, span_us)
    year, week, _ = datetime.fromtimestamp((end_us - 1) // 1_000_000, UTC).isocalendar()
    return answer.about(f"week {year}-W{week:02d}", end_us, end_us + _WEEK_US)


def _answer(limits: WeeklyDoseLimits, past: Past, within: list[PastTreatment], end_us: int, span_us: int) -> Answer:
    if past.bound_us > end_us - span_us:
        return missing(f"not followed for {count(round(limits.weeks), 'whole week')} yet")
    if not within:
        return missing("no treatment in this time")
    doses = [plausible("online_spktv", one.spktv) for one in within if one.summarised]
    known = [one for one in doses if one is not None and one > 0]
    if len(known) < len(within):
        return missing(f"{len(within) - len(known)} of {count(len(within), 'treatment')} without a plausible Kt/V")
    if len(known) >= _STUCK and len(set(known)) == 1:
        return missing(f"Kt/V stands still: {quantity(known[0], '', 2)} in all of {count(len(known), 'treatment')}")
    access = past.holding(Access, end_us)
    try:
        value, inputs = _dose(within, access, 7 * DAY_US * len(within) / span_us)
    except OutOfRange as error:
        return missing(refused(error))
    except LookupError as error:
        return missing(str(error.args[0]))
    said = f"Weekly standard Kt/V {quantity(value, '', 2)} (Gotch–Leypoldt) of {count(len(within), 'treatment')}"
    for priority, limit in ((Priority.MEDIUM, limits.medium), (Priority.LOW, limits.low)):
        if value < limit:
            return active(f"{said}, below {quantity(limit, '', 2)}", priority, **inputs)
    return normal(said, **inputs)


def _dose(within: list[PastTreatment], access: Access | None, per_week: float) -> tuple[float, dict[str, float]]:
    single = _mean([one.spktv or 0.0 for one in within])
    hours = _mean([(one.treated_min or 0.0) / 60 for one in within])
    equilibrated = _mean([_equilibrated(one, access) for one in within])
    value = round(standard_dose.gotch_leypoldt(single, equilibrated, hours, per_week), 6)
    return value, {"stdktv": value, "spktv": single, "ektv": equilibrated, "hours": hours, "per_week": per_week}


def _equilibrated(treatment: PastTreatment, access: Access | None) -> float:
    told = plausible("online_ektv", treatment.ektv)
    if told:
        return told
    if access is None:
        raise LookupError("no vascular access on record, and the machine tells no equilibrated Kt/V")
    formula = urea_kinetics.ektv_venous if access.kind == "catheter" else urea_kinetics.ektv_arterial
    return formula(treatment.spktv or 0.0, (treatment.treated_min or 0.0) / 60)


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)
