"""IEC 60601-1-8 words. An *alarm* comes from the machine, an *alert* from our rules: the words are never mixed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Priority(StrEnum):
    """Alarm priority of IEC 60601-1-8; ordered by `rank`."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"

    @property
    def rank(self) -> int:
        """1 for low, 2 for medium, 3 for high."""
        return _RANK[self]


_RANK: Final = {Priority.LOW: 1, Priority.MEDIUM: 2, Priority.HIGH: 3}


class FindingState(StrEnum):
    """What a rule found. A rule without valid input is *not evaluated*, never *normal*."""

    NORMAL = "normal"
    PENDING = "pending"
    ACTIVE = "active"
    NOT_EVALUATED = "not evaluated"


class ConditionState(StrEnum):
    """Where an alert's condition stands for the people who answer it."""

    ACTIVE_UNACKNOWLEDGED = "active, unacknowledged"
    ACTIVE_ACKNOWLEDGED = "active, acknowledged"
    LATCHED_CLEAR = "latched, clear"
    NORMAL = "normal"


@dataclass(frozen=True, slots=True)
class MachineEvent:
    """A term for something the machine announces.

    Attributes:
        name: MDC reference identifier.
        code: its numeric code in ISO/IEEE 11073-10101.
        label: plain words for a screen.
    """

    name: str
    code: int
    label: str


def _event(suffix: str, code: int, label: str) -> MachineEvent:
    return MachineEvent(f"MDC_EVT_HDIALY_{suffix}", code, label)


# Source: Dialysis Machine HL7 Implementation Guide rev 4.0, pp. 72–84.
EVENTS: Final[tuple[MachineEvent, ...]] = (
    MachineEvent("MDC_EVT_ALARM", 196616, "Alarm"),
    MachineEvent("MDC_EVT_HI", 196648, "Above the machine's limit"),
    MachineEvent("MDC_EVT_LO", 196670, "Below the machine's limit"),
    MachineEvent("MDC_EVT_SELFTEST_FAILURE", 198216, "Self-test failed"),
    _event("ANTICOAG_STOP", 198236, "Anticoagulant pump stopped"),
    _event("ANTICOAG_SYRINGE_EMPTY", 198238, "Syringe empty"),
    _event("ANTICOAG_SYRINGE_SIZE", 198240, "Wrong syringe size"),
    _event("BLD_PUMP_STOP", 198242, "Blood pump stopped"),
    _event("BLOOD_LEAK", 198244, "Blood leak"),
    _event("RF_EXCESS_DELIV", 198246, "Too much replacement fluid"),
    _event("RF_INSUFF_DELIV", 198248, "Too little replacement fluid"),
    _event("RF_BOLUS", 198250, "Replacement fluid bolus"),
    _event("SAFETY_ART_AIR_DETECT", 198252, "Air, arterial"),
    _event("SAFETY_DIALYSATE_AIR_DETECT", 198254, "Air, dialysate"),
    _event("SAFETY_DIALYSATE_COMPOSITION", 198256, "Dialysate composition"),
    _event("SAFETY_SYSTEM_GENERAL", 198258, "Machine system alarm"),
    _event("SAFETY_VEN_ACCESS", 198260, "Venous access disconnected"),
    _event("SAFETY_VEN_AIR_DETECT", 198262, "Air, venous"),
    _event("SAFETY_WETNESS_DETECT_ALERT", 198264, "Wetness detected"),
    _event("SAFETY_WETNESS_DETECT_ERROR", 198266, "Wetness detector fault"),
    _event("THERAPY_PAT_TX_GENERAL", 198268, "Treatment alarm"),
    _event("THERAPY_TX_END_TIME", 198270, "Treatment time ended"),
    _event("UF_LO", 198272, "Too little ultrafiltration"),
    _event("UF_NEG", 198274, "Negative ultrafiltration"),
    _event("UF_RATE_RANGE", 198276, "Ultrafiltration rate out of range"),
    _event("UF_GOAL_MET", 198278, "Ultrafiltration goal met"),
)

EVENT_BY_NAME: Final[dict[str, MachineEvent]] = {event.name: event for event in EVENTS}

AIR: Final = frozenset({
    "MDC_EVT_HDIALY_SAFETY_ART_AIR_DETECT", "MDC_EVT_HDIALY_SAFETY_VEN_AIR_DETECT",
})  # fmt: skip
# A safety alarm stops the blood pump or clamps the line; R22 waits 60 s for these and 180 s for the rest.
SAFETY: Final = AIR | {
    "MDC_EVT_HDIALY_BLOOD_LEAK", "MDC_EVT_HDIALY_BLD_PUMP_STOP", "MDC_EVT_HDIALY_SAFETY_SYSTEM_GENERAL",
    "MDC_EVT_HDIALY_SAFETY_VEN_ACCESS", "MDC_EVT_HDIALY_SAFETY_DIALYSATE_AIR_DETECT",
    "MDC_EVT_HDIALY_SAFETY_DIALYSATE_COMPOSITION", "MDC_EVT_HDIALY_SAFETY_WETNESS_DETECT_ALERT",
}  # fmt: skip
