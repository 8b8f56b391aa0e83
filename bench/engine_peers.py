"""The limit rules by other means, for `bench.engine`: pandas' rolling windows, and the oracle's plain Python.

Both start from the oracle's own restatement of the rules. pandas is given what it is best at, one column per unit and
one frame per signal, and only what windows can say: on-delay, off-delay and deadband, but no gaps, no blanking, no
inhibition, no reasons, nobody told. It is not among our requirements: `pip install pandas` into `.venv`, or it is
skipped.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final

import numpy as np

from alerts.engine import Samples
from telemetry import signals
from telemetry.alarms import FindingState
from telemetry.treatment import Phase
from tests.alerts.oracle import rules
from tests.alerts.oracle.reference import Unit
from tests.alerts.oracle.rules import Level, Patient, Rule

RULES: Final = tuple(rule for rule in rules.SHIPPED if rule.kind == "limit")
PATIENT: Final = Patient(75.0, 14.0, 300.0, {})

Standing = set[tuple[int, str]]
"""(unit, rule) of what is active at the end."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What evaluating all of some seconds took, and what it found.

    Attributes:
        seconds: CPU time per second of readings. evaluations: rule evaluations in it.
    """

    name: str
    seconds: float
    evaluations: int
    standing: Standing
    units: int


def by_pandas(sent: Sequence[Samples], live_ticks: int) -> list[Outcome] | None:
    """All the seconds in one go, and as a live service must: the last minutes anew each second. None: not installed."""
    try:
        pandas = import_module("pandas")
    except ImportError:
        return None
    index = pandas.to_datetime([int(one.time_us[0]) for one in sent], unit="us")
    raw = np.stack([one.values for one in sent])
    names = {rule.signals[0] for rule in RULES}
    frames = {name: pandas.DataFrame(_signal(raw, name), index=index) for name in names}
    whole, seconds = _timed(lambda: _active(frames))
    units = raw.shape[1]
    longest = max(max(level.on, level.off) for rule in RULES for level in rule.levels) + 1
    standing, live = whole, 0.0
    for end in range(len(sent) - live_ticks, len(sent)):
        last = {name: frame.iloc[max(end + 1 - longest, 0) : end + 1] for name, frame in frames.items()}
        standing, took = _timed(lambda last=last: _active(last))
        live += took
    each = units * len(RULES)
    return [
        Outcome("pandas, all seconds at once", seconds / len(sent), each, whole, units),
        Outcome("pandas, second by second", live / live_ticks, each, standing, units),
    ]


def by_reference(sent: Sequence[Samples], units: int) -> Outcome:
    """The first units' readings through the oracle, one after the other."""
    reference = [Unit(RULES, PATIENT) for _ in range(units)]
    readings = [[_reading(one.values[unit]) for one in sent] for unit in range(units)]

    def run() -> None:
        for unit, values in zip(reference, readings, strict=True):
            for one, value in zip(sent, values, strict=True):
                t = int(one.time_us[0])
                unit.sample(t, t, Phase.TX, value, frozenset())

    _, seconds = _timed(run)
    last = [(number, rule, told[-1][1]) for number, unit in enumerate(reference) for rule, told in unit.told.items()]
    standing = {(number, rule) for number, rule, state in last if state is FindingState.ACTIVE}
    return Outcome("plain Python, the oracle", seconds / len(sent), units * len(RULES), standing, units)


def _reading(values: Any) -> dict[str, float]:
    return {name: float(values[signal.number]) for name, signal in signals.BY_NAME.items()}


def _signal(raw: Any, name: str) -> Any:
    return raw[:, :, signals.BY_NAME["blood_flow" if name == "pump_running" else name].number].astype(np.float64)


def _active(frames: dict[str, Any]) -> Standing:
    # (unit, rule) that stand with the last row.
    found: Standing = set()
    for rule in RULES:
        frame = _quantity(rule, frames[rule.signals[0]])
        for level in rule.levels:
            found |= {(int(unit), rule.id) for unit in np.flatnonzero(_stands(level, frame))}
    return found


def _quantity(rule: Rule, frame: Any) -> Any:
    if rule.divide_by:
        return frame / getattr(PATIENT, rule.divide_by)
    if rule.percent_of:
        return (frame / getattr(PATIENT, rule.percent_of) - 1.0) * 100.0
    return frame


def _stands(level: Level, frame: Any) -> Any:
    # The usual way: breach that has lasted sets, clear that has lasted ends, and what was last said goes on.
    own = getattr(PATIENT, level.limit_from) if level.limit_from else level.limit
    if level.side == "outside":
        frame = frame.abs()
    down = level.side in ("below", "at_most")
    if down:
        frame, own = -frame, -own
    breach = frame >= own if level.side == "at_least" else frame > own
    clear = frame <= own - level.deadband
    due = _lasted(breach, level.on + level.more_than)
    over = _lasted(clear, level.off)
    said = due.where(due | over)
    return said.ffill().iloc[-1].fillna(False).to_numpy(dtype=bool)


def _lasted(held: Any, seconds: int) -> Any:
    # Of this reading and all within so many seconds before it: at one a second, one more than the seconds.
    count = seconds + 1
    return held.astype("float64").rolling(f"{count}s", min_periods=count).min() == 1.0


def _timed(work: Callable[[], Any]) -> tuple[Any, float]:
    begin = time.process_time()
    result = work()
    return result, time.process_time() - begin
