"""A rule's condition in words, made from its file, so that no page says another limit than the engine uses.

A key that has no words here is printed as it stands (`good samples 3`): a new detector is readable from its first day.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import msgspec

from alerts import schema
from alerts.detectors import reading
from alerts.schema import Delays, Head, Rule
from telemetry import signals
from telemetry.alarms import EVENT_BY_NAME, Priority

# What a detector looks at. Names in braces are keys of the file, or of its [input].
_SUBJECTS: Final[dict[str, str]] = {
    "drop": "{signal} against its median of the last {window_s} s, {steady_signal} steady within {steady_percent} %",
    "pair": "sum and difference of {signal} and {other_signal} against their medians of the last {window_s} s, "
    "{steady_signal} steady within {steady_percent} %",
    "blind": "{signal} at a {flow_signal} of {flow_at_least} mL/min or more",
    "infusion": "{signal} at 0 while {prescribed} is above 0 and the {remaining} longer than the {stop_before}",
    "reading": "a new {signal} ({definition}), at most {max_age_s} s old",
    "flag": "an alarm of the machine stands",
    "sensor": "a signal outside its plausible range, or flat",
    "stale": "no reading by the server's clock, in a treatment as far as known; shown from {shown_after_s} s on, over "
    "after {good_samples} readings",
}
# What a level asks for, by key; {} is its value, {unit} that of the limit.
_LEVELS: Final[dict[str, str]] = {
    "above": "above {} {unit}",
    "at_least": "at or above {} {unit}",
    "below": "below {} {unit}",
    "at_most": "at or below {} {unit}",
    "outside": "more than {} {unit} off to either side",
    "limit_from": "the {} instead where it is known",
    "drop": "{} {unit} or more below it",
    "window": "sum {} {unit} or more off, difference as much below",
    "above_percent": "more than {} above it",
    "below_percent": "more than {} % below it",
    "below_by": "below {}",
    "symptom_within_s": "or below the other level's limit with a symptom in the last {} s",
    "alarms": "{}",
    "silent_for_s": "for {} s",
    "pump_running": "the pump last seen running",
    "implausible": "outside: {}",
    "flat": "flat: {}",
    "flat_for_s": "flat means unmoved for {} s while the pump runs",
}
_ALARM_CLASSES: Final = {"safety": "one that stops the pump or clamps a line", "other": "any other"}
_HEAD: Final = frozenset(Head.__struct_fields__) | {"input", "level"}
# Told beside the condition.
_BESIDE: Final = frozenset(Delays.__struct_fields__) | {"on_readings", "off_readings"}


@dataclass(frozen=True, slots=True)
class Level:
    """One level in words.

    Attributes:
        condition: empty where the rule's subject says it all. starts: on-delay. ends: deadband and off-delay.
    """

    priority: Priority
    condition: str
    starts: str
    ends: str


def subject(rule: Rule) -> str:
    """What the rule looks at: "Venous pressure", or a sentence for detectors that look at more than a value."""
    spec = rule.spec
    source = getattr(spec, "input", None)
    keys = {key: value for key, value in _given(spec).items() if key not in _HEAD} | (
        {} if source is None else _given(source)
    )
    words = {key: said(value) for key, value in keys.items()}
    if _instead(spec):
        text = _instead(spec)
    elif spec.detector in _SUBJECTS:
        text = _SUBJECTS[spec.detector].format(**words)
    elif spec.detector == "limit":
        text = _limit_subject(words)
    elif spec.detector == "projection":
        text = _projection_subject(words)
    else:
        text = ", ".join(_plain(key, word) for key, word in words.items()) or rule.title
    return text[0].upper() + text[1:]


def levels(rule: Rule) -> Iterator[Level]:
    """The levels of the file in their order."""
    unit = _unit(rule.spec)
    for level in getattr(rule.spec, "level", ()):
        condition = "" if _instead(rule.spec) else _condition(_given(level), unit)
        dead = "%" if rule.spec.detector == "projection" else unit
        yield Level(level.priority, condition, _starts(level), _ends(level, dead))


def said(value: object) -> str:
    """A value of a rule file: a signal's label, a context value's, an alarm's, a number as a person writes it."""
    if isinstance(value, reading.Split):
        low, high, at = map(schema.number, (value.under, value.otherwise, value.at))
        return f"{low}, or {high} if the {said(value.baseline)} was {at} or more"
    if isinstance(value, list | tuple):
        return " · ".join(map(said, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return schema.number(float(value))
    text = str(value)
    if text in signals.BY_NAME or text == schema.PUMP_RUNNING:
        return _within_a_sentence(schema.label(text))
    if text in schema.CONTEXT_LABELS:
        return schema.CONTEXT_LABELS[text][0]
    return EVENT_BY_NAME[text].label if text in EVENT_BY_NAME else text


def _condition(given: dict[str, object], unit: str) -> str:
    if "above_percent" in given:
        amount = (
            f" or {said(given.pop('above'))} {unit} (whichever is {given.pop('whichever')})" if "above" in given else ""
        )
        given["above_percent"] = f"{said(given['above_percent'])} %{amount}"
    if isinstance(alarms := given.get("alarms"), list):
        given["alarms"] = [_ALARM_CLASSES.get(alarm, alarm) for alarm in alarms]
    parts = [
        _LEVELS.get(key, _plain(key, "{}")).format(said(value), unit=unit).strip()
        for key, value in given.items()
        if key not in _BESIDE
    ]
    return "; ".join(parts)


def _starts(level: Delays) -> str:
    if level.longer_than_s is not None:
        return f"after more than {schema.number(level.longer_than_s)} s"
    readings = getattr(level, "on_readings", 1)
    if readings > 1:
        return f"after {readings} new readings"
    return f"after {schema.number(level.on_delay_s)} s" if level.on_delay_s else "at once"


def _ends(level: Delays, unit: str) -> str:
    parts = [f"once back by {schema.number(level.deadband)} {unit}".strip()] if level.deadband else []
    if level.off_delay_s:
        parts.append(
            f"for {schema.number(level.off_delay_s)} s"
            if parts
            else f"once so no more for {schema.number(level.off_delay_s)} s"
        )
    readings = getattr(level, "off_readings", 0)
    if readings:
        parts.append(f"in {readings} new readings")
    return " ".join(parts) or "once so no more"


def _given(table: msgspec.Struct) -> dict[str, object]:
    """Keys that say something: not those left out, nor a default of nothing."""
    values = {field.name: (getattr(table, field.name), field.default) for field in msgspec.structs.fields(table)}
    return {
        name: value for name, (value, default) in values.items() if value is not None and (value or value != default)
    }


def _instead(spec: Head) -> str:
    """The sentence a limit rule has in place of its numbers."""
    words = getattr(spec, "words", None)
    return str(words.beyond) if words else ""


def _unit(spec: Head) -> str:
    source = getattr(spec, "input", None)
    if getattr(source, "percent_of", None):
        return "%"
    signal = getattr(source, "signal", None)
    return str(getattr(source, "unit", None) or (schema.unit(signal) if signal else ""))


def _limit_subject(words: dict[str, str]) -> str:
    if "divide_by" in words:
        return f"{words['signal']} ÷ {words['divide_by']}"
    return f"{words['signal']} against the {words['percent_of']}" if "percent_of" in words else words["signal"]


def _projection_subject(words: dict[str, str]) -> str:
    way = "as it is"
    if "rate" in words:
        way = f"at the end ({words['rate']} × {words['remaining']} added)"
    if "elapsed" in words:
        way = "at the end (in proportion to time, from half time on)"
    return f"{words['signal']} {way} against the {words.get('goal') or words['goal_from']}"


def _within_a_sentence(label: str) -> str:
    return label[0].lower() + label[1:] if re.match(r"[A-Z][a-z]+( |$)", label) else label


def _plain(key: str, text: str) -> str:
    return f"{key.replace('_', ' ')} {text}"
