"""Rule cases as data: series in, expected findings at given times out. The form is described in `docs/rules.md`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from alerts import replay
from alerts.ruleset import Ruleset
from telemetry import settings
from telemetry.alarms import FindingState, Priority

UNIT: Final = "case"


class Feed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Lines of a recording: one every `every` seconds, `start` and `end` included.

    Attributes:
        readings: signal -> value (a text is fed as it is: "NaN", "inf", "null" or something that is no number).
        wobble: signal -> how much is added to even lines and taken from odd ones (a live sensor never stands still).
        drift: signal -> how much it rises an hour from the first line on.
        events: on the first line only.
    """

    start: float
    end: float | None = None
    every: float = 1.0
    phase: str | None = "TX"
    readings: dict[str, float | str] = msgspec.field(default_factory=dict)
    wobble: dict[str, float] = msgspec.field(default_factory=dict)
    drift: dict[str, float] = msgspec.field(default_factory=dict)
    events: list[str | dict[str, Any]] = msgspec.field(default_factory=list)
    context: dict[str, Any] = msgspec.field(default_factory=dict)


class Expected(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The rule's finding once everything up to `at` seconds has been taken in.

    Attributes:
        says: words that the reason contains. again: whether what stood was found once more.
    """

    at: float
    state: FindingState
    priority: Priority | None = None
    says: str = ""
    again: bool = False


class Case(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One story.

    Attributes:
        kind: firing, not quite, gap, stuck, unit mistake, not evaluated, clearing, inhibition, input lost, ….
        never: states the rule must not have at any time.
    """

    name: str
    kind: str
    feed: list[Feed]
    expect: list[Expected]
    never: list[FindingState] = msgspec.field(default_factory=list)


class CaseFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The cases of one rule; `feed` comes before every case's own.

    Attributes:
        without: kind every rule should have a case of -> why this one cannot.
    """

    rule: str
    case: list[Case]
    feed: list[Feed] = msgspec.field(default_factory=list)
    without: dict[str, str] = msgspec.field(default_factory=dict)


def load(path: Path) -> CaseFile:
    """A case file; SettingsError names file and line."""
    return settings.load(CaseFile, path)


def run(file: CaseFile, case: Case, ruleset: Ruleset) -> list[str]:
    """What is not as the case expects, one sentence each; empty = passed."""
    return wrong(file, case, told(file, case, ruleset))


def told(file: CaseFile, case: Case, ruleset: Ruleset) -> list[dict[str, Any]]:
    """What all rules tell of a case, as `homehd replay` prints it, in order of time."""
    return list(replay.run(map(json.dumps, lines(file, case)), ruleset))


def wrong(file: CaseFile, case: Case, told: list[dict[str, Any]]) -> list[str]:
    """What of `told` is not as the case expects of its file's rule, one sentence each."""
    found = [o for o in told if o["rule"] == file.rule]
    texts = [text for expected in case.expect if (text := _compare(expected, found))]
    return texts + [f"{o['state']} at {o['t']} s: {o['reason']}" for o in found if o["state"] in case.never]


def lines(file: CaseFile, case: Case) -> list[dict[str, Any]]:
    """What `replay` is given for a case, in order of time."""
    return sorted(_lines([*file.feed, *case.feed]), key=lambda line: float(line["t"]))


def _lines(feeds: list[Feed]) -> Iterator[dict[str, Any]]:
    for feed in feeds:
        count = 1 if feed.end is None else round((feed.end - feed.start) / feed.every) + 1
        for i in range(count):
            line: dict[str, Any] = {"t": round(feed.start + i * feed.every, 6), "unit": UNIT}
            if feed.phase is not None:
                line |= {"phase": feed.phase, "readings": _readings(feed, i)}
            if i == 0:
                line |= {"events": feed.events, "context": feed.context}
            yield line


def _readings(feed: Feed, i: int) -> dict[str, Any]:
    sign = 1.0 if i % 2 == 0 else -1.0
    readings: dict[str, Any] = {}
    for name, value in feed.readings.items():
        if isinstance(value, str):
            readings[name] = _SPECIAL.get(value, value)
        else:
            drifted = feed.drift.get(name, 0.0) * i * feed.every / 3600.0
            readings[name] = value + drifted + sign * feed.wobble.get(name, 0.0)
    return readings


_SPECIAL: Final[dict[str, float | None]] = {"NaN": float("nan"), "inf": float("inf"), "null": None}


def _compare(expected: Expected, found: list[dict[str, Any]]) -> str:
    until = [o for o in found if o["t"] <= expected.at]
    if not until:
        return f"at {expected.at} s: nothing told yet, expected {expected.state}"
    last = until[-1]
    same = (last["state"], last["priority"], last.get("again", False)) == (
        expected.state,
        expected.priority,
        expected.again,
    )
    if same and expected.says in last["reason"]:
        return ""
    wanted = " ".join(filter(None, [expected.state, expected.priority, "again" * expected.again, expected.says]))
    is_so = f"{last['state']} {last['priority'] or ''} since {last['t']} s ({last['reason']})"
    return f"at {expected.at} s: {is_so}, expected {wanted}"
