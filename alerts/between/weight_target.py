"""R27: how far the weight after a treatment is from its target, once and again and again."""

from __future__ import annotations

from alerts.between import weights
from alerts.between.schema import Answer, Numbers, active, missing, normal
from alerts.between.words import count, quantity
from telemetry.alarms import Priority
from telemetry.past import Past


class WeightTargetLimits(Numbers, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Kilograms off the target, either way, above which it counts.

    Attributes:
        share_percent: medium when more than `medium_kg` off in at least so many per cent of the last `recent`
            treatments, of which at least `least` were weighed.
        implausible_kg: beyond, one of the weights is none in kg.
        moved_ml: so much removed must show on the scale.
    """

    low_kg: float
    medium_kg: float
    share_percent: float
    recent: float
    least: float
    implausible_kg: float
    moved_ml: float

    def check(self) -> None:
        """The levels in their order."""
        if not 0 < self.low_kg < self.medium_kg < self.implausible_kg:
            raise ValueError("low_kg: above 0, below medium_kg, and that below implausible_kg")
        if not 1 <= self.least <= self.recent <= 50 or not 0 < self.share_percent <= 100 or self.moved_ml <= 0:
            raise ValueError("recent: least to 50, least at least 1; share_percent 0 to 100; moved_ml above 0")


def judge(limits: WeightTargetLimits, past: Past, at: int) -> Answer:
    """The weight after treatment number `at`, and of those shortly before it."""
    off, why = _off(limits, past, at)
    if off is None:
        return missing(why)
    first = max(0, at + 1 - round(limits.recent))
    known = [abs(one) for i in range(first, at) if (one := _off(limits, past, i)[0]) is not None] + [abs(off)]
    far = sum(one > limits.medium_kg for one in known)
    share = 100 * far / len(known)
    inputs = {"off_target_kg": off, "weighed": float(len(known)), "far_off": float(far)}
    said = f"Weight after the treatment {quantity(abs(off), 'kg')} {'above' if off > 0 else 'below'} its target"
    if abs(off) > limits.medium_kg and len(known) >= limits.least and share >= limits.share_percent:
        often = f"more than {quantity(limits.medium_kg, 'kg')} off in {far} of {count(len(known), 'weighed treatment')}"
        return active(f"{said}; {often}, {quantity(limits.share_percent, '%')} or more", Priority.MEDIUM, **inputs)
    if abs(off) > limits.low_kg:
        return active(f"{said}, more than {quantity(limits.low_kg, 'kg')}", Priority.LOW, **inputs)
    return normal(f"Weight after the treatment within {quantity(limits.low_kg, 'kg')} of its target", **inputs)


def _off(limits: WeightTargetLimits, past: Past, at: int) -> tuple[float | None, str]:
    """Kilograms above the target; None, and why."""
    treatment = past.treatments[at]
    weight, target = weights.after(past, at), past.target_kg(treatment.start_us)
    if weight is None:
        return None, "no weight after the treatment"
    if target is None:
        return None, "no target weight"
    off = round(weight - target, 3)
    if abs(off) > limits.implausible_kg:
        said = f"implausible: {quantity(weight, 'kg')} after the treatment against {quantity(target, 'kg')}"
        return None, f"{said} target weight – are both in kg?"
    removed = treatment.removed_ml or 0.0
    if weight == weights.before(past, at) and removed >= limits.moved_ml:
        return None, f"the weight before was entered again, with {quantity(removed, 'mL', 0)} removed"
    return off, ""
