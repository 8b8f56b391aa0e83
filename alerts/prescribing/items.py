"""What can be prescribed: items that rules go by, and items with which what is delivered is compared. Pure.

The second are no limits: no rule reads them, so no change of one tells less or more, and none needs a second signature
(decision 64). Ranges are design defaults [D] within those of the signals: outside them a value is a slip.
"""

from __future__ import annotations

from typing import Final

from alerts.schema import CONTEXT_LABELS, CONTEXT_RANGES

BLOOD_FLOW: Final = "prescribed_blood_flow_ml_min"
DIALYSATE_FLOW: Final = "prescribed_dialysate_flow_ml_min"
ULTRAFILTRATION: Final = "prescribed_ultrafiltration_ml"

# item -> (least, greatest, what a sentence calls it, unit)
_COMPARED: Final[dict[str, tuple[float, float, str, str]]] = {
    BLOOD_FLOW: (50.0, 600.0, "prescribed blood flow", "mL/min"),
    DIALYSATE_FLOW: (50.0, 1000.0, "prescribed dialysate flow", "mL/min"),
    ULTRAFILTRATION: (0.0, 8000.0, "prescribed ultrafiltration of a treatment", "mL"),
}
COMPARED: Final = frozenset(_COMPARED)
RANGES: Final[dict[str, tuple[float, float]]] = CONTEXT_RANGES | {
    item: (low, high) for item, (low, high, _, _) in _COMPARED.items()
}
LABELS: Final[dict[str, tuple[str, str]]] = CONTEXT_LABELS | {
    item: (label, unit) for item, (_, _, label, unit) in _COMPARED.items()
}
