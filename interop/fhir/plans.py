"""CarePlan: what was prescribed when the treatment began, each item a contained Goal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Final

from interop.fhir.datatypes import Json, own, period, quantity, reference, tidy
from store.care import Entry
from store.patients import Prescription
from telemetry.care import Prescribed, Schedule, TargetWeight

_TARGET_WEIGHT: Final = "target_weight_kg"
_DURATION: Final = "duration_min"
# item -> words, UCUM unit. Items are those that can be prescribed, and of a schedule.
ITEMS: Final[dict[str, tuple[str, str]]] = {
    _TARGET_WEIGHT: ("Target weight", "kg"),
    "pre_systolic_mmhg": ("Usual systolic pressure before treatment", "mm[Hg]"),
    "prescribed_conductivity_ms_cm": ("Dialysate conductivity", "mS/cm"),
    "transmembrane_limit_mmhg": ("Transmembrane pressure, limit of the dialyser", "mm[Hg]"),
    "prescribed_spktv": ("Kt/V, single pool", "1"),
    "prescribed_heparin_ml_h": ("Heparin rate", "mL/h"),
    "heparin_stop_min": ("Heparin stops before the end by", "min"),
    "prescribed_blood_flow_ml_min": ("Blood flow", "mL/min"),
    "prescribed_dialysate_flow_ml_min": ("Dialysate flow", "mL/min"),
    "prescribed_ultrafiltration_ml": ("Ultrafiltration volume of a treatment", "mL"),
    _DURATION: ("Duration of a treatment", "min"),
}
_AT_MOST: Final = frozenset({"transmembrane_limit_mmhg"})


def in_force(entered: Prescription, arranged: Sequence[Entry], at_us: int) -> dict[str, float]:
    """Item by item what held at a moment: what was arranged last for it, else what the patient was entered with.

    Of two that hold from the same moment, the later entry. An item taken back is not there.
    """
    found: dict[str, float | None] = asdict(entered)
    for _, entry in sorted(
        (pair for pair in enumerate(arranged) if pair[1].arranged.since_us <= at_us),
        key=lambda pair: (pair[1].arranged.since_us, pair[0]),
    ):
        match entry.arranged.content:
            case TargetWeight(kg=kg):
                found[_TARGET_WEIGHT] = kg
            case Prescribed(item=item, value=value):
                found[item] = value
            case Schedule(duration_min=minutes):
                found[_DURATION] = minutes
            case _:
                pass  # access and own limits are no goals
    return {item: value for item in ITEMS if (value := found.get(item)) is not None}


AT_THE_TIME: Final = "Dialysis prescription as it held when the treatment began"
NOW: Final = "Dialysis prescription as it holds now"


def care_plan(
    plan_id: str, patient_id: int, prescribed: dict[str, float], start_us: int | None, end_us: int | None,
    title: str = AT_THE_TIME,
) -> Json:  # fmt: skip
    """CarePlan of a prescription. FHIR wants a reference to each contained Goal, and gets it."""
    subject = reference("Patient", str(patient_id))
    goals = [_goal(item, value, subject) for item, value in prescribed.items()]
    return tidy(
        {
            "resourceType": "CarePlan",
            "id": plan_id,
            "contained": goals,
            "status": "active" if end_us is None else "completed",
            "intent": "order",
            "title": title,
            "subject": subject,
            "period": None if start_us is None else period(start_us, end_us),
            "goal": [{"reference": f"#{goal['id']}"} for goal in goals],
        }
    )


def _goal(item: str, value: float, subject: Json) -> Json:
    words, ucum = ITEMS[item]
    amount = quantity(value, ucum)
    detail: dict[str, Any] = {"detailRange": {"high": amount}} if item in _AT_MOST else {"detailQuantity": amount}
    code = own("prescription", item, words)
    return {
        "resourceType": "Goal",
        "id": item.replace("_", "-"),
        "lifecycleStatus": "active",
        "description": code,
        "subject": subject,
        "target": [{"measure": code, **detail}],
    }
