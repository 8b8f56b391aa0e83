"""R31: blood flow through the vascular access, against a limit for its kind and against what it was."""

from __future__ import annotations

from alerts.between.schema import Answer, Numbers, Verdict, active, missing, normal
from alerts.between.words import moment, quantity
from telemetry.alarms import Priority
from telemetry.care import DAY_US, QUANTITIES, Access, Measured, Measurement
from telemetry.past import Past


class AccessFlowLimits(Numbers, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """mL/min below which it counts, by kind of access.

    Attributes:
        drop_percent: or so much less than within `drop_days` before, to less than `drop_below`.
        max_age_days: an older measurement says nothing about now.
    """

    graft: float
    fistula: float
    drop_percent: float
    drop_days: float
    drop_below: float
    max_age_days: float

    def check(self) -> None:
        """Numbers that can be."""
        if min(self.graft, self.fistula, self.drop_days, self.drop_below, self.max_age_days) <= 0:
            raise ValueError("graft: above 0, and so are the others")
        if not 0 < self.drop_percent < 100:
            raise ValueError("drop_percent: between 0 and 100")


def judge(limits: AccessFlowLimits, past: Past) -> Verdict:
    """The newest measurement that can be, and those before it."""
    taken = list(past.of(Measured.ACCESS_FLOW))
    if not taken:
        return missing("no access flow measured").about("access flow", past.now_us)
    newest = taken[-1]
    old_us = newest.taken_us + round(limits.max_age_days * DAY_US)
    if past.now_us >= old_us:
        answer = missing(f"the last access flow is of {moment(newest.taken_us)}: too old to tell")
        return answer.about(f"measurement {newest.number}, old", past.now_us)
    return _answer(limits, past, taken).about(f"measurement {newest.number}", newest.taken_us, old_us)


def _answer(limits: AccessFlowLimits, past: Past, taken: list[Measurement]) -> Answer:
    newest = taken[-1]
    flow = newest.value
    inputs = {"access_flow_ml_min": flow}
    said = f"Access flow {quantity(flow, 'mL/min', 0)}"
    if not QUANTITIES[Measured.ACCESS_FLOW].accepts(flow):
        return missing(f"implausible: {said.lower()} – is it in mL/min?", **inputs)
    held = past.since(Access, newest.taken_us)
    if held is None:
        return missing("no vascular access on record", **inputs)
    since_us, access = held
    if access.kind == "catheter":
        return missing("a catheter has no access flow", **inputs)
    limit = limits.graft if access.kind == "graft" else limits.fistula
    if flow < limit:
        return active(f"{said}, below {quantity(limit, 'mL/min')} for a {access.kind}", Priority.LOW, **inputs)
    from_us = max(newest.taken_us - round(limits.drop_days * DAY_US), since_us)
    before = [one for one in taken[:-1] if one.taken_us >= from_us]
    if before and flow < limits.drop_below:
        highest = max(before, key=lambda one: one.value)
        inputs |= {"access_flow_before_ml_min": highest.value}
        drop = round(100 * (1 - flow / highest.value), 4)
        if drop >= limits.drop_percent:
            text = f"{said}, {quantity(drop, '%')} less than {moment(highest.taken_us)}"
            limit_text = (
                f"{quantity(limits.drop_percent, '%')} or more to below {quantity(limits.drop_below, 'mL/min')}"
            )
            return active(f"{text}: {limit_text}", Priority.LOW, **inputs)
    return normal(f"{said}, a {access.kind}", **inputs)
