"""One message to what it says, by itself: values, what cannot be believed, what is gone, alarms, extras."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import Final

from protocols.hl7_dialysis import alarms, terms
from protocols.hl7_dialysis.alarms import PRIORITIES, Told
from protocols.hl7_dialysis.er7 import Block, Segment
from protocols.hl7_dialysis.terms import Kind, Term
from protocols.hl7_dialysis.values import NULL, read, read_identity, read_limits
from protocols.plausibility import separate
from telemetry.treatment import Phase

# OBX-11, HL7 table 0085: final, preliminary, corrected, entered, changed. An empty one is taken for final.
_GOOD: Final = frozenset({"F", "R", "P", "S", "C", "U", "B", "V", ""})
# Not available, wrong, deleted, not asked, pending, detail only: there is no value.
_NO_VALUE: Final = frozenset({"X", "W", "D", "N", "I", "O"})
_MODEL_SERIAL: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}/[A-Za-z0-9._-]{1,32}")
_STANDS, _AGAIN, _OVER = frozenset({"T", "TRUE", "start"}), "continue", frozenset({"F", "FALSE", "end"})


@dataclass(slots=True)
class Said:
    """What one message says.

    Attributes:
        values, invalid: as in `Observation`, of this message alone.
        gone: signals it says it has no value for.
        spots: of the values that are measured now and then, when (OBX-14, as text; empty when not said).
        told: the alarms it tells of.
    """

    values: dict[str, float] = field(default_factory=dict)
    invalid: dict[str, str] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    spots: dict[str, str] = field(default_factory=dict)
    extras: dict[str, str] = field(default_factory=dict)
    told: list[Told] = field(default_factory=list)
    _raw: dict[str, str] = field(default_factory=dict)


def read_message(block: Block, *, alarms: bool) -> Said:
    """Everything a block says; `alarms` = it is PCD-04. Er7Error when it is too large to be taken apart."""
    said = Said()
    open_alarm: Told | None = None
    for segment in block.segments():
        if segment.name == "OBR":
            open_alarm = None
        elif alarms:
            open_alarm = _alarm_segment(said, segment, open_alarm)
        else:
            _reading_segment(said, segment)
    said.values, implausible = separate(said.values, said._raw)
    said.invalid |= implausible
    said.extras |= _identity(block)
    return said


def fingerprint(block: Block) -> str:
    """What makes a message the same one sent again: its header and what counts of the rest, nothing of the patient."""
    text = block.delimiters.field.join(block.header) + "\r" + "\r".join(block.lines)
    return hashlib.blake2s(text.encode("latin-1"), digest_size=8).hexdigest()


def said_phase(said: Said) -> Phase | None:
    """The phase a message says, None when it does not."""
    mode = said.values.get("machine_mode")
    return Phase(int(mode)) if mode is not None else None


def _reading_segment(said: Said, segment: Segment) -> None:
    name = alarms.event_name(segment.part(3), segment.part(3, 2))
    if not name:
        _value_segment(said, segment)
        return
    word = "" if segment.part(11) in _NO_VALUE else segment.part(5)
    if word in _STANDS or word == _AGAIN or word in _OVER:
        phase = "end" if word in _OVER else "continue" if word == _AGAIN else "start"
        said.told.append(Told(kind=name, phase=phase, priority=_priority(segment)))


def _alarm_segment(said: Said, segment: Segment, told: Told | None) -> Told | None:
    """Take one segment of an alarm message; the alarm the following ones belong to."""
    code, reference, text = segment.part(3), segment.part(3, 2), segment.part(5)
    name = alarms.event_name(code, reference)
    if name:
        told = Told(kind=name if name in (alarms.HIGH, alarms.LOW, alarms.GENERAL) else alarms.GENERAL)
        told.event = name if name != told.kind else ""
        told.name_event(text, segment.part(5, 2))
        told.priority = _priority(segment)
        said.told.append(told)
        return told
    match alarms.facet(code, reference):
        case _ if told is None:
            _value_segment(said, segment)
        case alarms.SOURCE:
            told.signal = told.signal or alarms.signal_of(text, segment.part(5, 2))
        case alarms.PHASE:
            told.phase = text.lower()
        case alarms.STATE:
            told.state = text.lower()
        case alarms.INACTIVATION:
            told.inactivation = text.lower() if text.lower() in alarms.INACTIVATIONS else ""
        case _:
            told.signal = told.signal or alarms.signal_of(code, reference)
            _value_segment(said, segment)
    return told


def _priority(segment: Segment) -> str:
    words = (segment.part(8, repetition=n + 1) for n in range(min(segment.repetitions(8), 4)))
    return next((PRIORITIES[word] for word in words if word in PRIORITIES), "")


def _value_segment(said: Said, segment: Segment) -> None:
    if segment.part(3, 3) not in ("MDC", ""):
        return  # another code system has its own 158776
    try:
        term = terms.find(segment.part(3), segment.part(3, 2))
    except ValueError as error:
        named = terms.BY_CODE[terms.code_of(segment.part(3))]
        _mark_invalid(said, named, str(error))
        return
    if term is None:
        return
    text, unit, status = segment.part(5), segment.part(6) or segment.part(6, 2), segment.part(11)
    if not text and term.kind in (Kind.MODE, Kind.MODALITY, Kind.WORD):
        text = segment.part(5, 2)  # a coded value with its name only
    if not text or text == NULL or status in _NO_VALUE:
        if term.kind not in (Kind.WORD, Kind.IDENTITY, Kind.EXTRA) and (text == NULL or status in _NO_VALUE):
            said.gone.add(term.name)
        return
    if status not in _GOOD:
        _mark_invalid(said, term, "a status that the standard does not have")
        return
    try:
        value = read(term, text, unit)
    except ValueError as error:
        _mark_invalid(said, term, str(error))
        return
    _store(said, term, value, text, segment, unit)


def _store(said: Said, term: Term, value: float | str, text: str, segment: Segment, unit: str) -> None:
    if isinstance(value, str):
        said.extras[term.name] = value
        return
    said.values[term.name], said._raw[term.name] = value, text
    if term.kind is Kind.SPOT:
        said.spots[term.name] = segment.part(14)
    limits = read_limits(term, segment.part(7), unit)
    if limits:
        said.extras[f"{term.name}.limits"] = limits


def _mark_invalid(said: Said, term: Term, why: str) -> None:
    if term.kind not in (Kind.WORD, Kind.IDENTITY, Kind.EXTRA):
        said.values.pop(term.name, None)
        said.invalid[term.name] = why


def _identity(block: Block) -> dict[str, str]:
    """Model and serial number of the machine from PID-3 of type U, and nothing else of PID."""
    mark = block.delimiters.component
    for repetition in block.patient_ids:
        parts = repetition.split(mark)
        if len(parts) > 4 and parts[4] == "U" and _MODEL_SERIAL.fullmatch(parts[0]):
            model, _, serial = parts[0].partition("/")
            return {"machine_model": read_identity(model), "serial_number": serial}
    return {}
