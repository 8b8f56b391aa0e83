"""The engine over recorded readings: `homehd replay`. The same code as live, with the recording's time as the clock.

Input, one JSON object a line: `t` (seconds, from 0 on), `unit`, and what is known: `phase`, `readings`, `invalid`
(signals sent but implausible), `events`, `context`. A line with readings or a phase is a sample. Silence is judged by
how far `t` has gone on in any unit's lines.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from math import inf, isfinite, nan
from typing import Any, Final

import numpy as np

from alerts.engine import Engine
from alerts.records import Context, Samples, Transition
from alerts.ruleset import Ruleset
from alerts.schema import CONTEXT_KEYS
from telemetry import signals
from telemetry.alarms import EVENT_BY_NAME, EVENTS
from telemetry.errors import HomehdError
from telemetry.messages import Event, EventKind
from telemetry.treatment import Phase

_MAX_T: Final = 4e9  # seconds: the year 2096
_ALIASES: Final = {
    "target_weight": "target_weight_kg",
    "dry_weight_kg": "target_weight_kg",
    "pre_systolic": "pre_systolic_mmhg",
    "pre_sbp": "pre_systolic_mmhg",
    "pre_sbp_mmhg": "pre_systolic_mmhg",
    "prescribed_conductivity": "prescribed_conductivity_ms_cm",
    "transmembrane_limit": "transmembrane_limit_mmhg",
    "tmp_limit": "transmembrane_limit_mmhg",
    "tmp_limit_mmhg": "transmembrane_limit_mmhg",
}
_EVENT_NAMES: Final = {
    **{event.name.removeprefix("MDC_EVT_HDIALY_").removeprefix("MDC_EVT_"): event.name for event in EVENTS},
    **{event.name: event.name for event in EVENTS},
}


@dataclass(frozen=True, slots=True)
class Line:
    """One checked line of input."""

    time_us: int
    unit: str
    phase: Phase | None
    values: dict[int, float] | None
    invalid: int
    events: list[Event]
    context: dict[str, Any]

    @property
    def is_sample(self) -> bool:
        """Whether the line is a reading and not only news."""
        return self.values is not None or self.phase is not None


def run(lines: Iterable[str], ruleset: Ruleset) -> Iterator[dict[str, Any]]:
    """Every transition as one object: t, unit, rule, rule_version, priority, state, reason, inputs, limit(s).

    HomehdError with the line's number for a line that cannot be read; what came before it has been given out.
    """
    replay = _Replay(Engine(ruleset))
    for number, text in enumerate(lines, start=1):
        if not text.strip():
            continue
        for transition in replay.take(parse(text, number)):
            yield as_object(transition)
    for transition in replay.end():
        yield as_object(transition)


def as_object(transition: Transition) -> dict[str, Any]:
    """A transition as it is printed; times in seconds."""
    seconds = transition.time_us / 1e6
    return {
        "t": int(seconds) if seconds.is_integer() else seconds,
        "unit": transition.unit,
        "rule": transition.rule,
        "priority": transition.priority,
        "state": transition.state,
        "reason": transition.reason,
        "inputs": {name: round(value, 6) for name, value in transition.inputs.items()},
        "limit": transition.limits.get("limit"),
        "limits": transition.limits,
        "rule_version": transition.rule_version,
        **({"again": True} if transition.again else {}),
    }


class _Replay:
    """Lines in, transitions out; moves the engine's second hand to where silence has something to tell."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._now_us = 0
        self._seen: dict[str, int] = {}
        self._phases: dict[str, Phase] = {}
        self._contexts: dict[str, Context] = {}
        self._next_due: float = inf

    def take(self, line: Line) -> list[Transition]:
        """Transitions up to and with this line."""
        told = self._silence(line.time_us) if line.time_us > self._now_us else []
        self._now_us = max(self._now_us, line.time_us)
        row = self._engine.register(line.unit)
        if line.context:
            self._contexts[line.unit] = _merge(self._contexts.get(line.unit, Context()), line.context)
            self._engine.set_context(row, self._contexts[line.unit])
        if line.is_sample:
            self._seen[line.unit] = self._now_us
            shortest = min(self._engine.silence_thresholds_us, default=inf)
            self._next_due = min(self._next_due, self._now_us + shortest)
        return told + self._engine.evaluate(self._samples(row, line))

    def end(self) -> list[Transition]:
        """What silence has to tell at the very last moment."""
        return self._silence(self._now_us + 1)

    def _silence(self, until_us: int) -> list[Transition]:
        if until_us <= self._next_due:
            return []
        due = {seen + after for seen in self._seen.values() for after in self._engine.silence_thresholds_us}
        self._next_due = min((at for at in due if at >= until_us), default=inf)
        told: list[Transition] = []
        for at in sorted(at for at in due if self._now_us <= at < until_us):
            told += self._engine.tick(at)
        return told

    def _samples(self, row: int, line: Line) -> Samples:
        count = int(line.is_sample)
        values = np.full((count, signals.COUNT), np.nan, np.float32)
        phase = self._phases.get(line.unit, Phase.UNKNOWN) if line.phase is None else line.phase
        self._phases[line.unit] = phase
        with np.errstate(over="ignore"):
            for number, value in (line.values or {}).items():
                values[0, number] = value
        return Samples(
            row=np.full(count, row, np.int32),
            time_us=np.full(count, line.time_us, np.int64),
            phase=np.full(count, phase, np.uint8),
            values=values,
            invalid=np.full(count, line.invalid, np.uint64),
            received_us=np.full(count, self._now_us, np.int64),
            events=[(row, event) for event in line.events],
        )


def parse(text: str, number: int) -> Line:
    """One line; HomehdError with its number and what is wrong with it."""
    try:
        data = json.loads(text)
        _require(isinstance(data, dict), "not an object")
        time_us = _time_us(data.get("t"))
        values, invalid = _readings(data)
        return Line(
            time_us=time_us,
            unit=_unit(data.get("unit")),
            phase=_phase(data.get("phase")),
            values=values,
            invalid=invalid,
            events=[_event(item, time_us) for item in _list(data.get("events"), "events")],
            context=_context(data.get("context")),
        )
    except (ValueError, RecursionError) as error:
        raise HomehdError("read recording", f"line {number}", hint=str(error)[:200]) from error


def _time_us(t: object) -> int:
    if isinstance(t, bool) or not isinstance(t, int | float) or not 0 <= t <= _MAX_T:
        raise ValueError(f"t is seconds, 0 or more, not {t!r}")
    return round(t * 1e6)


def _unit(unit: object) -> str:
    if not isinstance(unit, str) or not unit:
        raise ValueError(f"unit is a name, not {unit!r}")
    return unit


def _phase(phase: object) -> Phase | None:
    if phase is None:
        return None
    if not isinstance(phase, str) or phase not in Phase.__members__:
        raise ValueError(f"phase is one of {', '.join(Phase.__members__)}, not {phase!r}")
    return Phase[phase]


def _readings(data: dict[str, Any]) -> tuple[dict[int, float] | None, int]:
    readings = data.get("readings")
    if readings is None:
        return None, 0
    _require(isinstance(readings, dict), "readings is an object")
    values = {_signal(name): _value(value) for name, value in readings.items()}
    marked = [_signal(name) for name in _list(data.get("invalid"), "invalid")]
    # What is there but is no number was sent and cannot be: implausible, not missing.
    marked += [_signal(name) for name, value in readings.items() if isinstance(value, str | list | dict)]
    return values, sum(1 << number for number in set(marked))


def _value(value: object) -> float:
    if not isinstance(value, int | float):
        return nan
    try:
        return float(value)
    except OverflowError:
        return inf


def _signal(name: object) -> int:
    if not isinstance(name, str) or name not in signals.BY_NAME:
        raise ValueError(f"no signal {name!r} in the catalogue")
    return signals.BY_NAME[name].number


def _event(item: Any, time_us: int) -> Event:
    if isinstance(item, str):
        item = {"symptom": item.partition(":")[2]} if item.lower().startswith("symptom") else {"event": item}
    _require(isinstance(item, dict), f"an event is a name or an object, not {item!r}")
    active = item.get("active", True)
    _require(isinstance(active, bool), "active is true or false")
    if "symptom" in item:
        return Event(0, time_us, 0, 0, EventKind.SYMPTOM, str(item["symptom"])[:200], 0, active)
    name = _event_name(item.get("event", item.get("name")))
    code = EVENT_BY_NAME[name].code if name in EVENT_BY_NAME else 0
    return Event(0, time_us, 0, 0, EventKind.ALARM, name, code, active, str(item.get("signal", "")))


def _event_name(name: object) -> str:
    if isinstance(name, str):
        known = _EVENT_NAMES.get(name.upper())
        if known is not None or name.startswith("MDC_"):
            return known or name
    raise ValueError(f"no machine event {name!r}; a name of the table, or one that begins with MDC_")


def _context(context: Any) -> dict[str, Any]:
    _require(context is None or isinstance(context, dict), "context is an object")
    return context or {}


def _merge(before: Context, news: dict[str, Any]) -> Context:
    """A context with what a line says of it; keys that no rule asks for may be there (a name, a plan)."""
    known: dict[str, Any] = {}
    for key, value in news.items():
        name = _ALIASES.get(key, key)
        if name in CONTEXT_KEYS:
            known[name] = float(value) if _is_number(value) else None
    own = news.get("limits")
    if isinstance(own, dict):
        known["limits"] = {str(key): float(value) for key, value in own.items() if _is_number(value)}
    if "needle" in news:
        known["needle"] = _needle(news["needle"])
    return replace(before, **known)


def _needle(points: Any) -> tuple[tuple[float, float], ...]:
    """Pairs of flow and pressure; what is no such pair is left out."""
    pairs = [point for point in points if isinstance(point, list)] if isinstance(points, list) else []
    return tuple(
        (float(pair[0]), float(pair[1])) for pair in pairs if len(pair) == 2 and all(_is_number(one) for one in pair)
    )


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(_value(value))


def _list(value: Any, name: str) -> list[Any]:
    _require(value is None or isinstance(value, list), f"{name} is a list")
    return value or []


def _require(condition: bool, hint: str) -> None:
    if not condition:
        raise ValueError(hint)
