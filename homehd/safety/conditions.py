"""A rule's condition in words, made from its file, so that no page says another limit than the engine uses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from alerts import schema
from alerts.schema import Delays, Head, Rule
from homehd.safety.detector_words import ALARM_CLASSES, WORDS, Words, plain
from telemetry import signals
from telemetry.alarms import EVENT_BY_NAME, Priority

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
    keys = {key: value for key, value in _given(rule.spec).items() if key not in Head.__struct_fields__}
    keys.pop("level", None)
    source = keys.pop("input", None)
    keys |= _given(source) if isinstance(source, msgspec.Struct) else {}
    text = _instead(rule.spec) or _words(rule.spec).subject({key: said(value) for key, value in keys.items()})
    return text[:1].upper() + text[1:]


def levels(rule: Rule) -> Iterator[Level]:
    """The levels of the file in their order."""
    words = _words(rule.spec)
    for level in getattr(rule.spec, "level", ()):
        unit = _unit(rule.spec, level)
        condition = "" if _instead(rule.spec) else _condition(_given(level), words, unit)
        ends = _ends(level, words.deadband_unit.format(unit=unit))
        yield Level(level.priority, condition, _starts(level), ends)


def said(value: object) -> str:
    """A value of a rule file: a signal's label, a context value's, an alarm's, a number as a person writes it."""
    if isinstance(value, msgspec.Struct):
        return ", ".join(plain(key, said(one)) for key, one in _given(value).items())
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
    return EVENT_BY_NAME[text].label if text in EVENT_BY_NAME else ALARM_CLASSES.get(text, text)


def _condition(given: dict[str, Any], words: Words, unit: str) -> str:
    parts = []
    for key, value in given.items():
        if key not in _BESIDE:
            inside = (
                {name: said(one) for name, one in _given(value).items()} if isinstance(value, msgspec.Struct) else {}
            )
            template = words.levels.get(key, plain(key, "{}"))
            parts.append(template.format(said(value), unit=unit, **inside).strip())
    return "; ".join(parts)


def _starts(level: Delays) -> str:
    if level.longer_than_s is not None:
        return f"after more than {schema.number(level.longer_than_s)} s"
    readings = getattr(level, "on_readings", 1)
    if readings > 1:
        return f"after {readings} new readings"
    return f"after {schema.number(level.on_delay_s)} s" if level.on_delay_s else "at once"


def _ends(level: Delays, unit: str) -> str:
    text = f"once back by {schema.number(level.deadband)} {unit}".strip() if level.deadband else "once so no more"
    if level.off_delay_s:
        text = f"{text} for {schema.number(level.off_delay_s)} s"
    readings = getattr(level, "off_readings", 0)
    return f"{text} in {readings} new readings" if readings > 1 else text


def _given(table: msgspec.Struct) -> dict[str, Any]:
    """Keys that say something: not those left out, nor an empty list, nor a default of nothing."""
    values = {field.name: (getattr(table, field.name), field.default) for field in msgspec.structs.fields(table)}
    return {
        name: value
        for name, (value, default) in values.items()
        if value or (isinstance(value, int | float) and value != default)
    }


def _words(spec: Head) -> Words:
    if spec.detector in WORDS:
        return WORDS[spec.detector]
    return Words(lambda words: ", ".join(plain(key, word) for key, word in words.items()) or spec.title)


def _instead(spec: Head) -> str:
    """The sentence a limit rule has in place of its numbers."""
    words = getattr(spec, "words", None)
    return str(words.beyond) if words else ""


def _unit(spec: Head, level: Delays) -> str:
    source = getattr(spec, "input", None)
    if getattr(source, "percent_of", None):
        return "%"
    signal = getattr(level, "signal", getattr(source, "signal", None))
    return str(getattr(source, "unit", None) or (schema.unit(signal) if signal else ""))


def _within_a_sentence(label: str) -> str:
    return label[0].lower() + label[1:] if re.match(r"[A-Z][a-z]+( |$)", label) else label
