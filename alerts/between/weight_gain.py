"""R26: weight gained between two treatments, as a share of the target weight."""

from __future__ import annotations

from alerts.between import weights
from alerts.between.schema import Answer, Numbers, active, missing, normal
from alerts.between.words import moment, quantity
from telemetry.alarms import Priority
from telemetry.past import Past


class WeightGainLimits(Numbers, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Per cent of the target weight above which it counts.

    Attributes:
        implausible_percent: beyond, up or down, one of the weights is none in kg.
    """

    low_percent: float
    medium_percent: float
    implausible_percent: float

    def check(self) -> None:
        """The levels in their order."""
        if not 0 < self.low_percent < self.medium_percent < self.implausible_percent:
            raise ValueError("low_percent: above 0, below medium_percent, and that below implausible_percent")


def judge(limits: WeightGainLimits, past: Past, at: int) -> Answer:
    """What was gained before treatment number `at` since the one before it."""
    treatment = past.treatments[at]
    now = weights.before(past, at)
    if now is None:
        return missing("no weight before the treatment")
    if at == 0:
        return missing("no treatment before it")
    previous = past.treatments[at - 1]
    then = weights.after(past, at - 1)
    if then is None:
        return missing(f"no weight after the treatment of {moment(previous.start_us)}")
    target = past.target_kg(treatment.start_us)
    if target is None:
        return missing("no target weight")
    gain = round(now - then, 3)
    percent = round(100 * gain / target, 4)
    inputs = {"weight_before_kg": now, "weight_after_previous_kg": then, "target_weight_kg": target}
    if abs(percent) > limits.implausible_percent:
        said = f"implausible: {quantity(gain, 'kg')} against {quantity(target, 'kg')} target weight"
        return missing(f"{said} – are all weights in kg?", **inputs)
    if now == then == weights.before(past, at - 1):
        return missing(f"three weighings in a row say {quantity(now, 'kg', 2)}: not weighed anew", **inputs)
    inputs["gain_percent"] = percent
    share = f"{quantity(gain, 'kg')} gained since {moment(previous.start_us)}, {quantity(percent, '%')}"
    for priority, limit in ((Priority.MEDIUM, limits.medium_percent), (Priority.LOW, limits.low_percent)):
        if percent > limit:
            text = f"Weight gain between treatments: {share} of the target weight, above {quantity(limit, '%')}"
            return active(text, priority, **inputs)
    return normal(f"{share} of the target weight", **inputs)
