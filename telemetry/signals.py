"""The signal catalogue: what each value is, apart from what it reads.

Source: Dialysis Machine HL7 Implementation Guide rev 4.0 and ISO/IEEE 11073-10101 for references and codes, UCUM for
units. *Plausible* is the range outside which a value is a sensor or decoding fault; *usual* is a display hint. Neither
is an alarm limit, and both await a clinician's signature.

`number` is part of the wire format and of the stored validity mask: never renumber, never reuse, only append (at most
63, so that a mask of signals fits a signed 64-bit integer).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import isfinite
from typing import Final


class Kind(StrEnum):
    """How a signal's value is to be read; on the wire all three travel as float32."""

    NUMERIC = "numeric"
    ENUMERATION = "enumeration"
    BOOLEAN = "boolean"


@dataclass(frozen=True, slots=True)
class Signal:
    """A descriptor: one thing a machine can tell.

    Attributes:
        number: position on the wire and in the validity mask, 0…62.
        name: our name, and the column's name in the store.
        mdc_reference: ISO/IEEE 11073-10101 reference identifier, or None where the nomenclature has none.
        mdc_code: its numeric code, or None.
        ucum: UCUM unit of the value.
        loinc: LOINC code, or None (no unchecked number is used).
        plausible: closed range (low, high) in `ucum`, or None where none is agreed.
        usual: closed range for display, or None.
    """

    number: int
    name: str
    kind: Kind
    label: str
    mdc_reference: str | None
    mdc_code: int | None
    ucum: str
    loinc: str | None = None
    plausible: tuple[float, float] | None = None
    usual: tuple[float, float] | None = None

    def accepts(self, value: float) -> bool:
        """Whether a measured value is finite and inside the plausible range."""
        if not isfinite(value):
            return False
        return self.plausible is None or self.plausible[0] <= value <= self.plausible[1]


_N, _E, _B = Kind.NUMERIC, Kind.ENUMERATION, Kind.BOOLEAN
_H = "MDC_HDIALY_"

CATALOGUE: Final[tuple[Signal, ...]] = (
    Signal(0, "blood_flow", _N, "Blood flow", _H + "BLD_PUMP_BLOOD_FLOW_RATE", 158740, "mL/min",
           None, (0, 700), (200, 450)),
    Signal(1, "blood_flow_setting", _N, "Blood flow, set", _H + "BLD_PUMP_BLOOD_FLOW_RATE_SETTING", 16935956, "mL/min",
           None, (0, 600)),
    Signal(2, "arterial_pressure", _N, "Arterial pressure", _H + "BLD_PRESS_ART", 158744, "mm[Hg]",
           None, (-400, 400), (-250, -50)),
    Signal(3, "venous_pressure", _N, "Venous pressure", _H + "BLD_PUMP_PRESS_VEN", 158776, "mm[Hg]",
           None, (-100, 500), (50, 250)),
    Signal(4, "prefilter_pressure", _N, "Pre-filter pressure", _H + "BLD_PUMP_PRESS_ART_POST_PUMP", 158756, "mm[Hg]",
           None, (-100, 750)),
    Signal(5, "transmembrane_pressure", _N, "Transmembrane pressure", _H + "FILTER_TRANSMEMBRANE_PRESS", 158852,
           "mm[Hg]", "99720-5", (-200, 700), (0, 300)),
    # The guide has no term for it; it lives in our private range and goes out without a code.
    Signal(6, "dialysate_pressure", _N, "Dialysate pressure", None, None, "mm[Hg]", None, (-500, 500)),
    Signal(7, "dialysate_flow", _N, "Dialysate flow", _H + "DIALYSATE_FLOW_RATE", 158792, "mL/min",
           "99712-2", (0, 1000), (300, 800)),
    Signal(8, "dialysate_conductivity", _N, "Dialysate conductivity", _H + "DIALYSATE_COND", 158788, "mS/cm",
           None, (10, 18), (12.5, 16.0)),
    Signal(9, "bicarbonate_conductivity", _N, "Bicarbonate conductivity", _H + "BICARB_COND", 158784, "mS/cm",
           None, (1, 8), (2, 4)),
    Signal(10, "dialysate_temperature", _N, "Dialysate temperature", _H + "DIALYSATE_TEMP", 158796, "Cel",
           None, (25, 45), (33, 40)),
    Signal(11, "ultrafiltration_rate", _N, "Ultrafiltration rate", _H + "UF_RATE", 159036, "mL/h", None, (0, 4000)),
    Signal(12, "ultrafiltration_volume", _N, "Ultrafiltration volume", _H + "UF_ACTUAL_REMOVED_VOL", 159032, "mL",
           "99741-1", (0, 20000)),
    Signal(13, "ultrafiltration_target", _N, "Ultrafiltration target", _H + "UF_TARGET_VOL_TO_REMOVE", 159028, "mL",
           None, (100, 20000)),
    Signal(14, "ultrafiltration_time_left", _N, "Ultrafiltration time left", _H + "UF_TIME_TO_TARGET", 159024, "min",
           None, (0, 600)),
    Signal(15, "treatment_elapsed", _N, "Treatment time", _H + "MACH_THERAPY_TIME", 158720, "min",
           None, (0, 600), (120, 480)),
    Signal(16, "treatment_remaining", _N, "Treatment time left", _H + "MACH_TIME_REMAIN", 158724, "min",
           None, (0, 600), (120, 480)),
    Signal(17, "heparin_rate", _N, "Heparin rate", _H + "ANTICOAG_INFUS_RATE", 158736, "mL/h", None, (0, 10)),
    Signal(18, "heparin_total", _N, "Heparin given", _H + "ANTICOAG_ACCUM_DELIV", 158728, "mL"),
    Signal(19, "blood_processed", _N, "Blood processed", _H + "BLD_PUMP_BLOOD_PROCESSED_TOTAL", 158772, "L",
           None, (0, 400)),
    Signal(20, "relative_blood_volume", _N, "Relative blood volume", _H + "REL_BLOOD_VOL", 159044, "%",
           None, (-40, 10)),
    Signal(21, "online_spktv", _N, "Kt/V, single pool", _H + "THERAPY_RATIO_SPKT_OVER_V_DELIVERED", 158988, "1",
           "70961-8", (0, 4)),
    Signal(22, "online_ektv", _N, "Kt/V, equilibrated", _H + "THERAPY_RATIO_EKT_OVER_V_DELIVERED", 158980, "1",
           "70961-8", (0, 4)),
    Signal(23, "systolic", _N, "Systolic pressure", "MDC_PRESS_BLD_NONINV_SYS", 150021, "mm[Hg]",
           "8480-6", (30, 300)),
    Signal(24, "diastolic", _N, "Diastolic pressure", "MDC_PRESS_BLD_NONINV_DIA", 150022, "mm[Hg]",
           "8462-4", (30, 300)),
    Signal(25, "mean_pressure", _N, "Mean arterial pressure", "MDC_PRESS_BLD_NONINV_MEAN", 150023, "mm[Hg]",
           "8478-0", (30, 300)),
    Signal(26, "pulse_rate", _N, "Pulse rate", "MDC_PULS_RATE_NON_INV", 149546, "{beats}/min", "8867-4", (20, 250)),
    Signal(27, "weight_before", _N, "Weight before", _H + "THERAPY_BODY_START_WT", 159000, "kg",
           "29463-7", (10, 300)),
    Signal(28, "weight_after", _N, "Weight after", _H + "THERAPY_BODY_END_WT", 159020, "kg", "3141-9", (10, 300)),
    Signal(29, "machine_mode", _E, "Machine mode", _H + "MACH_MODE_OF_OPERATION", 158594, "1"),
    Signal(30, "modality", _E, "Modality", _H + "MACH_TX_MODALITY", 158598, "1"),
    Signal(31, "blood_pump_running", _B, "Blood pump running", _H + "MACH_BLD_PUMP_ON", 158596, "1", None, (0, 1)),
    Signal(32, "fluid_bypass", _B, "Fluid bypass", _H + "MACH_TX_FLUID_BYPASS", 158597, "1", None, (0, 1)),
)  # fmt: skip

BY_NAME: Final[dict[str, Signal]] = {signal.name: signal for signal in CATALOGUE}
COUNT: Final = len(CATALOGUE)
