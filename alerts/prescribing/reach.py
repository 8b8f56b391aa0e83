"""Which way each number of a patient's own tells less, and where that is dangerous. One row a number, for review.

The numbers are `own_levels.numbers`; a test holds this table to be complete and to agree with how levels are breached.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

HIGHER: Final = "higher"
LOWER: Final = "lower"


@dataclass(frozen=True, slots=True)
class Reach:
    """What a change of one number does to what is told.

    Attributes:
        unit: UCUM as printed. less: the way in which less is told, HIGHER or LOWER.
        vital: beyond the rule's own number that way, somebody may bleed, faint or worse and nobody is called.
        either: any step from the rule's own is dangerous: one way blinds other rules, the other way hides that.
        source: why, in the words of the specification.
    """

    unit: str
    less: str
    source: str
    vital: bool = False
    either: bool = False


_HIGH: Final = "a high-priority level calls somebody at once (clinical.md §4); later or never is H1"

REACH: Final[dict[tuple[str, str], Reach]] = {
    ("R01", "high"): Reach("mmHg", LOWER, f"R01, C (Flythe 2015); {_HIGH}", vital=True),
    ("R01", "medium"): Reach(
        "mmHg", LOWER, "R01, C: nadir below 90, or 100 from 160 on; below 90 only the high level is left", vital=True
    ),
    ("R02", "medium"): Reach("mmHg", HIGHER, "R02, C: fall of systolic pressure with a symptom"),
    ("R02", "medium_mean_fall"): Reach("mmHg", HIGHER, "R02, C: fall of mean pressure with a symptom"),
    ("R03", "low"): Reach("mmHg", HIGHER, "R03, D: silent fall"),
    ("R03", "low_below"): Reach("mmHg", LOWER, "R03, D: silent fall to below"),
    ("R06", "medium"): Reach("mmHg", HIGHER, "R06, M: severe hypertension, systolic"),
    ("R06", "medium_other_at_least"): Reach("mmHg", HIGHER, "R06, M: severe hypertension, diastolic"),
    ("R07", "medium"): Reach(
        "mL/kg/h", HIGHER, "R07, C (Assimon 2016): mortality rises above 13 mL/kg/h (HR 1.31), no level is above",
        vital=True,
    ),
    ("R07", "low"): Reach("mL/kg/h", HIGHER, "R07, C (Assimon 2016): HR 1.22 above 10"),
    ("R08", "medium"): Reach("%", HIGHER, "R08, D: projected above the goal"),
    ("R08", "medium_above"): Reach("mL", HIGHER, "R08, D: projected above the goal"),
    ("R08", "low"): Reach("%", HIGHER, "R08, D: projected below the goal"),
    ("R09", "high"): Reach("%", HIGHER, f"R09, D: more removed than the goal; {_HIGH}", vital=True),
    ("R09", "high_above"): Reach("mL", HIGHER, f"R09, D: more removed than the goal; {_HIGH}", vital=True),
    ("R10", "high"): Reach(
        "mmHg", HIGHER, "R10, C: a needle out is a fall of 20 mmHg; a litre is lost in 2.5 min", vital=True
    ),
    ("R11", "high"): Reach("mmHg", HIGHER, "R11, C: windows of 15 mmHg; a needle that slips out", vital=True),
    ("R12", "low"): Reach(
        "mmHg", LOWER,
        "R12, C: higher makes R10 and R11 blind at pressures at which they see; lower hides that they are blind",
        either=True,
    ),
    ("R13", "high"): Reach("mmHg", HIGHER, f"R13, D (400 mmHg is a hard hazard, C); {_HIGH}", vital=True),
    ("R13", "medium"): Reach("mmHg", HIGHER, "R13, D"),
    ("R14", "high"): Reach("mmHg", LOWER, f"R14, C; {_HIGH}", vital=True),
    ("R14", "medium"): Reach("mmHg", LOWER, "R14, C"),
    ("R15", "medium"): Reach("mmHg", HIGHER, "R15, M: 300 or the dialyser's limit"),
    ("R16", "medium_transmembrane_pressure"): Reach("mmHg/h", HIGHER, "R16, D: the circuit clots"),
    ("R16", "medium_venous_pressure"): Reach("mmHg/h", HIGHER, "R16, D: the circuit clots"),
    ("R17", "medium"): Reach(
        "%", HIGHER, "R17, C weak: dialysate that is not as prescribed, and no level is above it", vital=True
    ),
    ("R17", "low"): Reach("%", HIGHER, "R17, C weak"),
    ("R18", "high"): Reach("°C", HIGHER, f"R18, M: blood is damaged by heat; {_HIGH}", vital=True),
    ("R18", "medium"): Reach("°C", HIGHER, "R18, M"),
    ("R18", "low"): Reach("°C", LOWER, "R18, M"),
    ("R23", "low"): Reach("%/h", LOWER, "R23, C, contradicted"),
    ("R29", "low"): Reach("%", HIGHER, "R29, D: projected dose below the prescription"),
}  # fmt: skip
