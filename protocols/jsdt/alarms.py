"""Alarm flags to events and back. That any character but '0' is active, and which event a flag is, are grade I."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Final

from protocols.events import Alarm
from protocols.jsdt.profile import Field, Profile, Role
from protocols.jsdt.values import read_number
from telemetry import signals
from telemetry.alarms import EVENT_BY_NAME

_GENERAL: Final = frozenset({"MDC_EVT_ALARM", "MDC_EVT_HI", "MDC_EVT_LO"})


def standing(
    profile: Profile, tokens: Mapping[str, str], values: Mapping[str, float], before: Mapping[str, Alarm]
) -> dict[str, Alarm]:
    """Flag letter -> alarm, for the flags that are anything but '0'. HI or LO where the frame carries the limit passed.

    `before` is what stood in the frame before: an alarm keeps the name it began with, so that a value that hovers
    about the machine's limit does not end one alarm and begin another.
    """
    return {
        entry.letter: before.get(entry.letter) or _alarm(entry, _direction(profile, entry, tokens, values))
        for entry in profile.fields
        if entry.role is Role.ALARM and tokens[entry.letter] != "0"
    }


def letters(profile: Profile, alarms: AbstractSet[str]) -> frozenset[str]:
    """The profile's flag letters for flag letters, event names or source signals.

    What is known but has no flag in this profile is left out. ValueError for a word nobody knows, and for the general
    events, which do not say which flag is meant.
    """
    for word in alarms:
        if word in _GENERAL or not (len(word) == 1 or word in EVENT_BY_NAME or word in signals.BY_NAME):
            raise ValueError(f"alarm {word!r}: give a flag letter, the source signal or a particular event")
    return frozenset(
        entry.letter
        for entry in profile.fields
        if entry.role is Role.ALARM and not alarms.isdisjoint({entry.letter, entry.event, entry.source})
    )


def _alarm(entry: Field, event: str) -> Alarm:
    # A named event speaks for itself; a general one needs the words of its flag.
    text = entry.name if event == "MDC_EVT_ALARM" else ""
    return Alarm(event, EVENT_BY_NAME[event].code, entry.source, text)


def _direction(profile: Profile, entry: Field, tokens: Mapping[str, str], values: Mapping[str, float]) -> str:
    """HI or LO when the value lies outside the machine's own limits in the same frame, else the flag's event."""
    value = values.get(entry.source)
    limits = [_limit(profile, tokens, letter) for letter in profile.limits.get(entry.source, ())]
    known = [limit for limit in limits if limit is not None]
    if value is None or len(known) < 2:
        return entry.event
    if value > max(known):
        return "MDC_EVT_HI"
    return "MDC_EVT_LO" if value < min(known) else entry.event


def _limit(profile: Profile, tokens: Mapping[str, str], letter: str) -> float | None:
    entry = next(entry for entry in profile.fields if entry.letter == letter)
    try:
        return read_number(entry, tokens[letter])
    except ValueError:
        return None
