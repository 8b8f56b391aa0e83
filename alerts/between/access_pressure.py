"""R30: venous access pressure ratio above its limit in treatments one after the other: the outflow narrows."""

from __future__ import annotations

from alerts.adequacy import access_pressure, needle_calibration
from alerts.between.plausible import plausible, refused
from alerts.between.schema import Answer, Numbers, active, missing, normal, pending
from alerts.between.words import count, quantity
from alerts.out_of_range import OutOfRange
from telemetry.alarms import Priority
from telemetry.care import DAY_US, Access
from telemetry.past import Past, PastTreatment


class AccessPressureLimits(Numbers, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Above `ratio` in the last `in_a_row` treatments that could be evaluated, all of them within `within_days`."""

    ratio: float
    in_a_row: float
    within_days: float

    def check(self) -> None:
        """A share of arterial pressure, some treatments."""
        if not 0 < self.ratio < 1 or not 1 <= self.in_a_row <= 20 or self.within_days <= 0:
            raise ValueError("ratio: between 0 and 1; in_a_row 1 to 20; within_days above 0")


def judge(limits: AccessPressureLimits, past: Past, at: int) -> Answer:
    """The ratio of treatment number `at` and of those before it."""
    newest = past.treatments[at]
    try:
        ratio = _ratio(past, newest)
    except OutOfRange as error:
        return missing(refused(error))
    except LookupError as error:
        return missing(str(error.args[0]))
    row = 1 if ratio > limits.ratio else 0
    for one in reversed(past.treatments[:at]):
        if not 0 < row < limits.in_a_row or newest.start_us - one.start_us > limits.within_days * DAY_US:
            break
        try:
            above = _ratio(past, one) > limits.ratio
        except (OutOfRange, LookupError):
            continue  # says nothing, neither way
        if not above:
            break
        row += 1
    inputs = {"ratio": ratio, "in_a_row": float(row)}
    limit = quantity(limits.ratio, "", 3)
    said = f"Venous access pressure ratio {quantity(ratio, '', 3)}"
    if row >= limits.in_a_row:
        return active(f"{said}, above {limit} in {count(row, 'treatment')} running", Priority.LOW, **inputs)
    if row:
        wanted = f"{count(row, 'treatment')} running of {quantity(limits.in_a_row, '', 0)}"
        return pending(f"{said}, above {limit}: {wanted}", Priority.LOW, **inputs)
    return normal(f"{said}, not above {limit}", **inputs)


def _ratio(past: Past, treatment: PastTreatment) -> float:
    """LookupError with what is missing; OutOfRange from the formulas."""
    access = past.holding(Access, treatment.start_us)
    if access is None:
        raise LookupError("no vascular access on record")
    if access.kind == "catheter":
        raise LookupError("a catheter has no outflow of its own")
    if not access.needle:
        raise LookupError("the needle is not calibrated")
    venous, flow = plausible("venous_pressure", treatment.venous), plausible("blood_flow", treatment.flow)
    if venous is None or flow is None:
        raise LookupError("venous pressure at a steady blood flow not measured, or implausible")
    flows, pressures = zip(*access.needle, strict=True)
    needle = needle_calibration.vdp0(flow, flows, pressures)
    return access_pressure.venous_ratio(venous, needle.value, _mean_pressure(treatment), flow).value


def _mean_pressure(treatment: PastTreatment) -> float:
    measured = plausible("mean_pressure", treatment.mean_pressure)
    if measured is not None:
        return measured
    systolic, diastolic = (
        plausible(name, value) for name, value in (("systolic", treatment.systolic), ("diastolic", treatment.diastolic))
    )
    if systolic is None or diastolic is None:
        raise LookupError("no blood pressure in the treatment, or implausible")
    return access_pressure.mean_pressure(systolic, diastolic)
