"""What each detector's rule files say, in words: what is looked at, and each key of a level.

A detector that is not here, and a key that has no words, is printed by its name (`of treatments 6`): readable from its
first day. Words are added here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True, slots=True)
class Words:
    """One detector's.

    Attributes:
        subject: from what the file and its [input] say, each value in words, to what the rule looks at.
        levels: key of a level -> template; {} is its value (a table's keys by name), {unit} that of the limit.
        deadband_unit: template as those.
    """

    subject: Callable[[Mapping[str, str]], str]
    levels: Mapping[str, str] = field(default_factory=dict)
    deadband_unit: str = "{unit}"


def _limit(words: Mapping[str, str]) -> str:
    if "divide_by" in words:
        return f"{words['signal']} ÷ {words['divide_by']}"
    return f"{words['signal']} against the {words['percent_of']}" if "percent_of" in words else words["signal"]


def _projection(words: Mapping[str, str]) -> str:
    way = "as it is"
    if "rate" in words:
        way = f"at the end ({words['rate']} × {words['remaining']} added)"
    if "elapsed" in words:
        way = "at the end (in proportion to time, from half time on)"
    return f"{words['signal']} {way} against the {words.get('goal') or words['goal_from']}"


def _trend(words: Mapping[str, str]) -> str:
    steady = f"; steady: {words['steady']}" if "steady" in words else ""
    window = f"{words['window_s']} s, at least {words['min_points']} over {words['min_span_s']} s{steady}"
    return f"Theil–Sen slope of 2-minute medians of the last {window}"


_SIDES: Final = {
    "above": "above {} {unit}",
    "at_least": "at or above {} {unit}",
    "below": "below {} {unit}",
    "at_most": "at or below {} {unit}",
}

_SPLIT: Final = "below {under} {unit}, or {otherwise} {unit} if the {baseline} was {at} or more"

WORDS: Final[dict[str, Words]] = {
    "limit": Words(
        _limit,
        {
            **_SIDES,
            "outside": "more than {} {unit} off to either side",
            "limit_from": "the {} instead where it is known",
        },
    ),
    "drop": Words(
        (
            "{signal} against its median of the last {window_s} s, or of before a rise in the last {rise_s} s, "
            "{steady_signal} steady within {steady_percent} %"
        ).format_map,
        {"drop": "{} {unit} or more below it"},
    ),
    "pair": Words(
        (
            "sum and difference of {signal} and {other_signal} against their medians of the last {window_s} s, "
            "or of before the difference rose in the last {rise_s} s, {steady_signal} steady within {steady_percent} %"
        ).format_map,
        {"window": "sum {} {unit} or more off, difference as much below"},
    ),
    "blind": Words(
        (
            "{signal}, less what a calibrated needle takes of it, at a {flow_signal} of {flow_at_least} mL/min or more"
        ).format_map,
        _SIDES,
    ),
    "projection": Words(
        _projection,
        {
            "above_percent": "more than {} % above it",
            "below_percent": "more than {} % below it",
            "above": "or {} {unit} above it",
            "whichever": "whichever is {}",
        },
        deadband_unit="%",
    ),
    "infusion": Words(
        "{signal} at 0 while {prescribed} is above 0 and the {remaining} longer than the {stop_before}".format_map
    ),
    "reading": Words(
        "a new {signal} ({definition}), at most {max_age_s} s old".format_map,
        {
            **_SIDES,
            "below_by": _SPLIT,
            "other_at_least": "or the other value of the reading at or above {}",
            "other_deadband": "which is over once back by {}",
            "symptom_within_s": "or below the other level's limit with a symptom in the last {} s",
        },
    ),
    "fall": Words(
        "a new {signal} ({definition}) against the {baseline}".format_map,
        {
            "fall": "{} {unit} or more below it",
            "mean_fall": "or the mean pressure {} {unit} or more below the first of the treatment",
            "below": "and below {} {unit}",
            "symptom": "{} a symptom",
            "symptom_within_s": "in the last {} s",
            "stays": "to the end of the treatment",
        },
    ),
    "forecast": Words(
        (
            "Theil–Sen line through the readings of {signal} of the last {window_s} s, at least {min_readings}, looked "
            "at {ahead_s} s ahead; Mann–Kendall p of a fall at most {p_at_most}"
        ).format_map,
        {"below_by": _SPLIT, "limit_of": "or the patient's own limit of {}"},
    ),
    "trend": Words(
        _trend,
        {
            "signal": "{}",
            **{side: text.replace("{unit}", "{unit}/h") for side, text in _SIDES.items()},
            "p_at_most": "Mann–Kendall p at most {}",
            "looks": "looks in a row: {}",
        },
        deadband_unit="{unit}/h",
    ),
    "flag": Words(lambda _: "an alarm of the machine stands", {"alarms": "{}"}),
    "sensor": Words(
        lambda _: "a signal outside its plausible range, or flat",
        {
            "implausible": "outside: {}",
            "flat": "flat: {}",
            "flat_for_s": "flat means unmoved for {} s while the pump runs",
        },
    ),
    "stale": Words(
        (
            "no reading by the server's clock, in a treatment as far as known; shown from {shown_after_s} s on, over "
            "after {good_samples} readings"
        ).format_map,
        {"silent_for_s": "for {} s", "pump_running": "the pump last seen running"},
    ),
}

# Classes of a machine's alarms that a rule names instead of single ones.
ALARM_CLASSES: Final = {"safety": "one that stops the pump or clamps a line", "other": "any other"}


def plain(key: str, text: str) -> str:
    """A key without words of its own."""
    return f"{key.replace('_', ' ')} {text}"
