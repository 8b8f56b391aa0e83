"""The machine's side: the messages that the simulator sends, as rev 4.0 describes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from protocols.hl7_dialysis.alarms import GENERAL, INACTIVATION, PHASE, SOURCE, STATE
from protocols.hl7_dialysis.mllp import wrap
from protocols.hl7_dialysis.terms import BY_NAME, TERMS, Kind, Term
from telemetry.alarms import EVENT_BY_NAME
from telemetry.treatment import Modality, Phase

PROFILE: Final = "IHE_PCD_001^IHEPCD^1.3.6.1.4.1.19376.1.6.1.1.1^ISO"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
# In idle and service only the machine's own channel is there.
_MACHINE_CHANNEL: Final = frozenset({
    "machine_mode", "modality", "blood_pump_running", "fluid_bypass", "treatment_elapsed", "treatment_remaining",
})  # fmt: skip
_PRIORITY: Final = {"high": "PH", "medium": "PM", "low": "PL"}


@dataclass(frozen=True, slots=True)
class Sender:
    """Who speaks.

    Attributes:
        therapy: when the therapy began, microseconds; a part of its identity in OBR-3.
    """

    name: str = "SIMULATOR"
    eui64: str = "020000FFFE000001"
    model: str = "SIM-HD"
    serial: str = "SIM00001"
    therapy: int = 0

    def head(self, kind: str, control_id: str, time_us: int) -> list[str]:
        """MSH, PID, PV1: a machine at home that knows nobody's name."""
        who = f"{self.name}^{self.eui64}^EUI-64"
        return [
            f"MSH|^~\\&|{who}||homehd||{stamp(time_us)}||{kind}|{control_id}|P|2.6|||NE|AL|||||{PROFILE}",
            f"PID|||{self.model}/{self.serial}^^^^U",
            "PV1||U|^^^^^H^^^",
        ]

    def therapy_id(self) -> str:
        """OBR-3."""
        return f"{self.eui64}{stamp(self.therapy)[:14]}^{self.name}^{self.eui64}^EUI-64"


@dataclass(frozen=True, slots=True)
class SaidAlarm:
    """One alarm to be told.

    Attributes:
        event: name of the event; MDC_EVT_HI and MDC_EVT_LO with `signal` are numeric.
        phase: start, continue or end. priority: high, medium or low.
    """

    event: str
    phase: str
    signal: str = ""
    value: float | None = None
    limits: str = ""
    priority: str = "high"
    inactivation: str = "enabled"


def stamp(time_us: int) -> str:
    """HL7's date and time, UTC."""
    return (_EPOCH + timedelta(microseconds=time_us)).strftime("%Y%m%d%H%M%S+0000")


def encode_readings(
    sender: Sender,
    control_id: str,
    time_us: int,
    values: Mapping[str, float],
    *,
    events: Mapping[str, bool] = {},
    limits: Mapping[str, str] = {},
    measured_us: Mapping[str, int] = {},
) -> bytes:
    """PCD-01 in MLLP: values by catalogue name (and extras by theirs), what the guide has no term for is left out.

    Args:
        events: event name -> whether it stands (T or F).
        limits: signal -> OBX-7. measured_us: signal -> when it was measured, for spot measurements.
    """
    idle = Phase(int(values.get("machine_mode", 0))) in (Phase.IDL, Phase.SVC)
    segments = [
        *sender.head("ORU^R01^ORU_R01", control_id, time_us),
        f"OBR|1||{sender.therapy_id()}|70929^MDC_DEV_HDIALY_MDS^MDC|||{stamp(time_us)}",
    ]
    for term in TERMS:
        if term.name in values and not (idle and term.name not in _MACHINE_CHANNEL):
            when = stamp(measured_us[term.name]) if term.name in measured_us else ""
            segments.append(_value(len(segments) - 3, term, values[term.name], limits.get(term.name, ""), when))
    for name, stands in events.items():
        code = EVENT_BY_NAME[name].code
        segments.append(f"OBX|{len(segments) - 3}|ST|{code}^{name}^MDC|1.1.7.0|{'T' if stands else 'F'}||||||F")
    return _message(segments)


def encode_alarm(sender: Sender, control_id: str, time_us: int, alarm: SaidAlarm) -> bytes:
    """PCD-04 in MLLP: one alarm in five segments."""
    numeric = bool(alarm.signal)
    kind = alarm.event if numeric else GENERAL
    source = BY_NAME[alarm.signal] if numeric else None
    event = f"{EVENT_BY_NAME[alarm.event].code}^{alarm.event}^MDC"
    about = f"{source.code}^{source.reference}^MDC" if source else event
    head = f"{EVENT_BY_NAME[kind].code}^{kind}^MDC"
    ended = alarm.phase == "end"
    segments = [
        *sender.head("ORU^R40^ORU_R40", control_id, time_us),
        f"OBR|1||{sender.therapy_id()}|{head}|||{stamp(time_us)}",
        f"OBX|1|ST|{head}|1.0.0.0.1|{about}|||{_PRIORITY[alarm.priority]}~ST|||F",
        _value(2, source, alarm.value, alarm.limits, "")
        if source and alarm.value is not None
        else f"OBX|2|ST|{SOURCE}^MDC_ATTR_ALERT_SOURCE^MDC|1.0.0.0.2|{about}||||||F",
        f"OBX|3|ST|{PHASE}^MDC_ATTR_EVENT_PHASE^MDC|1.0.0.0.3|{alarm.phase}||||||F",
        f"OBX|4|ST|{STATE}^MDC_ATTR_ALARM_STATE^MDC|1.0.0.0.4|{'inactive' if ended else 'active'}||||||F",
        f"OBX|5|ST|{INACTIVATION}^MDC_ATTR_ALARM_INACTIVATION_STATE^MDC|1.0.0.0.5|{alarm.inactivation}||||||F",
    ]
    return _message(segments)


def _value(number: int, term: Term, value: float, limits: str, when: str) -> str:
    text, kind = _text(term, value)
    unit = f"{term.unit}^{term.unit}^UCUM" if kind == "NM" and term.unit != "1" else ""
    method = "ASET^auto-setting^MDC" if term.name.endswith("_setting") else "AMEAS^auto-measurement^MDC"
    identifier = f"{term.code}^{term.reference}^MDC"
    return f"OBX|{number}|{kind}|{identifier}|1.1.1.0|{text}|{unit}|{limits}||||F|||{when}|||{method}"


def _text(term: Term, value: float) -> tuple[str, str]:
    match term.kind:
        case Kind.MODE:
            return Phase(int(value)).name, "ST"
        case Kind.MODALITY:
            return Modality(int(value)).name, "ST"
        case Kind.BOOLEAN:
            return "T" if value else "F", "ST"
        case _:
            return f"{round(value, term.decimals) + 0.0:.{term.decimals}f}", "NM"


def _message(segments: Sequence[str]) -> bytes:
    return wrap("".join(segment + "\r" for segment in segments).encode("utf-8"))
