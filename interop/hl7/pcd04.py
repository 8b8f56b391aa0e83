"""PCD-04 (ORU^R40, IHE Alert Communication Management): one step of one alert.

What a step is to a receiver follows from what it was told last of this alert, not from what we recorded last: late
findings are not told, and a receiver may come when an alert stands already.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import isfinite
from typing import Final

from interop.hl7 import terms
from interop.hl7.er7 import components, message, number, repeated, segment, stamp, text
from interop.hl7.header import OURS, PCD_04, Head, Whose, entity, opening
from telemetry.alarms import EVENT_BY_NAME, ConditionState, Priority
from telemetry.signals import BY_NAME, Kind, Signal

_ALARM: Final = EVENT_BY_NAME["MDC_EVT_ALARM"]
_EVENT: Final = components(str(_ALARM.code), _ALARM.name, "MDC")
_SOURCE: Final = components("68480", "MDC_ATTR_ALERT_SOURCE", "MDC")
_PHASE: Final = components("68481", "MDC_ATTR_EVENT_PHASE", "MDC")
_STATE: Final = components("68482", "MDC_ATTR_ALARM_STATE", "MDC")
_INACTIVATION: Final = components("68483", "MDC_ATTR_ALARM_INACTIVATION_STATE", "MDC")
_PRIORITIES: Final = {Priority.HIGH: "PH", Priority.MEDIUM: "PM", Priority.LOW: "PL"}
_ACTIVE: Final = frozenset({ConditionState.ACTIVE_UNACKNOWLEDGED, ConditionState.ACTIVE_ACKNOWLEDGED})
_STATES: Final = {
    ConditionState.ACTIVE_UNACKNOWLEDGED: "active",
    ConditionState.ACTIVE_ACKNOWLEDGED: "active",
    ConditionState.LATCHED_CLEAR: "latched",  # its cause is gone, and nobody has seen it
    ConditionState.NORMAL: "inactive",
}


class Phase(StrEnum):
    """What a step is to who follows the alert (MDC_ATTR_EVENT_PHASE)."""

    START = "start"
    CONTINUE = "continue"
    UPDATE = "update"
    ESCALATE = "escalate"
    DE_ESCALATE = "de-escalate"
    END = "end"
    RESET = "reset"  # it was latched, and somebody has seen it


@dataclass(frozen=True, slots=True)
class Said:
    """Where an alert stood by the last message about it."""

    state: ConditionState
    priority: Priority


@dataclass(frozen=True, slots=True)
class Step:
    """One event of an alert.

    Attributes:
        title: of the rule, in English. reason: the rule's sentence; what staff typed is not told.
        inputs: what was looked at, by name, in the catalogue's units.
        technical: about the equipment (ST), not about the patient (SP).
        since_us, time_us: of the alert's beginning and of this step. again: its rule has told it anew.
    """

    alert_id: int
    rule: str
    title: str
    state: ConditionState
    priority: Priority
    since_us: int
    time_us: int
    reason: str = ""
    inputs: Mapping[str, float | None] | None = None
    technical: bool = False
    again: bool = False


def phase_of(before: Said | None, step: Step) -> Phase | None:
    """What the step is to a receiver that was told `before` last; None: it need not hear of it."""
    stood = before is not None and before.state in _ACTIVE
    if step.state not in _ACTIVE:
        if before is None or before.state is step.state:
            return None
        return Phase.END if stood else Phase.RESET if step.state is ConditionState.NORMAL else None
    if before is None or not stood:
        return Phase.START
    if step.priority is not before.priority:
        return Phase.ESCALATE if step.priority.rank > before.priority.rank else Phase.DE_ESCALATE
    return Phase.CONTINUE if step.again else Phase.UPDATE


def alert(head: Head, whose: Whose, step: Step, phase: Phase) -> str:
    """The step as a message: what it is, what it is about, how far it has come, and whether anybody has seen it."""
    route = head.route
    what = components(step.rule, step.title, OURS)
    kind = repeated(_PRIORITIES[step.priority], "ST" if step.technical else "SP")
    equipment = entity(whose.unit, route)
    when = stamp(step.time_us)
    seen = step.state is ConditionState.ACTIVE_ACKNOWLEDGED
    order = segment(
        "OBR", "1", "", entity(f"alert-{step.alert_id}", route), _EVENT, "", "", stamp(step.since_us), "",
    )  # fmt: skip
    return message(
        *opening(PCD_04, head, whose),
        order,
        _facet(1, "CWE", _EVENT, what, kind=kind, when=when, equipment=equipment),
        *([segment("NTE", "1", "", text(step.reason))] if step.reason else []),
        _about(step, when),
        _facet(3, "ST", _PHASE, phase.value),
        _facet(4, "ST", _STATE, _STATES[step.state]),
        _facet(5, "ST", _INACTIVATION, "alert-acknowledged" if seen else "enabled"),
    )


def _about(step: Step, when: str) -> str:
    """The first signal it is about, with its value; else the machine."""
    for name, value in (step.inputs or {}).items():
        signal = BY_NAME.get(name)
        if signal is not None and value is not None and _can_be_told(signal, value):
            return _facet(
                2, "NM", terms.identifier(signal), number(value), unit=terms.unit(signal), when=when
            )  # fmt: skip
    return _facet(2, "CWE", _SOURCE, terms.MACHINE_MDS)


def _can_be_told(signal: Signal, value: float) -> bool:
    return signal.kind is Kind.NUMERIC and isfinite(value)


def _facet(
    number_: int, sort: str, what: str, value: str, *, unit: str = "", kind: str = "", when: str = "",
    equipment: str = "",
) -> str:  # fmt: skip
    """One OBX of the alert: MDS 1, no device below it, facet `number_`."""
    return segment(
        "OBX", str(number_), sort, what, f"1.0.0.0.{number_}", value, unit, "", kind, "", "", "F", "", "", when, "", "",
        "", equipment,
    )  # fmt: skip
