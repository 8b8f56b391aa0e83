"""R35: drift from one treatment to the next, against the patient's own first treatments at the same blood flow.

A chart per quantity. Its baseline are the first treatments that can be compared with the one looked at: at its blood
flow, through the access that is in use. Limits have their final width from the start
(docs/decisions/0020-rules-between-treatments.md).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from alerts.between.plausible import plausible
from alerts.between.schema import Answer, Numbers, active, missing, normal
from alerts.between.words import quantity
from alerts.out_of_range import OutOfRange
from alerts.statistics import cusum, ewma
from alerts.statistics.standard_score import standard_scores
from telemetry.alarms import Priority
from telemetry.care import Access
from telemetry.past import Past, PastTreatment


class DriftLimits(Numbers, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The charts' numbers, in standard deviations of the baseline.

    Attributes:
        chart: which one signals. weight, limit: λ and L of the EWMA. k, h: of the CUSUM.
        baseline: so many treatments make one. flow_percent: blood flows this near are equal.
    """

    chart: Literal["ewma", "cusum"]
    weight: float
    limit: float
    k: float
    h: float
    baseline: float
    flow_percent: float

    def check(self) -> None:
        """What the charts take, and a baseline that is one."""
        try:
            self.ewma(), self.cusum()
        except OutOfRange as error:
            raise ValueError(f"{error.what}: {error.value:g}, allowed: {error.allowed}") from error
        if self.baseline < 10 or not 0 < self.flow_percent <= 20:
            raise ValueError("baseline: at least 10 treatments; flow_percent above 0, at most 20")

    def ewma(self) -> ewma.Design:
        """Limits of final width."""
        return ewma.Design(self.weight, self.limit, exact_limits=False)

    def cusum(self) -> cusum.Design:
        """Both sides, from 0."""
        return cusum.Design(self.k, self.h)


@dataclass(frozen=True, slots=True)
class _Quantity:
    """What is charted. `at_flow`: only treatments at the same blood flow compare."""

    label: str
    unit: str
    of: Callable[[PastTreatment], float | None]
    at_flow: bool = True


def _dose_rate(treatment: PastTreatment) -> float | None:
    # K/V: the clearance, as long as the patient's water is the same.
    spktv, minutes = plausible("online_spktv", treatment.spktv), treatment.treated_min
    return 60 * spktv / minutes if spktv and minutes else None


_QUANTITIES: Final = (
    _Quantity("venous pressure", "mmHg", lambda one: plausible("venous_pressure", one.venous)),
    _Quantity("arterial pressure", "mmHg", lambda one: plausible("arterial_pressure", one.arterial)),
    _Quantity("clearance (Kt/V per hour)", "/h", _dose_rate),
    _Quantity(
        "systolic pressure before", "mmHg", lambda one: plausible("systolic", one.systolic_before), at_flow=False
    ),
)


@dataclass(frozen=True, slots=True)
class _Seen:
    """One quantity of one treatment. Exactly one of `why` (not evaluated) and the rest."""

    label: str
    why: str = ""
    drifts: bool = False
    said: str = ""
    inputs: tuple[tuple[str, float], ...] = ()


def judge(limits: DriftLimits, past: Past, at: int) -> Answer:
    """All quantities of treatment number `at`; normal only when each of them could be compared."""
    seen = [_see(limits, past, at, one) for one in _QUANTITIES]
    inputs = dict(pair for one in seen for pair in one.inputs)
    drifting = [one for one in seen if one.drifts]
    lacking = [f"{one.label}: {one.why}" for one in seen if one.why]
    if drifting:
        return active(f"Drift between treatments: {'; '.join(one.said for one in drifting)}", Priority.LOW, **inputs)
    if lacking:
        return missing("; ".join(lacking), **inputs)
    return normal(f"No drift: {', '.join(one.label for one in seen)}", **inputs)


def _see(limits: DriftLimits, past: Past, at: int, what: _Quantity) -> _Seen:
    newest = past.treatments[at]
    if what.of(newest) is None:
        return _Seen(what.label, "not measured, or implausible")
    if what.at_flow and newest.flow is None:
        return _Seen(what.label, "blood flow not measured")
    comparable = _comparable(limits, past, at) if what.at_flow else past.treatments[: at + 1]
    known = np.array([value for value in map(what.of, comparable) if value is not None])
    count = round(limits.baseline)
    if len(known) <= count:
        here = " at this blood flow" if what.at_flow else ""
        return _Seen(what.label, f"{len(known) - 1} of {count} treatments for a baseline{here}")
    mean, deviation = float(known[:count].mean()), float(known[:count].std(ddof=1))
    scores = standard_scores(known[count:], mean, deviation)
    if np.isnan(scores[-1]):
        return _Seen(what.label, "it did not move in all of its baseline")
    reached, beyond = _chart(limits, scores)
    names = what.label.partition(" (")[0].replace(" ", "_")
    inputs = ((names, float(known[-1])), (f"{names}_baseline", mean), (f"{names}_chart", reached))
    now, usual = quantity(float(known[-1]), what.unit, 2), quantity(mean, what.unit, 2)
    sigmas = quantity(reached, "standard deviations", 2)
    said = f"{what.label} {now} against {usual} in its baseline, {limits.chart.upper()} at {sigmas}"
    return _Seen(what.label, "", beyond, said, inputs)


def _comparable(limits: DriftLimits, past: Past, at: int) -> list[PastTreatment]:
    """The treatments up to number `at` at its blood flow and through its access."""
    newest = past.treatments[at]
    flow = newest.flow or 0.0
    access = past.since(Access, newest.start_us)
    first_us = access[0] if access else 0
    near = limits.flow_percent / 100 * flow
    return [
        one
        for one in past.treatments[: at + 1]
        if one.flow is not None and abs(one.flow - flow) <= near and one.start_us >= first_us
    ]


def _chart(limits: DriftLimits, scores: np.typing.NDArray[np.float64]) -> tuple[float, bool]:
    """Where the chart stands after the last score, in standard deviations, and whether that is beyond its limits."""
    if limits.chart == "ewma":
        chart = ewma.chart(scores, limits.ewma())
        return float(chart.means[-1]), bool(chart.signal[-1])
    up, down = cusum.upper(scores, limits.cusum()), cusum.lower(scores, limits.cusum())
    reached = max(float(up.sums[-1]), float(down.sums[-1]))
    return (reached if up.sums[-1] >= down.sums[-1] else -reached), bool(up.signal[-1] or down.signal[-1])
