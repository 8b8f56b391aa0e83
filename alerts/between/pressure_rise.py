"""R05: intradialytic hypertension, of the patient: systolic pressure rises over the treatment, again and again."""

from __future__ import annotations

from typing import Final

from alerts.between.plausible import plausible
from alerts.between.schema import Answer, Numbers, active, missing, normal
from alerts.between.words import quantity
from telemetry.alarms import Priority
from telemetry.past import Past, PastTreatment

# Whether the rule was active before is worked out anew from so many treatments back: it remembers nothing.
_BACK: Final = 60


class PressureRiseLimits(Numbers, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """More than `rise_mmhg` in at least `on` of the last `window` treatments, until it is in `off` or fewer of them."""

    rise_mmhg: float
    window: float
    on: float
    off: float

    def check(self) -> None:
        """Counts in their order."""
        if self.rise_mmhg <= 0 or not 0 <= self.off < self.on <= self.window <= 20:
            raise ValueError("on: above off, at most window, and that at most 20; rise_mmhg above 0")


def judge(limits: PressureRiseLimits, past: Past, at: int) -> Answer:
    """The treatments up to number `at`."""
    window = round(limits.window)
    if at + 1 < window:
        return missing(f"{at + 1} of {window} treatments so far")
    first = max(0, at + 1 - _BACK)
    rises = [_rise(one) for one in past.treatments[first : at + 1]]
    # Whether it is active, as far as can be told: both, where what is not known decides.
    possible = {False, True} if first else {False}
    above = unknown = 0
    for end in range(window, len(rises) + 1):
        last = rises[end - window : end]
        unknown = last.count(None)
        above = sum(one is not None and one > limits.rise_mmhg for one in last)
        counts = range(above, above + unknown + 1)
        possible = {count >= limits.on or (was and count > limits.off) for was in possible for count in counts}
    inputs = {"above": float(above), "unknown": float(unknown), "treatments": float(window)}
    if rises[-1] is not None:
        inputs["rise_mmhg"] = rises[-1]
    if len(possible) > 1:
        why = f"{unknown} of the last {window} treatments without systolic pressure before and after"
        return missing(why if unknown else "too many treatments before had none", **inputs)
    limit = f"by more than {quantity(limits.rise_mmhg, 'mmHg')} in {above} of the last {window} treatments"
    if True in possible:
        return active(f"Systolic pressure rose over the treatment {limit}", Priority.LOW, **inputs)
    return normal(f"Systolic pressure rose {limit}", **inputs)


def _rise(treatment: PastTreatment) -> float | None:
    before, after = plausible("systolic", treatment.systolic_before), plausible("systolic", treatment.systolic_after)
    return None if before is None or after is None else round(after - before, 3)
