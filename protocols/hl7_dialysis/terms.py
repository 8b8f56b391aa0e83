"""The guide's terms that we take: number, name, and where each goes. Source: rev 4.0, table 2, pp. 71–85 (D).

What is not here is not taken: free text above all (names of concentrates and filters, descriptions, alert texts),
because whoever typed it may have typed a name.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

# "not yet assigned" in the guide's own tables: such a term is known by its name only.
UNASSIGNED: Final = 0
SETTING: Final = 1 << 24  # a _SETTING's number is its base's plus this (I; holds for every pair in the table)


class Kind(Enum):
    """What a term's value is, and where it goes."""

    SIGNAL = auto()  # a number of the catalogue
    SPOT = auto()  # the same, but measured now and then: given once, never carried on
    MODE = auto()  # machine mode: the phase
    MODALITY = auto()
    BOOLEAN = auto()
    EXTRA = auto()  # a number beyond the catalogue
    WORD = auto()  # one of `words`, beyond the catalogue
    IDENTITY = auto()  # what the machine is: maker, model, serial number, software


@dataclass(frozen=True, slots=True)
class Term:
    """One row.

    Attributes:
        name: catalogue name of a signal, or the key of an extra.
        unit: UCUM unit we keep it in. decimals: digits behind the point in the guide's format.
        words: every value allowed of a WORD.
    """

    code: int
    reference: str
    kind: Kind
    name: str
    unit: str = ""
    decimals: int = 0
    words: frozenset[str] = frozenset()


_H: Final = "MDC_HDIALY_"


def _signal(code: int, suffix: str, name: str, unit: str, decimals: int = 0) -> Term:
    return Term(code, _H + suffix, Kind.SIGNAL, name, unit, decimals)


def _spot(code: int, reference: str, name: str, unit: str, decimals: int = 0) -> Term:
    return Term(code, reference, Kind.SPOT, name, unit, decimals)


def _extra(code: int, reference: str, name: str, unit: str, decimals: int = 0) -> Term:
    return Term(code, reference, Kind.EXTRA, name, unit, decimals)


def _word(code: int, reference: str, name: str, *words: str) -> Term:
    return Term(code, reference, Kind.WORD, name, words=frozenset(words))


def _identity(code: int, reference: str, name: str) -> Term:
    return Term(code, reference, Kind.IDENTITY, name)


TERMS: Final[tuple[Term, ...]] = (
    _signal(158740, "BLD_PUMP_BLOOD_FLOW_RATE", "blood_flow", "mL/min"),
    _signal(16935956, "BLD_PUMP_BLOOD_FLOW_RATE_SETTING", "blood_flow_setting", "mL/min"),
    _signal(158744, "BLD_PRESS_ART", "arterial_pressure", "mm[Hg]"),
    _signal(158776, "BLD_PUMP_PRESS_VEN", "venous_pressure", "mm[Hg]"),
    _signal(158756, "BLD_PUMP_PRESS_ART_POST_PUMP", "prefilter_pressure", "mm[Hg]"),
    _signal(158852, "FILTER_TRANSMEMBRANE_PRESS", "transmembrane_pressure", "mm[Hg]"),
    _signal(158792, "DIALYSATE_FLOW_RATE", "dialysate_flow", "mL/min"),
    _signal(158788, "DIALYSATE_COND", "dialysate_conductivity", "mS/cm", 2),
    _signal(158784, "BICARB_COND", "bicarbonate_conductivity", "mS/cm", 2),
    _signal(158796, "DIALYSATE_TEMP", "dialysate_temperature", "Cel", 1),
    _signal(159036, "UF_RATE", "ultrafiltration_rate", "mL/h"),
    _signal(159032, "UF_ACTUAL_REMOVED_VOL", "ultrafiltration_volume", "mL"),
    _signal(159028, "UF_TARGET_VOL_TO_REMOVE", "ultrafiltration_target", "mL"),
    _signal(159024, "UF_TIME_TO_TARGET", "ultrafiltration_time_left", "min"),
    _signal(158720, "MACH_THERAPY_TIME", "treatment_elapsed", "min"),
    _signal(158724, "MACH_TIME_REMAIN", "treatment_remaining", "min"),
    _signal(158736, "ANTICOAG_INFUS_RATE", "heparin_rate", "mL/h", 1),
    _signal(158728, "ANTICOAG_ACCUM_DELIV", "heparin_total", "mL", 1),
    _signal(158772, "BLD_PUMP_BLOOD_PROCESSED_TOTAL", "blood_processed", "L", 2),
    _signal(159044, "REL_BLOOD_VOL", "relative_blood_volume", "%", 1),
    _signal(158988, "THERAPY_RATIO_SPKT_OVER_V_DELIVERED", "online_spktv", "1", 2),
    _signal(158980, "THERAPY_RATIO_EKT_OVER_V_DELIVERED", "online_ektv", "1", 2),
    _spot(150021, "MDC_PRESS_BLD_NONINV_SYS", "systolic", "mm[Hg]"),
    _spot(150022, "MDC_PRESS_BLD_NONINV_DIA", "diastolic", "mm[Hg]"),
    _spot(150023, "MDC_PRESS_BLD_NONINV_MEAN", "mean_pressure", "mm[Hg]"),
    _spot(149546, "MDC_PULS_RATE_NON_INV", "pulse_rate", "{beats}/min"),
    _spot(159000, _H + "THERAPY_BODY_START_WT", "weight_before", "kg", 1),
    _spot(159020, _H + "THERAPY_BODY_END_WT", "weight_after", "kg", 1),
    Term(158594, _H + "MACH_MODE_OF_OPERATION", Kind.MODE, "machine_mode", "1"),
    Term(158598, _H + "MACH_TX_MODALITY", Kind.MODALITY, "modality", "1"),
    Term(158596, _H + "MACH_BLD_PUMP_ON", Kind.BOOLEAN, "blood_pump_running", "1"),
    Term(158597, _H + "MACH_TX_FLUID_BYPASS", Kind.BOOLEAN, "fluid_bypass", "1"),
    _extra(UNASSIGNED, _H + "ANTICOAG_INFUS_RATE_SETTING", "heparin_rate_setting", "mL/h", 1),
    _extra(UNASSIGNED, _H + "THERAPY_TX_TIME_SETTING", "treatment_time_setting", "min"),
    _extra(158732, _H + "ANTICOAG_BOLUS_VOL", "heparin_bolus", "mL", 1),
    _extra(158743, _H + "BLD_PUMP_BLOOD_FLOW_RATE_MEAN", "blood_flow_mean", "mL/min"),
    _extra(158748, _H + "BLOOD_TEMP_ART", "arterial_blood_temperature", "Cel", 1),
    _extra(158780, _H + "BLOOD_TEMP_VEN", "venous_blood_temperature", "Cel", 1),
    _extra(16935996, _H + "BLOOD_TEMP_VEN_SETTING", "venous_blood_temperature_setting", "Cel", 1),
    _extra(16936000, _H + "BICARB_COND_SETTING", "bicarbonate_conductivity_setting", "mS/cm", 2),
    _extra(16936004, _H + "DIALYSATE_COND_SETTING", "dialysate_conductivity_setting", "mS/cm", 2),
    _extra(16936008, _H + "DIALYSATE_FLOW_RATE_SETTING", "dialysate_flow_setting", "mL/min"),
    _extra(16936012, _H + "DIALYSATE_TEMP_SETTING", "dialysate_temperature_setting", "Cel", 1),
    _extra(16936020, _H + "CONC_HCO3_SETTING", "bicarbonate_setting", "mmol/L", 1),
    _extra(16936056, _H + "DIALYSATE_CONC_NA_SETTING", "sodium_setting", "mmol/L"),
    _extra(158892, _H + "RF_POST_FILTER_FLOW_RATE", "substitution_rate_postfilter", "mL/min"),
    _extra(158900, _H + "RF_POST_FILTER_VOL", "substitution_volume_postfilter", "L", 2),
    _extra(158940, _H + "RF_PRE_FILTER_FLOW_RATE", "substitution_rate_prefilter", "mL/min"),
    _extra(158948, _H + "RF_PRE_FILTER_VOL", "substitution_volume_prefilter", "L", 2),
    _extra(158976, _H + "THERAPY_ACCESS_FLOW", "access_flow", "mL/min"),
    _extra(159004, _H + "THERAPY_PCT_RECIRC", "recirculation", "%", 1),
    _extra(159012, _H + "THERAPY_RATIO_SPKT_OVER_V_PROJECTED", "online_spktv_projected", "1", 2),
    _extra(16936252, _H + "UF_RATE_SETTING", "ultrafiltration_rate_setting", "mL/h"),
    _extra(16936257, _H + "UF_RATE_LIMIT_HIGH_SETTING", "ultrafiltration_rate_limit_high", "mL/h"),
    _extra(16936259, _H + "UF_RATE_LIMIT_LOW_SETTING", "ultrafiltration_rate_limit_low", "mL/h"),
    _extra(67979, "MDC_ATTR_TIME_PD_MSMT", "blood_pressure_interval", "min"),
    _extra(150456, "MDC_PULS_OXIM_SAT_O2", "oxygen_saturation", "%"),
    _extra(160132, "MDC_CONC_HCT_GEN", "hematocrit", "%", 1),
    _extra(160120, "MDC_CONC_HB_GEN", "hemoglobin", "g/dL", 1),
    _word(158600, _H + "ANTICOAG_MODE", "anticoagulation_mode", "BOL", "CON", "BOLCON", "PRO", "BOLPRO", "NONE"),
    _word(158604, _H + "BLD_PUMP_MODE", "blood_pump_mode", "2N", "1N1P", "1N2P"),
    _word(158606, _H + "DIALYSATE_FLOW_MODE", "dialysate_flow_mode", "CONST", "AUTO", "PRO", "STBY", "NONE"),
    _word(158616, _H + "RF_FLOW_MODE", "substitution_mode", "CONST", "PRO", "NONE", "BOLUS", "AUTO"),
    _word(158613, _H + "RF_DILUTION_LOCATION", "substitution_place",
          "PREF", "POSTF", "PREF-POSTF", "PREP-POSTF", "MIDF"),
    _word(158618, _H + "THERAPY_COMPLETE_METHOD", "completion_method", "CT", "AT", "UF", "KTV", "USER"),
    _word(158619, _H + "UF_MODE", "ultrafiltration_mode", "NONE", "CONST-WT", "PRO-WT", "CONST-WOT", "PRO-WOT"),
    _identity(531970, "MDC_ID_MODEL_MANUFACTURER", "manufacturer"),
    _identity(531969, "MDC_ID_MODEL_NUMBER", "machine_model"),
    _identity(531972, "MDC_ID_PROD_SPEC_SERIAL", "serial_number"),
    _identity(531975, "MDC_ID_PROD_SPEC_SW", "software_version"),
)  # fmt: skip

BY_CODE: Final[dict[int, Term]] = {term.code: term for term in TERMS if term.code != UNASSIGNED}
BY_REFERENCE: Final[dict[str, Term]] = {term.reference: term for term in TERMS}
BY_NAME: Final[dict[str, Term]] = {term.name: term for term in TERMS}


def code_of(text: str) -> int:
    """A numeric code as written; `UNASSIGNED` for anything that is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 10 else UNASSIGNED


def find(code: str, reference: str) -> Term | None:
    """The term of an OBX-3: by its number first, by its name second; None for one that we do not take.

    ValueError when number and name are two different terms: which of them the value belongs to cannot be told.
    """
    by_code, by_name = BY_CODE.get(code_of(code)), BY_REFERENCE.get(reference)
    if by_code and by_name and by_code is not by_name:
        raise ValueError(f"code {by_code.code} is {by_code.name}, the name beside it says {by_name.name}")
    # A number of something else with a name of ours is not ours: the number comes first.
    if by_code is None and code_of(code) != UNASSIGNED and _is_of_the_guide(code_of(code)):
        return None
    return by_code or by_name


def _is_of_the_guide(code: int) -> bool:
    return 158592 <= code <= 159047 or 198216 <= code <= 198279 or 158592 <= code - SETTING <= 159047
