"""OBX segments about an alarm to what they say of it: which, about what, and whether it stands.

PCD-04 tells one alarm in a run of segments: kind (HI, LO, ALARM), source with value and limits, event phase, alarm
state, inactivation state. PCD-01 tells an event in one segment: T or F, or start, continue, end.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from protocols.events import Alarm
from protocols.hl7_dialysis import terms
from protocols.hl7_dialysis.terms import UNASSIGNED, Kind, code_of
from telemetry.alarms import EVENT_BY_NAME, EVENTS

HIGH, LOW, GENERAL = "MDC_EVT_HI", "MDC_EVT_LO", "MDC_EVT_ALARM"
SOURCE, PHASE, STATE, INACTIVATION = 68480, 68481, 68482, 68483
_FACETS: Final = {"ALERT_SOURCE": SOURCE, "EVENT_PHASE": PHASE, "EVT_PHASE": PHASE, "ALARM_STATE": STATE,
                  "ALARM_INACTIVATION_STATE": INACTIVATION}  # fmt: skip
# The guide's own second names for one code; the number decides where there is one.
_ALIASES: Final = {
    "MDC_EVT_LOW": LOW,
    "MDC_EVT_HIGH": HIGH,
    "MDC_EVT_HDIALY_ALARM_BLD_PUMP_STOP": "MDC_EVT_HDIALY_BLD_PUMP_STOP",
}
_EVENT_BY_CODE: Final = {event.code: event for event in EVENTS}
_ENDED_STATES: Final = frozenset({"off", "inactive"})
_STANDING_PHASES: Final = frozenset({"start", "continue", "present", "update", "escalate", "de-escalate", "reset"})
INACTIVATIONS: Final = frozenset(
    {"enabled", "audio-paused", "audio-off", "alarm-paused", "alarm-off", "alert-acknowledged"}
)
PRIORITIES: Final = {"PH": "high", "PM": "medium", "PL": "low"}


def event_name(code: str, reference: str) -> str:
    """The event an identifier names, number first, name second; empty for one that is no event of ours."""
    number = code_of(code)
    if number in _EVENT_BY_CODE:
        return _EVENT_BY_CODE[number].name
    name = _ALIASES.get(reference, reference)
    return name if name in EVENT_BY_NAME and not 198216 <= number <= 198279 else ""


def facet(code: str, reference: str) -> int:
    """Which facet of an alarm a segment is, 0 for none."""
    number = code_of(code)
    if SOURCE <= number <= INACTIVATION:
        return number
    return _FACETS.get(reference.removeprefix("MDC_ATTR_"), 0) if number == UNASSIGNED else 0


def signal_of(code: str, reference: str) -> str:
    """The catalogue's signal that an alarm is about, empty when it is about none of ours."""
    try:
        term = terms.find(code, reference)
    except ValueError:
        return ""
    return term.name if term is not None and term.kind in (Kind.SIGNAL, Kind.SPOT) else ""


@dataclass(slots=True)
class Told:
    """One alarm as a message tells it, filled segment by segment.

    Attributes:
        kind: HI, LO or ALARM. event: the particular event, empty where the kind says it all.
        foreign: number of an event that is none of ours, 0 otherwise.
    """

    kind: str = GENERAL
    event: str = ""
    foreign: int = 0
    signal: str = ""
    phase: str = ""
    state: str = ""
    inactivation: str = ""
    priority: str = ""

    def name_event(self, code: str, reference: str) -> None:
        """OBX-5 of the kind's segment: a numeric alarm's source, or another's event."""
        name = event_name(code, reference)
        if name:
            self.event = name if name not in (HIGH, LOW, GENERAL) else self.event
        elif signal_of(code, reference):
            self.signal = signal_of(code, reference)
        elif self.kind == GENERAL:
            self.foreign = code_of(code)

    @property
    def key(self) -> tuple[int, str]:
        """What tells two alarms of one machine apart; HI and LO of one source are two."""
        return self.foreign or EVENT_BY_NAME[self.event or self.kind].code, self.signal

    @property
    def ended(self) -> bool:
        """Whether it is over. `end` always is; off or inactive is, unless the phase says that it stands."""
        return self.phase == "end" or (self.state in _ENDED_STATES and self.phase not in _STANDING_PHASES)

    def alarm(self) -> Alarm:
        """The alarm in our words. Text comes from our tables, never from the message."""
        event = EVENT_BY_NAME[self.event or self.kind]
        text = f"machine event {self.foreign}" if self.foreign and not self.event else ""
        return Alarm(event.name, event.code, self.signal, text)
